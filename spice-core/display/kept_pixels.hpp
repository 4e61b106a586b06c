// Which part of what was covered (covered_pixels.hpp) one client has got in surfaces of its own.
//
// A client can keep what it shows, and nothing else: where it was not told of the screen's last state, or was
// told only a likeness, it cannot. Core thread; owned by the client's display channel.
#pragma once

#include "display/covered_pixels.hpp"
#include "spice-core/region.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace spice::display {

class KeptPixels {
public:
    void clear();
    // The screen covered something. `stale`: where the client was not told what the screen showed before.
    void screen_updated(std::span<const CoveredPixels::Kept> kept, const Region& stale);

    // Whether the client is to keep something before anything else is drawn.
    bool due() const;
    // What it is to copy from its screen into `memory`, at the same place: that may be some pixels more than
    // are of use later. `lossy`: where it shows only a likeness of the screen.
    std::vector<Rect> take(size_t memory, const Region& lossy);

    // Where the client's memories are what CoveredPixels has there.
    const CoveredPixels::Regions& valid() const { return valid_; }

private:
    CoveredPixels::Regions due_;
    CoveredPixels::Regions valid_;
};

} // namespace spice::display
