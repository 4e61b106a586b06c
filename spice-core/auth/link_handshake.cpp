#include "auth/link_handshake.hpp"

#include "auth/credentials.hpp"
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

protocol::Capabilities announced_common_caps() {
    return {SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION, SPICE_COMMON_CAP_AUTH_SPICE,
            SPICE_COMMON_CAP_MINI_HEADER};
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
        if (needs_security()) {
            co_await refuse_with_reply(
                {SPICE_LINK_ERR_NEED_SECURED, "this channel takes encrypted links only"});
            co_return std::nullopt;
        }
        const std::vector<uint8_t> reply = protocol::link_reply(key_->public_key(), announced_common_caps(),
                                                                policy_.channel_caps(message_.channel.type));
        co_await write_all(*stream_, reply);
        const bool mechanism_fits = co_await read_mechanism();
        if (!mechanism_fits) {
            co_await refuse_with_reply({SPICE_LINK_ERR_INVALID_DATA, "unknown authentication mechanism"});
            co_return std::nullopt;
        }
        const Authentication outcome = co_await ticket_stage(*stream_, *key_, policy_, message_);
        const std::array<uint8_t, 4> result = protocol::link_result(outcome.error.code);
        co_await write_all(*stream_, result);
        if (outcome.error.code != SPICE_LINK_ERR_OK) {
            refused(outcome.error);
            co_return std::nullopt;
        }
        log_line(policy_.log, LogLevel::info, "link ", stream_->peer(), ": ", where_,
                 "accepted: ", outcome.how);
        co_return linked(outcome.pass);
    }

private:
    // True as well for a client that cannot select a mechanism: it goes on with the ticket.
    asio::awaitable<bool> read_mechanism() {
        if (!message_.common_caps.has(SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION)) {
            co_return true;
        }
        std::array<uint8_t, sizeof(SpiceLinkAuthMechanism)> bytes;
        co_await read_exactly(*stream_, bytes);
        co_return ByteReader(bytes).u32() == SPICE_COMMON_CAP_AUTH_SPICE;
    }

    // What never leaves this host needs no encryption.
    bool needs_security() const {
        return policy_.secured && policy_.secured(message_.channel) && !stream_->encrypted() &&
               !stream_->credentials();
    }

    asio::awaitable<void> refuse_with_reply(LinkError error) {
        const std::vector<uint8_t> reply = protocol::link_error_reply(error.code);
        co_await write_all(*stream_, reply);
        refused(error);
    }

    void refused(const LinkError& error) {
        const bool guess = error.code == SPICE_LINK_ERR_PERMISSION_DENIED;
        log_line(policy_.log, guess ? LogLevel::warning : LogLevel::info, "link ", stream_->peer(), ": ",
                 where_, "refused: ", error.what);
        stream_->close();
    }

    LinkedStream linked(const std::shared_ptr<Pass>& pass) {
        LinkedStream link;
        link.stream = std::move(stream_);
        link.connection_id = message_.connection_id;
        link.channel = message_.channel;
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
