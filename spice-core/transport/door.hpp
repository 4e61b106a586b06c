// Which kind of listening socket a connection came in at.
#pragma once

#include <cstdint>

namespace spice::transport {

enum class Door : uint8_t {
    plain, // anything that is spoken here: SPICE, TLS around it, WebSocket
    tls,   // only what is inside TLS
};

} // namespace spice::transport
