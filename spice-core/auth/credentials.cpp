#include "auth/credentials.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spice/enums.h>

namespace spice::auth {

namespace asio = boost::asio;
using protocol::LinkError;

asio::awaitable<void> read_exactly(transport::Stream& stream, std::span<uint8_t> into) {
    while (!into.empty()) {
        const size_t count = co_await stream.read_some(asio::buffer(into.data(), into.size()));
        into = into.subspan(count);
    }
}

asio::awaitable<void> write_all(transport::Stream& stream, Bytes bytes) {
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    co_await stream.write(std::span(&buffer, 1));
}

asio::awaitable<void> wait_for(transport::Stream& stream, std::chrono::milliseconds time) {
    if (time.count() > 0) {
        asio::steady_timer timer(stream.executor(), time);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

std::shared_ptr<Pass> known_client(const LinkPolicy& policy, const protocol::LinkMessage& message) {
    if (message.channel.type == SPICE_CHANNEL_MAIN || !policy.pass_of) {
        return nullptr;
    }
    return policy.pass_of(message.connection_id);
}

LinkError admitted(const LinkPolicy& policy, const protocol::LinkMessage& message) {
    return policy_error(policy.admit(message.channel, message.connection_id));
}

LinkError policy_error(uint32_t code) {
    switch (code) {
    case SPICE_LINK_ERR_OK:
        return {code, "accepted"};
    case SPICE_LINK_ERR_BAD_CONNECTION_ID:
        return {code, "unknown connection id"};
    case SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE:
        return {code, "no such channel here"};
    case SPICE_LINK_ERR_PERMISSION_DENIED:
        return {code, "not permitted"};
    default:
        return {code, "refused by the server"};
    }
}

} // namespace spice::auth
