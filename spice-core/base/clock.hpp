// The core's time: steady, and as the protocol's time stamps show it.
#pragma once

#include <chrono>
#include <cstdint>

namespace spice {

using TimePoint = std::chrono::steady_clock::time_point;

// The protocol's time stamps (multi_media_time and the like): milliseconds that wrap around at 2^32.
inline uint32_t wire_milliseconds(TimePoint time) {
    using std::chrono::duration_cast;
    return static_cast<uint32_t>(duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

} // namespace spice
