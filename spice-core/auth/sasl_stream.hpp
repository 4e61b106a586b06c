// A Stream whose bytes a SASL mechanism protects (its security layer, RFC 4422 section 3.7).
//
// spice-gtk 0.42 decodes all that has come at once, takes the link result from it, and waits for more to
// arrive before it looks at the rest. So the link handshake pauses after the result, and the channel sends
// another PING if its first one is not answered soon.
#pragma once

#include "auth/sasl_session.hpp"
#include "transport/stream.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace spice::auth {

class SaslStream final : public transport::Stream {
public:
    // `session` has a layer.
    SaslStream(std::unique_ptr<transport::Stream> below, std::unique_ptr<SaslSession> session);

    boost::asio::any_io_executor executor() override { return below_->executor(); }
    boost::asio::awaitable<size_t> read_some(boost::asio::mutable_buffer into) override;
    boost::asio::awaitable<void> write(std::span<const boost::asio::const_buffer> buffers) override;
    void close() noexcept override { below_->close(); }
    std::optional<transport::LinkFacts> link_facts() const override { return below_->link_facts(); }
    std::string peer() const override { return below_->peer(); }
    bool encrypted() const override { return true; }
    std::optional<transport::PeerCredentials> credentials() const override { return below_->credentials(); }

private:
    std::unique_ptr<transport::Stream> below_;
    std::unique_ptr<SaslSession> session_;
    std::vector<uint8_t> decoded_;
    size_t taken_ = 0; // of decoded_
};

} // namespace spice::auth
