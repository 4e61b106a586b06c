#include "server/core_thread.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>
#include <signal.h>

#include <cassert>
#include <exception>
#include <utility>

namespace spice::server {

namespace {

// All signals blocked for as long as it lives, but for those that a fault in this very thread raises:
// blocking these would only turn them into an unexplained death.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all_but_faults;
        sigfillset(&all_but_faults);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
            sigdelset(&all_but_faults, fault);
        }
        pthread_sigmask(SIG_SETMASK, &all_but_faults, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

} // namespace

CoreThread::CoreThread(boost::asio::io_context& context, LogSink& log) : context_(context), log_(log) {}

CoreThread::~CoreThread() {
    assert(!thread_.joinable());
}

void CoreThread::start() {
    assert(!thread_.joinable());
    work_.emplace(context_.get_executor());
    const SignalsBlocked inherited_by_the_thread;
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "xspice-core");
}

void CoreThread::stop(std::function<void()> shutdown) {
    if (!thread_.joinable()) {
        shutdown();
        return;
    }
    assert(thread_.get_id() != std::this_thread::get_id());
    boost::asio::post(context_, [this, shutdown = std::move(shutdown)] {
        shutdown();
        work_.reset();
        context_.stop();
    });
    thread_.join();
}

void CoreThread::run() {
    while (!fenced([this] { context_.run(); })) {
    }
    context_.restart();
    const auto deadline = std::chrono::steady_clock::now() + kDrain;
    while (!fenced([&] { context_.run_until(deadline); })) {
    }
}

template <class Turn>
bool CoreThread::fenced(Turn turn) {
    try {
        turn();
        return true;
    } catch (const std::exception& error) {
        log_line(log_, LogLevel::error, "core: internal error: ", escaped(error.what()));
    } catch (...) {
        log_line(log_, LogLevel::error, "core: internal error of unknown kind");
    }
    return false;
}

} // namespace spice::server
