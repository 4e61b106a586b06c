// Which channel of a client: SpiceLinkMess.channel_type and channel_id.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace spice::protocol {

struct ChannelId {
    uint8_t type = 0; // SPICE_CHANNEL_MAIN, ...
    uint8_t id = 0;

    friend auto operator<=>(const ChannelId&, const ChannelId&) = default;
};

// "display"; "channel type 77".
std::string type_name(uint8_t type);
// For the log: "display:0", "channel type 77:3".
std::string describe(const ChannelId& channel);

} // namespace spice::protocol
