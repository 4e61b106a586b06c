// Which channels this server has, and what it can on each: for the link handshake and for CHANNELS_LIST.
#pragma once

#include "protocol/capabilities.hpp"
#include "protocol/channel_id.hpp"

#include <cstdint>
#include <vector>

namespace spice::channels {

// Every channel but main, in the order in which clients are told of them.
const std::vector<protocol::ChannelId>& offered_channels();

// Main or one of the offered ones.
bool channel_offered(const protocol::ChannelId& channel);

// The channel capabilities in our link reply: SPICE_<TYPE>_CAP_* bits.
protocol::Capabilities offered_capabilities(uint8_t channel_type);

} // namespace spice::channels
