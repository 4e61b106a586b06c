#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace spice {
namespace {

using std::chrono::milliseconds;

TEST(Clock, never_goes_back) {
    const SteadyClock clock;
    TimePoint last = clock.now();
    for (int i = 0; i < 1000; ++i) {
        const TimePoint next = clock.now();
        EXPECT_LE(last, next);
        last = next;
    }
}

TEST(WireMilliseconds, count_and_wrap_around) {
    EXPECT_EQ(wire_milliseconds(TimePoint(milliseconds(1234))), 1234u);
    EXPECT_EQ(wire_milliseconds(TimePoint(milliseconds(0xffffffff))), 0xffffffffu);
    EXPECT_EQ(wire_milliseconds(TimePoint(milliseconds(0x100000000))), 0u);
    EXPECT_EQ(wire_milliseconds(TimePoint(milliseconds(0x100000005))), 5u);
}

} // namespace
} // namespace spice
