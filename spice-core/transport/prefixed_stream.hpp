// A Stream whose first bytes were read already, to see what it is.
#pragma once

#include "transport/stream.hpp"

#include <array>
#include <cstdint>
#include <memory>

namespace spice::transport {

class PrefixedStream final : public Stream {
public:
    static constexpr size_t kMaxPrefix = 4; // bytes

    // `prefix` is read first, then what `below` has.
    PrefixedStream(std::unique_ptr<Stream> below, std::span<const uint8_t> prefix);

    boost::asio::any_io_executor executor() override { return below_->executor(); }
    boost::asio::awaitable<size_t> read_some(boost::asio::mutable_buffer into) override;
    boost::asio::awaitable<void> write(std::span<const boost::asio::const_buffer> buffers) override {
        return below_->write(buffers);
    }
    void close() noexcept override { below_->close(); }
    std::optional<LinkFacts> link_facts() const override { return below_->link_facts(); }
    std::string peer() const override { return below_->peer(); }
    bool encrypted() const override { return below_->encrypted(); }
    std::optional<PeerCredentials> credentials() const override { return below_->credentials(); }

private:
    boost::asio::awaitable<size_t> read_prefix(boost::asio::mutable_buffer into);

    std::unique_ptr<Stream> below_;
    std::array<uint8_t, kMaxPrefix> prefix_{};
    size_t begin_ = 0; // of what was not read again yet
    size_t end_ = 0;
};

} // namespace spice::transport
