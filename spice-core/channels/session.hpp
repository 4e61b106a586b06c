// What all channels of all clients share: the desktop as the core knows it, and whom to tell about input.
//
// Core thread only. The server owns the one Session; channels hold a reference that outlives them.
#pragma once

#include "channels/watchers.hpp"
#include "codecs/encode_pool.hpp"
#include "display/screen.hpp"
#include "spice-core/config.hpp"
#include "spice-core/desktop.hpp"
#include "spice-core/display_command.hpp"
#include "spice-core/log.hpp"
#include "spice-core/report.hpp"

#include <cstddef>
#include <cstdint>

namespace spice::channels {

struct Session {
    const ServerConfig& config;
    Desktop& desktop;
    LogSink& log;
    Report& report;
    display::Screen screen; // pixels, monitors
    Cursor cursor{};
    LockKeys lock_keys = 0;
    size_t clients = 0;                        // that are connected
    codecs::EncodePool* encode_pool = nullptr; // the server's; set before the first display channel
    Watchers watchers{desktop};
};

} // namespace spice::channels
