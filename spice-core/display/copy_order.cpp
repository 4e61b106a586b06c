#include "display/copy_order.hpp"

#include <algorithm>

namespace spice::display {

// A region's rectangles lie in bands: each band's have the same y1 and y2, and bands do not overlap. Pixels
// that move down must start with the lowest band, pixels that move right with the rightmost of a band.
std::vector<Rect> copy_order(const Copy& copy) {
    const auto bands = copy.destination.rects();
    std::vector<Rect> order(bands.begin(), bands.end());
    if (copy.dy > 0) {
        std::ranges::reverse(order);
    }
    const bool leftwards = copy.dy > 0; // reversing the bands has reversed each band, too
    if (leftwards == (copy.dx > 0)) {
        return order;
    }
    for (auto band = order.begin(); band != order.end();) {
        const auto next =
            std::find_if(band, order.end(), [y = band->y1](const Rect& r) { return r.y1 != y; });
        std::reverse(band, next);
        band = next;
    }
    return order;
}

} // namespace spice::display
