#include "auth/link_handshake.hpp"

#include "auth/credentials.hpp"
#include "auth/sasl_exchange.hpp"
#include "auth/sasl_stream.hpp"
#include "auth/ticket_stage.hpp"
#include "base/log.hpp"
#include "protocol/link.hpp"

#include <boost/asio/buffer.hpp>

#include <spice/enums.h>
#include <spice/protocol.h>

#include <array>
#include <span>
#include <utility>
#include <vector>

namespace spice::auth {

namespace asio = boost::asio;
using protocol::LinkError;
using protocol::LinkResult;

namespace {

// For a client to take the link result before anything follows; see SaslStream.
constexpr std::chrono::milliseconds kSaslPause{100};

protocol::Capabilities announced_common_caps(unsigned mechanism) {
    return {SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION, mechanism, SPICE_COMMON_CAP_MINI_HEADER};
}

// Looks at the magic as it comes, so that a client of another protocol is told off at its first bytes.
asio::awaitable<LinkResult<protocol::LinkHeader>> read_header(transport::Stream& stream) {
    std::array<uint8_t, protocol::kLinkHeaderSize> bytes;
    size_t filled = 0;
    while (filled < bytes.size()) {
        filled += co_await stream.read_some(asio::buffer(bytes.data() + filled, bytes.size() - filled));
        if (!protocol::begins_like_a_link(Bytes(bytes).first(filled))) {
            break;
        }
    }
    co_return protocol::parse_link_header(Bytes(bytes).first(filled));
}

asio::awaitable<LinkResult<protocol::LinkMessage>> read_message(transport::Stream& stream) {
    const LinkResult<protocol::LinkHeader> header = co_await read_header(stream);
    if (!header) {
        co_return header.error();
    }
    std::vector<uint8_t> bytes(header->size);
    co_await read_exactly(stream, bytes);
    co_return protocol::parse_link_message(bytes);
}

// One connection's way through the link.
class Handshake {
public:
    Handshake(std::unique_ptr<transport::Stream> stream, const LinkPolicy& policy)
        : stream_(std::move(stream)), policy_(policy), key_(policy.ticket_keys.current()) {}

    asio::awaitable<std::optional<LinkedStream>> run() {
        const LinkResult<protocol::LinkMessage> parsed = co_await read_message(*stream_);
        if (!parsed) {
            co_await refuse_with_reply(parsed.error());
            co_return std::nullopt;
        }
        message_ = *parsed;
        where_ = protocol::describe(message_.channel) + " ";
        const LinkError known = policy_error(policy_.channel_known(message_.channel));
        if (known.code != SPICE_LINK_ERR_OK) {
            co_await refuse_with_reply(known);
            co_return std::nullopt;
        }
        if (policy_.sasl != nullptr) {
            sasl_ = policy_.sasl->begin(*stream_);
        }
        if (const char* why = needs_security()) {
            co_await refuse_with_reply({SPICE_LINK_ERR_NEED_SECURED, why});
            co_return std::nullopt;
        }
        const std::vector<uint8_t> reply =
            protocol::link_reply(key_->public_key(), announced_common_caps(mechanism()),
                                 policy_.channel_caps(message_.channel.type));
        co_await write_all(*stream_, reply);
        const bool mechanism_fits = co_await read_mechanism();
        if (!mechanism_fits) {
            co_await refuse_with_reply({SPICE_LINK_ERR_INVALID_DATA, "unknown authentication mechanism"});
            co_return std::nullopt;
        }
        const Authentication outcome = co_await authenticate();
        if (!outcome.answered) {
            const std::array<uint8_t, 4> result = protocol::link_result(outcome.error.code);
            co_await write_all(*stream_, result);
        }
        if (outcome.error.code != SPICE_LINK_ERR_OK) {
            refused(outcome.error, outcome.how);
            co_return std::nullopt;
        }
        log_line(policy_.log, LogLevel::info, "link ", stream_->peer(), ": ", where_,
                 "accepted: ", outcome.how);
        if (sasl_layer()) {
            co_await wait_for(*stream_, kSaslPause);
        }
        co_return linked(outcome.pass);
    }

private:
    unsigned mechanism() const { return sasl_ ? SPICE_COMMON_CAP_AUTH_SASL : SPICE_COMMON_CAP_AUTH_SPICE; }

