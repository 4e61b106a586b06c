// The thread that runs the core's io_context, inside a process that belongs to somebody else (Xorg).
#pragma once

#include "spice-core/log.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

namespace spice::server {

// Named "xspice-core". It blocks all signals but those of its own faults, so that the process's handlers run
// where they expect to. An exception that nobody caught costs one log line and the handler that threw it.
class CoreThread {
public:
    // `context` and `log` must outlive it.
    CoreThread(boost::asio::io_context& context, LogSink& log);
    ~CoreThread(); // the thread must have been stopped
    CoreThread(const CoreThread&) = delete;
    CoreThread& operator=(const CoreThread&) = delete;

    void start();
    // Runs `shutdown` on the thread, lets what it ended run out (or kDrain pass), and joins. Without a
    // running thread: calls `shutdown`. Not from the thread itself.
    void stop(std::function<void()> shutdown);

    static constexpr std::chrono::milliseconds kDrain{50};

private:
    using WorkGuard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

    void run();
    // One call of `turn`, whose exceptions are logged; false when it threw.
    template <class Turn>
    bool fenced(Turn turn);

    boost::asio::io_context& context_;
    LogSink& log_;
    std::optional<WorkGuard> work_; // keeps an idle context running
    std::thread thread_;
};

} // namespace spice::server
