// Messages of the main channel (spice.proto: MainChannel; ids from spice/enums.h). See base_messages.hpp for
// the shape. Messages without a body have no struct: SPICE_MSG_MAIN_AGENT_CONNECTED to the client,
// SPICE_MSGC_MAIN_ATTACH_CHANNELS from it.
#pragma once

#include "base/byte_reader.hpp"
#include "base/result.hpp"
#include "protocol/channel_id.hpp"

#include <spice/enums.h>
#include <spice/vd_agent.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace spice::protocol {

// --- to the client ---

// Eight words of 4 bytes in this order.
struct MainInit {
    static constexpr uint16_t kType = SPICE_MSG_MAIN_INIT;
    uint32_t session_id = 0; // connection_id of the client's other links; not 0
    uint32_t display_channels_hint = 1;
    uint32_t supported_mouse_modes = SPICE_MOUSE_MODE_SERVER; // SPICE_MOUSE_MODE_* bits
    uint32_t current_mouse_mode = SPICE_MOUSE_MODE_SERVER;
    bool agent_connected = false;  // 4 bytes on the wire
    uint32_t agent_tokens = 0;     // AGENT_DATA messages that the client may send before it gets more
    uint32_t multi_media_time = 0; // ms, wraps
    uint32_t ram_hint = 0;         // bytes; 0: no hint

    std::vector<uint8_t> body() const;
};

// | 0 | 4 | count | 4 | 2 * count | type, id |. Must not hold the main channel.
struct ChannelsList {
    static constexpr uint16_t kType = SPICE_MSG_MAIN_CHANNELS_LIST;
    std::vector<ChannelId> channels;

    std::vector<uint8_t> body() const;
};

// | 0 | 2 | supported | 2 | 2 | current |: 16 bits here, 32 bits in MainInit.
struct MouseMode {
    static constexpr uint16_t kType = SPICE_MSG_MAIN_MOUSE_MODE;
    uint16_t supported = 0; // SPICE_MOUSE_MODE_* bits
    uint16_t current = 0;   // one of them

    std::vector<uint8_t> body() const;
};

struct MultiMediaTime {
    static constexpr uint16_t kType = SPICE_MSG_MAIN_MULTI_MEDIA_TIME;
    uint32_t time = 0; // ms, wraps

    std::vector<uint8_t> body() const;
};

// To clients with SPICE_MAIN_CAP_AGENT_CONNECTED_TOKENS; the others get SPICE_MSG_MAIN_AGENT_CONNECTED.
struct AgentConnectedTokens {
    static constexpr uint16_t kType = SPICE_MSG_MAIN_AGENT_CONNECTED_TOKENS;
    uint32_t tokens = 0; // replaces what the client has

    std::vector<uint8_t> body() const;
};

struct AgentDisconnected {
    static constexpr uint16_t kType = SPICE_MSG_MAIN_AGENT_DISCONNECTED;
    uint32_t error = SPICE_LINK_ERR_OK;

    std::vector<uint8_t> body() const;
};

// A piece of the agent's byte stream, at most VD_AGENT_MAX_DATA_SIZE bytes, costing one token.
struct AgentData {
    static constexpr uint16_t kType = SPICE_MSG_MAIN_AGENT_DATA;
    Bytes data;

    std::vector<uint8_t> body() const;
};

struct AgentToken {
    static constexpr uint16_t kType = SPICE_MSG_MAIN_AGENT_TOKEN;
    uint32_t tokens = 0; // added to what the client has

    std::vector<uint8_t> body() const;
};

// To clients with SPICE_MAIN_CAP_NAME_AND_UUID. | 0 | 4 | length | 4 | length | name and NUL |: unlike
// Notify, the length counts the NUL.
struct ServerName {
    static constexpr uint16_t kType = SPICE_MSG_MAIN_NAME;
    std::string_view name;

    std::vector<uint8_t> body() const;
};

// To clients with SPICE_MAIN_CAP_NAME_AND_UUID.
struct ServerUuid {
    static constexpr uint16_t kType = SPICE_MSG_MAIN_UUID;
    std::array<uint8_t, 16> uuid{};

    std::vector<uint8_t> body() const;
};

// --- from the client ---

struct ClientInfo {
    uint64_t cache_size = 0; // bytes; no client sends it today

    static Result<ClientInfo> parse(Bytes body);
};

struct MouseModeRequest {
    uint16_t mode = 0; // not checked: anything can stand here

    static Result<MouseModeRequest> parse(Bytes body);
};

struct AgentStart {
    uint32_t tokens = 0; // AGENT_DATA messages that the client takes; both known clients say 2^32-1

    static Result<AgentStart> parse(Bytes body);
};

struct ClientAgentToken {
    uint32_t tokens = 0;

    static Result<ClientAgentToken> parse(Bytes body);
};

// Bytes that a client's message may have by its type, base messages included. AGENT_DATA comes in pieces of
// at most VD_AGENT_MAX_DATA_SIZE.
constexpr size_t max_main_message(uint16_t type) {
    return type == SPICE_MSGC_MAIN_AGENT_DATA ? VD_AGENT_MAX_DATA_SIZE : 1024;
}

} // namespace spice::protocol
