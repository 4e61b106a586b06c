#include "channels/main_channel.hpp"

#include "base/clock.hpp"
#include "channels/offered_channels.hpp"
#include "protocol/main_messages.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace spice::channels {

namespace asio = boost::asio;

namespace {

// The client's clock for streams and sound runs this much behind ours, which is its time to buffer them
// (spice-server's MM_TIME_DELTA, ms).
constexpr uint32_t kMultiMediaDelay = 400;

// What clients are used to be told; nothing is counted against it while there is no agent.
constexpr uint32_t kAgentTokens = 10;

// A message that is good for nothing more here once it has been found whole.
template <class Message>
Result<> checked(Bytes body) {
    const auto message = Message::parse(body);
    return message ? Result<>() : Result<>(message.error());
}

} // namespace

MainChannel::MainChannel(auth::LinkedStream link, Session& session, uint32_t connection_id,
                         MouseModeHandler on_mouse_mode, ClosedHandler on_closed)
    : Channel(std::move(link), session, std::move(on_closed)), connection_id_(connection_id),
      on_mouse_mode_(std::move(on_mouse_mode)),
      supported_mouse_modes_(session.config.absolute_pointer
                                 ? SPICE_MOUSE_MODE_SERVER | SPICE_MOUSE_MODE_CLIENT
                                 : SPICE_MOUSE_MODE_SERVER),
      mouse_mode_(session.config.absolute_pointer ? SPICE_MOUSE_MODE_CLIENT : SPICE_MOUSE_MODE_SERVER) {}

void MainChannel::started() {
    send_init();
    if (has_cap(SPICE_MAIN_CAP_NAME_AND_UUID)) {
        send_name_and_uuid();
    }
}

void MainChannel::send_init() {
    protocol::MainInit init;
    init.session_id = connection_id_;
    init.display_channels_hint = 1;
    init.supported_mouse_modes = supported_mouse_modes_;
    init.current_mouse_mode = mouse_mode_;
    init.agent_connected = false;
    init.agent_tokens = kAgentTokens;
    init.multi_media_time = wire_milliseconds(std::chrono::steady_clock::now()) - kMultiMediaDelay;
    send(protocol::MainInit::kType, init.body());
}

void MainChannel::send_name_and_uuid() {
    const ServerConfig& config = session().config;
    if (!config.name.empty()) {
        const protocol::ServerName name{config.name};
        send(protocol::ServerName::kType, name.body());
    }
    if (std::ranges::any_of(config.uuid, [](uint8_t byte) { return byte != 0; })) {
        const protocol::ServerUuid uuid{config.uuid};
        send(protocol::ServerUuid::kType, uuid.body());
    }
}

void MainChannel::send_channels_list() {
    const protocol::ChannelsList list{offered_channels()};
    send(protocol::ChannelsList::kType, list.body());
}

size_t MainChannel::max_message_size(uint16_t type) const {
    return protocol::max_main_message(type);
}

asio::awaitable<Result<>> MainChannel::received(uint16_t type, Bytes body) {
    if (outbox_bytes() > kOutboxLowWater) {
        co_return Error{"main: does not read its answers"};
    }
    co_return handle_message(type, body);
}

Result<> MainChannel::handle_message(uint16_t type, Bytes body) {
    switch (type) {
    case SPICE_MSGC_MAIN_ATTACH_CHANNELS:
        send_channels_list();
        return {};
    case SPICE_MSGC_MAIN_MOUSE_MODE_REQUEST:
        return handle_mouse_mode(body);
    case SPICE_MSGC_MAIN_CLIENT_INFO:
        return checked<protocol::ClientInfo>(body);
    case SPICE_MSGC_MAIN_AGENT_START:
        return checked<protocol::AgentStart>(body);
    case SPICE_MSGC_MAIN_AGENT_TOKEN:
        return checked<protocol::ClientAgentToken>(body);
    case SPICE_MSGC_MAIN_AGENT_DATA: // its size was checked before it was read
    case SPICE_MSGC_MAIN_QUALITY_INDICATOR:
        return {};
    case SPICE_MSGC_MAIN_MIGRATE_CONNECTED:
    case SPICE_MSGC_MAIN_MIGRATE_CONNECT_ERROR:
    case SPICE_MSGC_MAIN_MIGRATE_END:
    case SPICE_MSGC_MAIN_MIGRATE_DST_DO_SEAMLESS:
    case SPICE_MSGC_MAIN_MIGRATE_CONNECTED_SEAMLESS:
        return Error{"main: unsolicited migration message"};
    default:
        return Error{"main: unknown message"};
    }
}

Result<> MainChannel::handle_mouse_mode(Bytes body) {
    const auto request = protocol::MouseModeRequest::parse(body);
    if (!request) {
        return request.error();
    }
    const uint32_t mode = request->mode;
    const bool known = mode == SPICE_MOUSE_MODE_SERVER || mode == SPICE_MOUSE_MODE_CLIENT;
    if (!known || (supported_mouse_modes_ & mode) == 0 || mode == mouse_mode_) {
        return {}; // the client keeps what it has, and knows that
    }
    mouse_mode_ = mode;
    const protocol::MouseMode answer{static_cast<uint16_t>(supported_mouse_modes_),
                                     static_cast<uint16_t>(mouse_mode_)};
    send(protocol::MouseMode::kType, answer.body());
    on_mouse_mode_(mouse_mode_);
    return {};
}

} // namespace spice::channels
