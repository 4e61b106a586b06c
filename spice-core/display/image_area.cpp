#include "display/image_area.hpp"

#include <algorithm>
#include <array>

namespace spice::display {

namespace {

// Pixels are compared in tiles, each of which answers with the rectangle around what differs in it: wide
// enough for the speed of memory, small enough that the rectangles are tight.
constexpr int32_t kTileWidth = 64;
constexpr int32_t kTileHeight = 16;

// The columns of such a tile need no closer look.
bool differs_at_both_ends(const uint32_t* a, const uint32_t* b, int32_t width) {
    return a[0] != b[0] && a[width - 1] != b[width - 1];
}

// Bits that differ in each column of the rows from y1 to y2 - 1 of a tile.
using Columns = std::array<uint32_t, kTileWidth>;

void add_columns(const uint32_t* __restrict a, const uint32_t* __restrict b, int32_t width,
                 Columns& __restrict columns) {
    if (width == kTileWidth) { // a constant length makes vectors without a remainder
        for (size_t x = 0; x < kTileWidth; ++x) {
            columns[x] |= a[x] ^ b[x];
        }
        return;
    }
    for (size_t x = 0; x < static_cast<size_t>(width); ++x) {
        columns[x] |= a[x] ^ b[x];
    }
}

// The smallest rectangle around what differs in `tile`, which is at most as large as a tile is; empty when
// nothing does.
Rect difference(const PixelArea& a, const PixelArea& b, const Rect& tile) {
    const int32_t width = tile.width();
    int32_t top = tile.y1;
    while (top < tile.y2 && same_pixels(a.at(tile.x1, top), b.at(tile.x1, top), width)) {
        ++top;
    }
    if (top == tile.y2) {
        return {};
    }
    int32_t bottom = tile.y2;
    while (same_pixels(a.at(tile.x1, bottom - 1), b.at(tile.x1, bottom - 1), width)) {
        --bottom;
    }
    if (differs_at_both_ends(a.at(tile.x1, top), b.at(tile.x1, top), width)) {
        return {tile.x1, top, tile.x2, bottom};
    }
    Columns columns{};
    for (int32_t y = top; y < bottom; ++y) {
        add_columns(a.at(tile.x1, y), b.at(tile.x1, y), width, columns);
        if (columns[0] != 0 && columns[static_cast<size_t>(width - 1)] != 0) {
            return {tile.x1, top, tile.x2, bottom};
        }
    }
    size_t left = 0;
    while (columns[left] == 0) {
        ++left;
    }
    auto right = static_cast<size_t>(width);
    while (columns[right - 1] == 0) {
        --right;
    }
    return {tile.x1 + static_cast<int32_t>(left), top, tile.x1 + static_cast<int32_t>(right), bottom};
}

// What differs in `band`, which is as high as a tile.
void find_in_band(const PixelArea& a, const PixelArea& b, const Rect& band, std::vector<Rect>& different) {
    Rect run;
    for (int32_t x = band.x1; x < band.x2; x += kTileWidth) {
        const Rect tile{x, band.y1, std::min(x + kTileWidth, band.x2), band.y2};
        const Rect part = difference(a, b, tile);
        if (part.empty()) {
            continue;
        }
        // What ends in one tile and goes on in the next is one thing: a line of text, an edge.
        if (!run.empty() && run.x2 == x && part.x1 == x) {
            run = {run.x1, std::min(run.y1, part.y1), part.x2, std::max(run.y2, part.y2)};
            continue;
        }
        if (!run.empty()) {
            different.push_back(run);
        }
        run = part;
    }
    if (!run.empty()) {
        different.push_back(run);
    }
}

// How far back a partner is looked for: the rectangles of the band above, in all but contrived cases.
constexpr size_t kReach = 48;

Rect around(const Rect& a, const Rect& b) {
    return {std::min(a.x1, b.x1), std::min(a.y1, b.y1), std::max(a.x2, b.x2), std::max(a.y2, b.y2)};
}

} // namespace

std::optional<uint32_t> solid_colour(const PixelArea& area, const Rect& part) {
    const uint32_t* const first = area.at(part.x1, part.y1);
    // Most parts that are not solid differ within one row.
    if (!same_pixels(first, first + 1, part.width() - 1)) {
        return std::nullopt;
    }
    for (int32_t y = part.y1 + 1; y < part.y2; ++y) {
        if (!same_pixels(first, area.at(part.x1, y), part.width())) {
            return std::nullopt;
        }
    }
    return *first;
}

void find_differences(const PixelArea& a, const PixelArea& b, const Rect& part,
                      std::vector<Rect>& different) {
    for (int32_t y = part.y1; y < part.y2; y += kTileHeight) {
        Rect band{part.x1, y, part.x2, std::min(y + kTileHeight, part.y2)};
        // Long rows first: memory is at its fastest when it is read as it lies.
        while (!band.empty() && same_pixels(a.at(band.x1, band.y1), b.at(band.x1, band.y1), band.width())) {
            ++band.y1;
        }
        if (!band.empty()) {
            find_in_band(a, b, band, different);
        }
    }
}

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
