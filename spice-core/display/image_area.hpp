// Arithmetic on rectangles of pixels that both the comparison and the planning of updates need.
#pragma once

#include "spice-core/region.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spice::display {

// Pixels that one more rectangle costs on the wire, headers and a codec's fresh start included: two
// rectangles are worth joining where that adds fewer.
inline constexpr int64_t kRectCost = 512;

// Fewer rectangles that cover the given ones: neighbours are joined where that adds at most kRectCost pixels
// for each rectangle saved. `rects` from top to bottom, as a Region has them. The result may overlap itself.
std::vector<Rect> join_neighbours(std::span<const Rect> rects);

// `rect` in pieces of whole rows, of at most `max_pixels` unless a single row has more.
void split_rows(const Rect& rect, int64_t max_pixels, std::vector<Rect>& pieces);

} // namespace spice::display
