#include "auth/sasl_stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace spice::auth {

namespace asio = boost::asio;

namespace {

constexpr size_t kReadSize = 16 * 1024; // bytes

[[noreturn]] void broken() {
    throw boost::system::system_error(boost::system::errc::make_error_code(boost::system::errc::bad_message));
}

} // namespace

SaslStream::SaslStream(std::unique_ptr<transport::Stream> below, std::unique_ptr<SaslSession> session)
    : below_(std::move(below)), session_(std::move(session)) {}

asio::awaitable<size_t> SaslStream::read_some(asio::mutable_buffer into) {
    while (taken_ == decoded_.size()) {
        std::vector<uint8_t> encoded(kReadSize);
        const size_t count = co_await below_->read_some(asio::buffer(encoded));
        std::optional<std::vector<uint8_t>> decoded = session_->decode(Bytes(encoded).first(count));
        if (!decoded) {
            broken();
        }
        decoded_ = std::move(*decoded);
        taken_ = 0;
    }
    const size_t count = std::min(into.size(), decoded_.size() - taken_);
    std::memcpy(into.data(), decoded_.data() + taken_, count);
    taken_ += count;
    co_return count;
}

asio::awaitable<void> SaslStream::write(std::span<const asio::const_buffer> buffers) {
    for (const asio::const_buffer& buffer : buffers) {
        Bytes left(static_cast<const uint8_t*>(buffer.data()), buffer.size());
        while (!left.empty()) {
            const size_t count = std::min(left.size(), session_->most_at_once());
            const std::optional<std::vector<uint8_t>> encoded = session_->encode(left.first(count));
            if (!encoded) {
                broken();
            }
            const asio::const_buffer piece(encoded->data(), encoded->size());
            co_await below_->write(std::span(&piece, 1));
            left = left.subspan(count);
        }
    }
}

} // namespace spice::auth
