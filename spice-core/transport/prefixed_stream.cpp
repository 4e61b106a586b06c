#include "transport/prefixed_stream.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace spice::transport {

namespace asio = boost::asio;

PrefixedStream::PrefixedStream(std::unique_ptr<Stream> below, std::span<const uint8_t> prefix)
    : below_(std::move(below)), end_(prefix.size()) {
    assert(prefix.size() <= kMaxPrefix);
    std::ranges::copy(prefix, prefix_.begin());
}

asio::awaitable<size_t> PrefixedStream::read_some(asio::mutable_buffer into) {
    return begin_ < end_ ? read_prefix(into) : below_->read_some(into);
}

// Ready at once: nothing can happen to this object meanwhile.
asio::awaitable<size_t> PrefixedStream::read_prefix(asio::mutable_buffer into) {
    const size_t count = std::min(into.size(), end_ - begin_);
    std::memcpy(into.data(), prefix_.data() + begin_, count);
    begin_ += count;
    co_return count;
}

} // namespace spice::transport
