#include "auth/failure_delays.hpp"

#include "support/memory_stream.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace spice::auth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FailureDelaysTest : public testing::Test {
protected:
    std::unique_ptr<transport::Stream> stream(const std::string& peer, bool local = false) {
        test::MemoryStreamOptions options;
        options.peer = peer;
        if (local) {
            options.credentials =
                transport::PeerCredentials{static_cast<uid_t>(std::stoi(peer.substr(5))), 0, 0};
        }
        return test::memory_stream_pair(context_.get_executor(), options).first;
    }
    // Waits for its turn, and fails or not; how long it waited. -1: refused.
    int64_t attempt(const std::string& peer, bool right = false, bool local = false) {
        auto tried = delays.attempt_of(*stream(peer, local));
        const auto wait = tried.turn();
        if (!wait) {
            return -1;
        }
        now_ += *wait;
        right ? tried.succeeded() : tried.failed();
        return wait->count();
    }

    boost::asio::io_context context_;
    TimePoint now_{seconds(1000)};
    FailureDelays delays{{}, [this] { return now_; }};
};

TEST_F(FailureDelaysTest, doubles_from_failure_to_failure_up_to_a_limit) {
    std::vector<int64_t> waits;
    for (int i = 0; i < 9; ++i) {
        waits.push_back(attempt("192.0.2.1:1000"));
    }
    EXPECT_EQ(waits, (std::vector<int64_t>{0, 300, 600, 1200, 2400, 4800, 5000, 5000, 5000}));
}

TEST_F(FailureDelaysTest, lets_right_credentials_in_after_the_wait_and_forgets) {
    for (int i = 0; i < 5; ++i) {
        attempt("192.0.2.1:1000");
    }
    EXPECT_EQ(attempt("192.0.2.1:1001", true), 4800);
    EXPECT_EQ(attempt("192.0.2.1:1002"), 0);
}

TEST_F(FailureDelaysTest, forgets_after_a_while) {
    for (int i = 0; i < 5; ++i) {
        attempt("192.0.2.1:1000");
    }
    now_ += seconds(299);
    EXPECT_EQ(attempt("192.0.2.1:1000", false), 0) << "the wait itself is long over";
    EXPECT_EQ(attempt("192.0.2.1:1000", false), 5000);
    now_ += seconds(300);
    attempt("192.0.2.1:1000");
    EXPECT_EQ(attempt("192.0.2.1:1000"), 300);
}

TEST_F(FailureDelaysTest, keeps_addresses_apart) {
    attempt("192.0.2.1:1000");
    attempt("[2001:db8:1:2:3:4:5:6]:1");
    attempt("unix:7", false, true);
    EXPECT_EQ(attempt("192.0.2.2:1000"), 0);
    EXPECT_EQ(attempt("[2001:db8:1:3::1]:1"), 0);
    EXPECT_EQ(attempt("unix:8", false, true), 0);
    EXPECT_EQ(attempt("[2001:db8:1:2::ffff]:9", true), 300) << "one network, one owner";
    now_ -= milliseconds(300);
    EXPECT_EQ(attempt("unix:7", true, true), 300);
}

TEST_F(FailureDelaysTest, queues_parallel_attempts_and_refuses_what_would_wait_too_long) {
    attempt("192.0.2.1:1");
    std::vector<std::unique_ptr<FailureDelays::Attempt>> attempts;
    const auto peer = stream("192.0.2.1:1");
    size_t refused = 0;
    milliseconds last(0);
    for (int i = 0; i < 1000; ++i) {
        attempts.emplace_back(new FailureDelays::Attempt(delays.attempt_of(*peer)));
        const auto wait = attempts.back()->turn();
        if (wait) {
            EXPECT_GE(*wait, last + milliseconds(300));
            EXPECT_LE(*wait, milliseconds(5000));
            last = *wait;
        } else {
            ++refused;
        }
    }
    EXPECT_GE(refused, 980u);
    EXPECT_EQ(attempt("192.0.2.2:1"), 0) << "others are not locked out";
}

TEST_F(FailureDelaysTest, counts_attempts_without_an_outcome_when_there_are_many) {
    const auto peer = stream("192.0.2.1:1");
    std::vector<std::unique_ptr<FailureDelays::Attempt>> attempts;
    std::vector<int64_t> waits;
    for (int i = 0; i < 12; ++i) {
        attempts.emplace_back(new FailureDelays::Attempt(delays.attempt_of(*peer)));
        waits.push_back(attempts.back()->turn()->count());
    }
    EXPECT_EQ(waits, (std::vector<int64_t>{0, 0, 0, 0, 0, 0, 0, 0, 0, 300, 600, 900}));
    attempts.clear();
    EXPECT_EQ(delays.size(), 0u);
}

TEST_F(FailureDelaysTest, brakes_when_many_addresses_fail_together) {
    for (int i = 0; i < 65; ++i) {
        attempt("192.0.2." + std::to_string(i) + ":1");
    }
    EXPECT_EQ(attempt("198.51.100.1:1", true), 250);
    EXPECT_EQ(attempt("unix:1", true, true), 0) << "strangers do not delay who is here";
    now_ += seconds(10);
    EXPECT_EQ(attempt("198.51.100.1:1", true), 0);
}

TEST_F(FailureDelaysTest, bounds_what_it_remembers) {
    FailureDelays small({.addresses = 10, .many = 1000}, [this] { return now_; });
    const auto first = stream("203.0.113.1:1");
    for (int i = 0; i < 200; ++i) {
        now_ += milliseconds(1);
        const auto other = stream("192.0.2." + std::to_string(i) + ":1");
        small.attempt_of(*other).failed();
        EXPECT_LE(small.size(), 10u);
    }
    const auto latest = stream("192.0.2.199:1");
    EXPECT_GT(small.attempt_of(*latest).turn()->count(), 0) << "the latest are known";
    const auto oldest = stream("192.0.2.1:1");
    EXPECT_EQ(small.attempt_of(*oldest).turn()->count(), 0);
}

TEST_F(FailureDelaysTest, remembers_nothing_of_good_clients) {
    for (int i = 0; i < 100; ++i) {
        attempt("192.0.2." + std::to_string(i) + ":1", true);
    }
    EXPECT_EQ(delays.size(), 0u);
}

} // namespace
} // namespace spice::auth
