#include "auth/sasl_worker.hpp"

#include "support/run_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

namespace spice::auth {
namespace {

namespace asio = boost::asio;

class SaslWorkerTest : public testing::Test {
protected:
    void run(const std::string& address, std::function<void()> job) {
        asio::co_spawn(context, call(address, std::move(job)), asio::detached);
        test::run_ready(context);
    }
    asio::awaitable<void> call(std::string address, std::function<void()> job) {
        co_await worker->run(context.get_executor(), address, std::move(job));
        EXPECT_EQ(std::this_thread::get_id(), test_thread);
        ++done;
    }

    asio::io_context context;
    std::unique_ptr<SaslWorker> worker = std::make_unique<SaslWorker>();
    const std::thread::id test_thread = std::this_thread::get_id();
    int done = 0;
};

TEST_F(SaslWorkerTest, runs_jobs_elsewhere_and_comes_back) {
    std::atomic<bool> elsewhere{false};
    run("a", [&] { elsewhere = std::this_thread::get_id() != test_thread; });
    ASSERT_TRUE(test::run_until(context, [&] { return done == 1; }));
    EXPECT_TRUE(elsewhere);
}

TEST_F(SaslWorkerTest, lets_no_address_hold_up_another) {
    std::promise<void> gate;
    const auto open = std::make_shared<std::shared_future<void>>(gate.get_future().share());
    std::atomic<int> under_way{0};
    std::atomic<int> most{0};
    for (int i = 0; i < 20; ++i) {
        run("slow", [&, open] {
            most = std::max<int>(most, ++under_way);
            open->wait();
            --under_way;
        });
    }
    run("other", [] {});
    EXPECT_TRUE(test::run_until(context, [&] { return done == 1; }));
    gate.set_value();
    EXPECT_TRUE(test::run_until(context, [&] { return done == 21; }));
    EXPECT_EQ(most, 1);
}

TEST_F(SaslWorkerTest, ends_with_a_job_that_hangs) {
    std::promise<void> gate;
    auto open = std::make_shared<std::shared_future<void>>(gate.get_future().share());
    // Of the thread, which is still busy with them when somebody here has been told.
    const auto begun = std::make_shared<std::promise<void>>();
    const auto ended = std::make_shared<std::promise<void>>();
    auto finished = ended->get_future();
    run("a", [begun, open, ended] {
        begun->set_value();
        open->wait();
        ended->set_value();
    });
    run("a", [] { ADD_FAILURE() << "waits behind it"; });
    begun->get_future().wait();
    worker.reset();
    EXPECT_EQ(done, 0);
    gate.set_value();
    finished.wait();
    test::run_ready(context);
    EXPECT_EQ(done, 0);
}

} // namespace
} // namespace spice::auth
