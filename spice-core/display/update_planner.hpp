// From what changed to what is drawn: solid rectangles, and images of bounded size for the rest.
//
// Pure. This is where the content of an update is looked at.
#pragma once

#include "display/screen.hpp"
#include "spice-core/region.hpp"

#include <cstdint>
#include <vector>

namespace spice::display {

struct Fill {
    Rect area;
    uint32_t colour = 0; // 0x00rrggbb
};

// Draw the fills first. Together they cover the region that was asked for, and maybe some pixels around it
// (inside the surface), for all of which the screen's present pixels are drawn.
struct UpdatePlan {
    std::vector<Fill> fills;  // at most kMaxFills
    std::vector<Rect> images; // of at most kMaxImagePixels, unless one row is more
};

inline constexpr size_t kMaxFills = 64;
inline constexpr int64_t kMinFillArea = 4096; // pixels; smaller ones compress well enough
// Pixels of one image: an encoder's job of well under a millisecond, so that several threads share a large
// update and the first of it is on its way while the rest is encoded.
inline constexpr int64_t kMaxImagePixels = 128 * 1024;

// `changed` lies inside the surface.
UpdatePlan plan_update(const Region& changed, const Screen& screen);

} // namespace spice::display
