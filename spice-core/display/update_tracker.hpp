// What one client still has to be told of the screen, and which part of it is told next.
//
// Core thread; owned by the client's display channel. Whatever is not taken yet merges, so its size is
// bounded by the screen and a client that reads slowly gets the newest state when it reads. See
// PendingUpdate.
#pragma once

#include "display/screen.hpp"
#include "spice-core/pending_update.hpp"

#include <cstdint>

namespace spice::display {

class UpdateTracker {
public:
    // The client shows a surface of unknown content: all of it is to be told.
    void reset(Size surface);
    // The screen has changed on the same surface.
    void add(const ScreenUpdate& update);

    bool empty() const { return pending_.empty(); }
    // Whether there are areas that were not told once since reset(): the client's picture has holes.
    bool incomplete() const { return !untold_.empty(); }

    // The next update: all copies, and about `max_pixels` (at least one row of something) of what changed.
    // The caller sends the pixels that the screen shows now.
    PendingUpdate::Taken take(int64_t max_pixels);

private:
    Region next_part(int64_t max_pixels) const;

    PendingUpdate pending_;
    Region untold_;
    int32_t next_y_ = 0; // where the last portion ended: parts that change all the time starve no others
};

} // namespace spice::display
