#include "control/condition.hpp"

#include "support/run_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace spice::control {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

class ConditionTest : public testing::Test {
protected:
    void wait(TimePoint deadline = TimePoint::max()) {
        asio::co_spawn(
            io,
            [](Condition& waited_for, TimePoint until, int& done) -> asio::awaitable<void> {
                co_await waited_for.wait(until);
                ++done;
            }(*condition, deadline, woken),
            asio::detached);
        test::run_ready(io);
    }

    asio::io_context io{1};
    std::unique_ptr<Condition> condition = std::make_unique<Condition>(io.get_executor());
    int woken = 0;
};

TEST_F(ConditionTest, wakes_all_that_wait_and_none_that_comes_later) {
    wait();
    wait();
    EXPECT_EQ(woken, 0);
    condition->notify_all();
    EXPECT_EQ(woken, 0); // in turns of their own
    wait();
    EXPECT_EQ(woken, 2);
    condition->notify_all();
    test::run_ready(io);
    EXPECT_EQ(woken, 3);
}

TEST_F(ConditionTest, waits_no_longer_than_to_the_deadline) {
    const auto begin = steady_clock::now();
    wait(begin + milliseconds(20));
    EXPECT_EQ(woken, 0);
    EXPECT_TRUE(test::run_until(io, [&] { return woken == 1; }));
    EXPECT_GE(steady_clock::now() - begin, milliseconds(20));
    wait(begin); // past
    EXPECT_TRUE(test::run_until(io, [&] { return woken == 2; }));
}

TEST_F(ConditionTest, may_go_before_those_that_wait) {
    const auto begin = steady_clock::now();
    wait(begin + milliseconds(10));
    condition.reset();
    EXPECT_TRUE(test::run_until(io, [&] { return woken == 1; }));
}

} // namespace
} // namespace spice::control
