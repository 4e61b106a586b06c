// What the link handshake hands to a channel: a connection whose client has shown that it may come in.
#pragma once

#include "auth/pass.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/channel_id.hpp"
#include "transport/stream.hpp"

#include <cstdint>
#include <memory>

namespace spice::auth {

struct LinkedStream {
    std::unique_ptr<transport::Stream> stream;
    uint32_t connection_id = 0; // 0 on a new client's main channel
    protocol::ChannelId channel;
    protocol::Capabilities common_caps; // what the client announced
    protocol::Capabilities channel_caps;
    bool mini_header = false;     // both sides announced SPICE_COMMON_CAP_MINI_HEADER
    bool sasl_layer = false;      // see SaslStream
    bool view_only = false;       // its client may not change anything here
    std::shared_ptr<Pass> pass{}; // its client's: the main channel brings it, the others were checked with it
};

} // namespace spice::auth
