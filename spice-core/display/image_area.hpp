// Rectangles of pixels: the arithmetic and the comparison that several parts of this directory need.
#pragma once

#include "spice-core/region.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace spice::display {

// The pixels of `area` somewhere in memory, addressed by the coordinates of the surface; not owned.
struct PixelArea {
    Rect area;
    const uint32_t* pixels = nullptr; // of the area's upper left corner
    size_t stride = 0;                // pixels

    const uint32_t* at(int32_t x, int32_t y) const {
        return pixels + static_cast<ptrdiff_t>(y - area.y1) * static_cast<ptrdiff_t>(stride) + (x - area.x1);
    }
};

// Whether `count` pixels are the same.
inline bool same_pixels(const uint32_t* a, const uint32_t* b, int32_t count) {
    return std::memcmp(a, b, static_cast<size_t>(count) * sizeof(uint32_t)) == 0;
}

// As memcpy(). That turns to string instructions for a long row, which Zen 3 executes several times slower
// than loads and stores when the two addresses are unlucky.
inline void copy_pixels(const uint32_t* from, uint32_t* to, int32_t count) {
    constexpr int32_t kShortRow = 256;
    for (; count > kShortRow; count -= kShortRow, from += kShortRow, to += kShortRow) {
        std::memcpy(to, from, kShortRow * sizeof(uint32_t));
    }
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(uint32_t));
}

// The colour of `part`, which lies in the area and is not empty; none: there are several.
std::optional<uint32_t> solid_colour(const PixelArea& area, const Rect& part);

// Adds rectangles around what differs inside `part`, which lies in both areas, to `different`: tight,
// disjoint, from top to bottom, one for each run of neighbouring differences.
void find_differences(const PixelArea& a, const PixelArea& b, const Rect& part, std::vector<Rect>& different);

// Pixels that one more rectangle costs on the wire, headers and a codec's fresh start included: two
// rectangles are worth joining where that adds fewer.
inline constexpr int64_t kRectCost = 512;

// Fewer rectangles that cover the given ones: neighbours are joined where that adds at most kRectCost pixels
// for each rectangle saved. `rects` from top to bottom, as a Region has them. The result may overlap itself.
std::vector<Rect> join_neighbours(std::span<const Rect> rects);

// `rect` in pieces of whole rows, of at most `max_pixels` unless a single row has more.
void split_rows(const Rect& rect, int64_t max_pixels, std::vector<Rect>& pieces);

} // namespace spice::display
