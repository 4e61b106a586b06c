// Coroutines that wait until something has happened. Core thread.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <set>

namespace spice::control {

class Condition {
public:
    explicit Condition(boost::asio::any_io_executor executor);

    // All that wait go on, in turns of their own.
    void notify_all();
    // Until notify_all() is called or `deadline` has come. Look afterwards what has become of the Condition:
    // it may be gone.
    boost::asio::awaitable<void> wait(TimePoint deadline = TimePoint::max());

private:
    using Waiters = std::set<boost::asio::steady_timer*>;

    boost::asio::any_io_executor executor_;
    std::shared_ptr<Waiters> waiters_;
};

} // namespace spice::control
