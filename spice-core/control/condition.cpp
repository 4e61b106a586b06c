#include "control/condition.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace spice::control {

namespace asio = boost::asio;

Condition::Condition(asio::any_io_executor executor)
    : executor_(std::move(executor)), waiters_(std::make_shared<Waiters>()) {}

void Condition::notify_all() {
    for (asio::steady_timer* const waiter : *waiters_) {
        waiter->cancel();
    }
}

asio::awaitable<void> Condition::wait(TimePoint deadline) {
    const std::shared_ptr<Waiters> waiters = waiters_;
    asio::steady_timer timer(executor_, deadline);
    waiters->insert(&timer);
    boost::system::error_code ignored; // cancelled: notified
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    waiters->erase(&timer);
}

} // namespace spice::control
