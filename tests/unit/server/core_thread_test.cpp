#include "server/core_thread.hpp"

#include "support/recording_log.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gtest/gtest.h>

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>

namespace spice::server {
namespace {

using namespace std::chrono_literals;

class CoreThreadTest : public testing::Test {
protected:
    template <class Function>
    auto on_thread(Function function) {
        std::packaged_task<decltype(function())()> task(function);
        auto result = task.get_future();
        boost::asio::post(context, std::move(task));
        return result.get();
    }

    boost::asio::io_context context{1};
    spice::test::RecordingLog log;
    CoreThread thread{context, log};
};

TEST_F(CoreThreadTest, has_a_name_and_blocks_signals_but_its_own_faults) {
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    thread.start();
    const std::string name = on_thread([] {
        char text[16] = "";
        pthread_getname_np(pthread_self(), text, sizeof text);
        return std::string(text);
    });
    EXPECT_EQ(name, "xspice-core");
    const sigset_t blocked = on_thread([] {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        return mask;
    });
    for (const int free : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
        EXPECT_EQ(sigismember(&blocked, free), 0) << free;
    }
    for (const int held : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGIO, SIGCHLD}) {
        EXPECT_EQ(sigismember(&blocked, held), 1) << held;
    }
    thread.stop([] {});
    sigset_t after;
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    EXPECT_EQ(sigismember(&after, SIGUSR1), sigismember(&before, SIGUSR1)); // the caller's mask is as it was
}

TEST_F(CoreThreadTest, goes_on_after_an_exception) {
    thread.start();
    boost::asio::post(context, [] { throw std::runtime_error("oh\n"); });
    boost::asio::post(context, [] { throw 5; });
    EXPECT_EQ(on_thread([] { return 7; }), 7);
    thread.stop([] {});
    EXPECT_EQ(log.count("core: internal error: oh\\x0a"), 1u);
    EXPECT_EQ(log.count("core: internal error of unknown kind"), 1u);
}

TEST_F(CoreThreadTest, lets_what_shutdown_ended_run_out) {
    boost::asio::steady_timer timer(context, 1h);
    bool ended = false;
    thread.start();
    timer.async_wait([&](const boost::system::error_code&) { ended = true; });
    thread.stop([&] { timer.cancel(); });
    EXPECT_TRUE(ended);
}

TEST_F(CoreThreadTest, does_not_wait_long_for_what_will_not_end) {
    boost::asio::steady_timer timer(context, 1h);
    thread.start();
    timer.async_wait([](const boost::system::error_code&) {});
    const auto before = std::chrono::steady_clock::now();
    thread.stop([] {});
    EXPECT_LT(std::chrono::steady_clock::now() - before, 2s); // kDrain, on a loaded machine
}

TEST_F(CoreThreadTest, stops_without_having_started) {
    bool called = false;
    thread.stop([&] { called = true; });
    EXPECT_TRUE(called);
}

} // namespace
} // namespace spice::server
