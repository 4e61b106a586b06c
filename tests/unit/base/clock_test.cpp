#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace spice {
namespace {

using std::chrono::milliseconds;

TEST(WireMilliseconds, count_and_wrap_around) {
    EXPECT_EQ(wire_milliseconds(TimePoint(milliseconds(1234))), 1234u);
    EXPECT_EQ(wire_milliseconds(TimePoint(milliseconds(0xffffffff))), 0xffffffffu);
    EXPECT_EQ(wire_milliseconds(TimePoint(milliseconds(0x100000000))), 0u);
    EXPECT_EQ(wire_milliseconds(TimePoint(milliseconds(0x100000005))), 5u);
}

} // namespace
} // namespace spice
