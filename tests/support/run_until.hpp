// Runs an io_context until something is so, with a deadline instead of a duration.
#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>

namespace spice::test {

// What condition() says at the end: false when the deadline passed first. Works on when the context had run
// out of work in between.
template <class Condition>
bool run_until(boost::asio::io_context& context, Condition condition,
               std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) {
            return false;
        }
        context.restart();
        context.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
}

// Runs everything that is ready now.
inline void run_ready(boost::asio::io_context& context) {
    context.restart();
    while (context.poll() != 0) {
    }
}

} // namespace spice::test