    // A client that cannot select a mechanism goes on with the ticket.
    asio::awaitable<bool> read_mechanism() {
        if (!message_.common_caps.has(SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION)) {
            co_return !sasl_;
        }
        std::array<uint8_t, sizeof(SpiceLinkAuthMechanism)> bytes;
        co_await read_exactly(*stream_, bytes);
        co_return ByteReader(bytes).u32() == mechanism();
    }

    bool sasl_layer() const { return policy_.sasl != nullptr && !sasl_; }

    asio::awaitable<Authentication> authenticate() {
        if (!sasl_) {
            Authentication result = co_await ticket_stage(*stream_, *key_, policy_, message_);
            co_return result;
        }
        Authentication result = co_await sasl_exchange(*stream_, *sasl_, policy_, message_);
        if (result.error.code == SPICE_LINK_ERR_OK && sasl_->has_layer()) {
            stream_ = std::make_unique<SaslStream>(std::move(stream_), std::move(sasl_));
        }
        co_return result;
    }

    // Null: as it is, the connection will do. What never leaves this host needs no encryption; SASL may bring
    // its own, if it has a mechanism for that.
    const char* needs_security() const {
        if (stream_->encrypted() || stream_->credentials()) {
            return nullptr;
        }
        if (policy_.secured && policy_.secured(message_.channel)) {
            return "this channel takes encrypted links only";
        }
        return sasl_ && sasl_->mechanisms().empty() ? "no SASL mechanism without TLS" : nullptr;
    }

    asio::awaitable<void> refuse_with_reply(LinkError error) {
        const std::vector<uint8_t> reply = protocol::link_error_reply(error.code);
        co_await write_all(*stream_, reply);
        refused(error);
    }

    // `how`: of what kind the credentials were, and whose.
    void refused(const LinkError& error, const std::string& how = {}) {
        const bool guess = error.code == SPICE_LINK_ERR_PERMISSION_DENIED;
        log_line(policy_.log, guess ? LogLevel::warning : LogLevel::info, "link ", stream_->peer(), ": ",
                 where_, "refused: ", error.what, how.empty() ? "" : " (", how, how.empty() ? "" : ")");
        stream_->close();
    }

    LinkedStream linked(const std::shared_ptr<Pass>& pass) {
        LinkedStream link;
        link.stream = std::move(stream_);
        link.connection_id = message_.connection_id;
        link.channel = message_.channel;
        link.sasl_layer = sasl_layer();
        link.view_only = pass->view_only();
        link.pass = pass;
        link.mini_header = message_.common_caps.has(SPICE_COMMON_CAP_MINI_HEADER); // we always announce it
        link.common_caps = std::move(message_.common_caps);
        link.channel_caps = std::move(message_.channel_caps);
        return link;
    }

    std::unique_ptr<transport::Stream> stream_;
    const LinkPolicy& policy_;
    std::shared_ptr<TicketKey> key_;
    std::unique_ptr<SaslSession> sasl_; // null: tickets, or it belongs to stream_
    protocol::LinkMessage message_;
    std::string where_; // for the log: the channel, once it is known
};

} // namespace

asio::awaitable<std::optional<LinkedStream>> link_handshake(std::unique_ptr<transport::Stream> stream,
                                                            const LinkPolicy& policy) {
    Handshake handshake(std::move(stream), policy);
    std::optional<LinkedStream> link = co_await handshake.run();
    co_return link;
}

} // namespace spice::auth
