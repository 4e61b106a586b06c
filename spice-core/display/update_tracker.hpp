// What one client still has to be told of the screen, and which part of it is told next.
//
// Core thread; owned by the client's display channel. Whatever is not taken yet merges, so its size is
// bounded by the screen and a client that reads slowly gets the newest state when it reads. See
// PendingUpdate.
#pragma once

#include "display/screen.hpp"
#include "spice-core/pending_update.hpp"

#include <cstdint>
#include <vector>

namespace spice::display {

class UpdateTracker {
public:
    // The client shows a surface of unknown content: all of it is to be told.
    void reset(Size surface);
    // The screen has changed on the same surface. What changed inside `urgent` is told before the rest: the
    // user waits for it.
    void add(const ScreenUpdate& update, const Region& urgent = {});

    bool empty() const { return pending_.empty(); }
    const Region& changed() const { return pending_.changed(); }
    // Where the client shows something else than the screen: what changed, and where copies will write.
    Region stale() const;
    // Whether there are areas that were not told once since reset(): the client's picture has holes.
    bool incomplete() const { return !untold_.empty(); }

    // The next update: all copies, and about `max_pixels` (at least one row of something) of what changed.
    // The caller sends the pixels that the screen shows now. When it is little that has changed since the
    // last portion, it goes first: what the client shows of a large picture moves on while the rest is
    // coming.
    PendingUpdate::Taken take(int64_t max_pixels);
    // Besides what was taken last, this is sent, too, as the screen shows it now.
    void told(const Region& region);

private:
    // Collects parts of a region, cell by cell of the grid (cell_grid.hpp) from where it ended last, until
    // there are enough pixels.
    void collect(const Region& region, int64_t& left, std::vector<Rect>& part);
    int32_t columns() const;

    PendingUpdate pending_;
    Region untold_;
    Region urgent_;
    Region waiting_; // was left over by the last portion; at least
    Size surface_;
    // Where the last portion ended: parts that change all the time starve no others.
    int32_t next_cell_ = 0; // in reading order
    int32_t next_y_ = 0;    // rows of that cell above this one were told
};

} // namespace spice::display
