#include "server/core_thread.hpp"

#include "base/log.hpp"
#include "base/signals_blocked.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>

#include <cassert>
#include <exception>
#include <utility>

namespace spice::server {

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
