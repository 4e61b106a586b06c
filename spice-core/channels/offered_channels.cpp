#include "channels/offered_channels.hpp"

#include <spice/enums.h>
#include <spice/protocol.h>

#include <algorithm>

namespace spice::channels {

const std::vector<protocol::ChannelId>& offered_channels() {
    static const std::vector<protocol::ChannelId> channels{
        {SPICE_CHANNEL_DISPLAY, 0}, {SPICE_CHANNEL_CURSOR, 0}, {SPICE_CHANNEL_INPUTS, 0}};
    return channels;
}

bool channel_offered(const protocol::ChannelId& channel) {
    return channel == protocol::ChannelId{SPICE_CHANNEL_MAIN, 0} ||
           std::ranges::count(offered_channels(), channel) != 0;
}

protocol::Capabilities offered_capabilities(uint8_t channel_type) {
    switch (channel_type) {
    case SPICE_CHANNEL_DISPLAY:
        return {SPICE_DISPLAY_CAP_MONITORS_CONFIG, SPICE_DISPLAY_CAP_PREF_COMPRESSION};
    case SPICE_CHANNEL_INPUTS:
        return {SPICE_INPUTS_CAP_KEY_SCANCODE};
    default: // those of the main channel are about migration, or what a client can
        return {};
    }
}

} // namespace spice::channels
