#include "display/image_area.hpp"

#include <algorithm>

namespace spice::display {

namespace {

// How far back a partner is looked for: the rectangles of the band above, in all but contrived cases.
constexpr size_t kReach = 48;

Rect around(const Rect& a, const Rect& b) {
    return {std::min(a.x1, b.x1), std::min(a.y1, b.y1), std::max(a.x2, b.x2), std::max(a.y2, b.y2)};
}

} // namespace

std::vector<Rect> join_neighbours(std::span<const Rect> rects) {
    std::vector<Rect> joined;
    for (Rect rect : rects) {
        // A joined rectangle may now be worth joining with another one.
        for (bool again = true; again;) {
            again = false;
            const size_t begin = joined.size() - std::min(joined.size(), kReach);
            for (size_t i = joined.size(); i-- > begin;) {
                const Rect both = around(joined[i], rect);
                if (both.area() - joined[i].area() - rect.area() <= kRectCost) {
                    rect = both;
                    joined.erase(joined.begin() + static_cast<ptrdiff_t>(i));
                    again = true;
                    break;
                }
            }
        }
        joined.push_back(rect);
    }
    return joined;
}

void split_rows(const Rect& rect, int64_t max_pixels, std::vector<Rect>& pieces) {
    const int64_t rows = std::max<int64_t>(1, max_pixels / std::max(1, rect.width()));
    for (int64_t y = rect.y1; y < rect.y2; y += rows) {
        const auto top = static_cast<int32_t>(y);
        pieces.push_back({rect.x1, top, rect.x2, static_cast<int32_t>(std::min<int64_t>(y + rows, rect.y2))});
    }
}

} // namespace spice::display
