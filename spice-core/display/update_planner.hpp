// From what changed to what is drawn: solid rectangles, whole cells of the grid, and parts of bounded size
// for the rest.
//
// Pure. This is where it is decided in which pieces an update goes; how each of them is told is the business
// of image_planner.hpp.
#pragma once

#include "display/screen.hpp"
#include "spice-core/region.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace spice::display {

struct Fill {
    Rect area;
    uint32_t colour = 0; // 0x00rrggbb
};

// In any order. Together they cover the region that was asked for, and maybe some pixels around it (inside
// the surface), for all of which the screen's present pixels are drawn.
struct UpdatePlan {
    std::vector<Fill> fills;
    std::vector<Rect> cells; // whole cells of the grid that are not of one colour
    std::vector<Rect> parts; // of at most kMaxImagePixels, unless one row is more

    Region covered() const;
};

inline constexpr size_t kMaxFills = 64;         // outside of whole cells
inline constexpr int64_t kMinFillArea = 4096;   // pixels of a fill in a part that is not of one colour
inline constexpr int64_t kMinCellChange = 4096; // pixels of a cell; for fewer, the cell is not looked at
inline constexpr int64_t kWholeShare = 60;      // percent of a cell; where more changes, all of it is told
inline constexpr int64_t kMaxImagePixels = 128 * 1024;

// Asked for cells of which fewer than 60 % changed: whether the whole of it is to be drawn.
using CellChoice = std::function<bool(const Rect& cell, int64_t changed_pixels)>;

// `changed` lies inside the surface.
UpdatePlan plan_update(const Region& changed, const Screen& screen, const CellChoice& take_whole);

} // namespace spice::display
