#include "protocol/main_messages.hpp"

#include "base/byte_writer.hpp"
#include "protocol/parse.hpp"

#include <cassert>

namespace spice::protocol {

std::vector<uint8_t> MainInit::body() const {
    ByteWriter out;
    out.u32(session_id).u32(display_channels_hint).u32(supported_mouse_modes).u32(current_mouse_mode);
    out.u32(agent_connected ? 1 : 0).u32(agent_tokens).u32(multi_media_time).u32(ram_hint);
    return out.take();
}

std::vector<uint8_t> ChannelsList::body() const {
    ByteWriter out;
    out.u32(static_cast<uint32_t>(channels.size()));
    for (const ChannelId& channel : channels) {
        out.u8(channel.type).u8(channel.id);
    }
    return out.take();
}

std::vector<uint8_t> MouseMode::body() const {
    return ByteWriter().u16(supported).u16(current).take();
}

std::vector<uint8_t> MultiMediaTime::body() const {
    return ByteWriter().u32(time).take();
}

std::vector<uint8_t> AgentConnectedTokens::body() const {
    return ByteWriter().u32(tokens).take();
}

std::vector<uint8_t> AgentDisconnected::body() const {
    return ByteWriter().u32(error).take();
}

std::vector<uint8_t> AgentData::body() const {
    assert(data.size() <= VD_AGENT_MAX_DATA_SIZE);
    return ByteWriter().bytes(data).take();
}

std::vector<uint8_t> AgentToken::body() const {
    return ByteWriter().u32(tokens).take();
}

std::vector<uint8_t> ServerName::body() const {
    ByteWriter out;
    out.u32(static_cast<uint32_t>(name.size() + 1));
    out.bytes({reinterpret_cast<const uint8_t*>(name.data()), name.size()}).u8(0);
    return out.take();
}

std::vector<uint8_t> ServerUuid::body() const {
    return ByteWriter().bytes(uuid).take();
}

Result<ClientInfo> ClientInfo::parse(Bytes body) {
    ByteReader in(body);
    ClientInfo message;
    message.cache_size = in.u64();
    return complete(in, message, "main client_info: shorter than 8 bytes");
}

Result<MouseModeRequest> MouseModeRequest::parse(Bytes body) {
    ByteReader in(body);
    MouseModeRequest message;
    message.mode = in.u16();
    return complete(in, message, "main mouse_mode_request: shorter than 2 bytes");
}

Result<AgentStart> AgentStart::parse(Bytes body) {
    ByteReader in(body);
    AgentStart message;
    message.tokens = in.u32();
    return complete(in, message, "main agent_start: shorter than 4 bytes");
}

Result<ClientAgentToken> ClientAgentToken::parse(Bytes body) {
    ByteReader in(body);
    ClientAgentToken message;
    message.tokens = in.u32();
    return complete(in, message, "main agent_token: shorter than 4 bytes");
}

} // namespace spice::protocol
