#include "support/memory_stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstring>

namespace spice::test {

namespace asio = boost::asio;

struct MemoryStream::Pipe {
    explicit Pipe(const asio::any_io_executor& executor)
        : changed(executor, asio::steady_timer::time_point::max()) {}

    std::vector<uint8_t> bytes;
    bool reader_gone = false;
    bool writer_gone = false;
    asio::steady_timer changed; // never expires; cancelled to wake who waits

    void notify() { changed.cancel(); }
};

namespace {

[[noreturn]] void fail(const boost::system::error_code& code) {
    throw boost::system::system_error(code);
}

asio::awaitable<void> wait_for_change(MemoryStream::Pipe& pipe) {
    boost::system::error_code ignored;
    co_await pipe.changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void check(FailureCounter* failures) {
    if (failures != nullptr && failures->step()) {
        fail(asio::error::connection_reset);
    }
}

// Waits until `pipe` takes at least one more byte; the number it takes.
asio::awaitable<size_t> room_in(MemoryStream::Pipe& pipe, size_t send_buffer) {
    while (!pipe.reader_gone && !pipe.writer_gone && pipe.bytes.size() >= send_buffer) {
        co_await wait_for_change(pipe);
    }
    if (pipe.writer_gone) {
        fail(asio::error::operation_aborted);
    }
    if (pipe.reader_gone) {
        fail(asio::error::broken_pipe);
    }
    co_return send_buffer - pipe.bytes.size();
}

} // namespace

bool FailureCounter::step() {
    if (left_ == 0) {
        failed_ = true;
        return true;
    }
    --left_;
    return false;
}

MemoryStream::MemoryStream(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, MemoryStreamOptions options)
    : in_(std::move(in)), out_(std::move(out)), options_(std::move(options)) {}

MemoryStream::~MemoryStream() {
    MemoryStream::close();
}

asio::any_io_executor MemoryStream::executor() {
    return in_->changed.get_executor();
}

asio::awaitable<size_t> MemoryStream::read_some(asio::mutable_buffer into) {
    const std::shared_ptr<Pipe> pipe = in_; // as with a socket, this object may be gone when the wait ends
    const size_t chunk = options_.read_chunk;
    check(options_.failures.get());
    while (!pipe->reader_gone && !pipe->writer_gone && pipe->bytes.empty()) {
        co_await wait_for_change(*pipe);
    }
    if (pipe->reader_gone) {
        fail(asio::error::operation_aborted);
    }
    if (pipe->bytes.empty()) {
        fail(asio::error::eof);
    }
    const size_t count = std::min({into.size(), chunk, pipe->bytes.size()});
    std::memcpy(into.data(), pipe->bytes.data(), count);
    pipe->bytes.erase(pipe->bytes.begin(), pipe->bytes.begin() + static_cast<std::ptrdiff_t>(count));
    pipe->notify();
    co_return count;
}

asio::awaitable<void> MemoryStream::write(std::span<const asio::const_buffer> buffers) {
    const std::shared_ptr<Pipe> pipe = out_;
    const size_t send_buffer = options_.send_buffer;
    check(options_.failures.get());
    for (const asio::const_buffer& buffer : buffers) {
        std::span<const uint8_t> left(static_cast<const uint8_t*>(buffer.data()), buffer.size());
        while (!left.empty()) {
            const size_t room = co_await room_in(*pipe, send_buffer);
            const size_t count = std::min(room, left.size());
            pipe->bytes.insert(pipe->bytes.end(), left.begin(),
                               left.begin() + static_cast<std::ptrdiff_t>(count));
            left = left.subspan(count);
            pipe->notify();
        }
    }
}

void MemoryStream::close() noexcept {
    in_->reader_gone = true;
    out_->writer_gone = true;
    in_->notify();
    out_->notify();
}

std::optional<transport::LinkFacts> MemoryStream::link_facts() const {
    return options_.link_facts ? std::optional(options_.link_facts()) : std::nullopt;
}

void MemoryStream::push(std::span<const uint8_t> bytes) {
    out_->bytes.insert(out_->bytes.end(), bytes.begin(), bytes.end());
    out_->notify();
}

std::vector<uint8_t> MemoryStream::take() {
    std::vector<uint8_t> taken = std::exchange(in_->bytes, {});
    in_->notify();
    return taken;
}

bool MemoryStream::ended() const {
    return in_->writer_gone;
}

std::pair<std::unique_ptr<MemoryStream>, std::unique_ptr<MemoryStream>>
memory_stream_pair(const asio::any_io_executor& executor, MemoryStreamOptions first,
                   MemoryStreamOptions second) {
    auto there = std::make_shared<MemoryStream::Pipe>(executor);
    auto back = std::make_shared<MemoryStream::Pipe>(executor);
    return {std::make_unique<MemoryStream>(back, there, std::move(first)),
            std::make_unique<MemoryStream>(there, back, std::move(second))};
}

} // namespace spice::test
