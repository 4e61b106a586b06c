// Which parts of a client's picture are only like the screen's, and when their turn to become exact comes.
//
// What was sent lossy is fresh. It grows older with the caller's ticks for as long as nothing changes there:
// young, and due when it has been still for a whole tick at least and two at most. Core thread; owned by the
// client's display channel.
#pragma once

#include "spice-core/display_command.hpp"
#include "spice-core/region.hpp"

#include <cstdint>

namespace spice::display {

class Refinement {
public:
    // In the order in which the client is told: these change what it shows.
    void sent_lossy(const Region& region);
    void sent_exact(const Region& region);
    void sent_copy(const Copy& copy); // lossy pixels that move stay lossy

    // The screen has changed here: what is lossy there is fresh again.
    void changed(const Region& region);
    // Time has passed.
    void grow_older();
    void clear();

    bool empty() const { return fresh_.empty() && young_.empty() && due_.empty(); }
    // Whether anything is due later than now.
    bool waits() const { return !fresh_.empty() || !young_.empty(); }
    const Region& due() const { return due_; }
    Region lossy() const { return fresh_ | young_ | due_; }
    // What to make exact next: about `max_pixels` of what is due, cell by cell of the grid (cell_grid.hpp),
    // so that it is told in the pieces in which it was told lossy. Not empty when something is due.
    Region next(int64_t max_pixels) const;
    int64_t pixels() const { return fresh_.area() + young_.area() + due_.area(); }

private:
    void make_fresh(Region& older, const Region& region);

    // Disjoint, but for what is added to keep each of few rectangles.
    Region fresh_;
    Region young_;
    Region due_;
};

} // namespace spice::display
