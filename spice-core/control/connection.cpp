#include "control/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <span>
#include <utility>

namespace spice::control {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kFlush{1};

} // namespace

Connection::Connection(std::unique_ptr<transport::UnixStream> stream, BrokenHandler on_broken)
    : stream_(std::move(stream)), on_broken_(std::move(on_broken)), flushed_(stream_->executor()) {}

asio::awaitable<std::optional<std::string_view>> Connection::read_line() {
    for (;;) {
        if (const auto line = lines_.next(); line || lines_.too_long()) {
            co_return line;
        }
        const std::span<char> room = lines_.room();
        try {
            lines_.filled(co_await stream_->read_some(asio::buffer(room.data(), room.size())));
        } catch (const boost::system::system_error& error) {
            if (error.code() != asio::error::eof) {
                throw;
            }
            co_return std::nullopt;
        }
    }
}

void Connection::send(std::string line, UniqueFd descriptor) {
    if (closed_) {
        return;
    }
    line += '\n';
    unsent_ += line.size();
    descriptors_ += descriptor ? 1 : 0;
    queue_.push_back({std::move(line), std::move(descriptor)});
    if (unsent_ > kMaxUnsent) {
        on_broken_("it does not read what it is sent");
    } else if (!writing_) {
        writing_ = true;
        asio::co_spawn(stream_->executor(), write(shared_from_this()), asio::detached);
    }
}

bool Connection::takes_descriptor() {
    if (!writing_ && stream_->all_read()) {
        descriptors_ = 0;
    }
    return descriptors_ < kMaxDescriptors;
}

asio::awaitable<void> Connection::write(std::shared_ptr<Connection> self) {
    try {
        co_await self->write_queue();
        self->writing_ = false;
        self->flushed_.cancel();
    } catch (const std::exception&) {
        if (!self->closed_) {
            self->on_broken_("it hung up");
        }
    }
}

asio::awaitable<void> Connection::write_queue() {
    while (!queue_.empty() && !closed_) {
        Message message = std::move(queue_.front());
        queue_.pop_front();
        if (message.descriptor) {
            co_await stream_->write_with(message.line, message.descriptor.value());
        } else {
            const asio::const_buffer buffer(message.line.data(), message.line.size());
            co_await stream_->write({&buffer, 1});
        }
        unsent_ -= message.line.size();
    }
}

asio::awaitable<void> Connection::flush() {
    if (writing_ && !closed_) {
        boost::system::error_code ignored; // cancelled: flushed
        flushed_.expires_after(kFlush);
        co_await flushed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

void Connection::close() {
    closed_ = true;
    queue_.clear();
    flushed_.cancel();
    stream_->close();
}

} // namespace spice::control
