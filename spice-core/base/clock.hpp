// Where the core's time comes from: an interface, so that tests can turn the hands themselves.
#pragma once

#include <chrono>
#include <cstdint>

namespace spice {

using TimePoint = std::chrono::steady_clock::time_point;

class Clock {
public:
    virtual ~Clock() = default;
    // Never goes back. Any thread.
    virtual TimePoint now() const = 0;
};

class SteadyClock final : public Clock {
public:
    TimePoint now() const override { return std::chrono::steady_clock::now(); }
};

// The protocol's time stamps (multi_media_time and the like): milliseconds that wrap around at 2^32.
inline uint32_t wire_milliseconds(TimePoint time) {
    using std::chrono::duration_cast;
    return static_cast<uint32_t>(duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

} // namespace spice
