#include "display/screen.hpp"

#include "display/copy_order.hpp"
#include "display/image_area.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace spice::display {

namespace {

// Pixels are compared in tiles, each of which answers with the rectangle around what differs in it: wide
// enough that memcmp runs at the speed of memory, small enough that the rectangles are tight.
constexpr int32_t kTileWidth = 64;
constexpr int32_t kTileHeight = 16;

// More rectangles than this say no more to anybody: trackers keep fewer, and each costs a message.
constexpr size_t kMaxRects = 256;

struct Rows {
    const uint32_t* pixels; // upper left
    size_t stride;

    const uint32_t* row(int32_t y) const { return pixels + static_cast<size_t>(y) * stride; }
};

bool same(const uint32_t* a, const uint32_t* b, int32_t count) {
    return std::memcmp(a, b, static_cast<size_t>(count) * sizeof(uint32_t)) == 0;
}

// The smallest rectangle around the pixels that differ, relative to the tile; empty when none do.
Rect difference(const Rows& a, const Rows& b, int32_t width, int32_t height) {
    int32_t top = 0;
    while (top < height && same(a.row(top), b.row(top), width)) {
        ++top;
    }
    if (top == height) {
        return {};
    }
    int32_t bottom = height;
    while (same(a.row(bottom - 1), b.row(bottom - 1), width)) {
        --bottom;
    }
    int32_t left = width;
    int32_t right = 0;
    for (int32_t y = top; y < bottom; ++y) {
        const uint32_t* p = a.row(y);
        const uint32_t* q = b.row(y);
        int32_t x = 0;
        while (x < left && p[x] == q[x]) {
            ++x;
        }
        left = x;
        x = width;
        while (x > right && p[x - 1] == q[x - 1]) {
            --x;
        }
        right = x;
    }
    return {left, top, right, bottom};
}

} // namespace

ScreenUpdate Screen::apply(const Commit& commit) {
    ScreenUpdate update;
    if (commit.surface && commit.surface->id == 0) {
        update.surface_changed = set_surface(*commit.surface);
    }
    if (commit.monitors && *commit.monitors != monitors_) {
        monitors_ = *commit.monitors;
        update.monitors_changed = true;
    }
    if (!surface_) {
        return update;
    }
    const Region bounds = Rect{0, 0, surface_->size.width, surface_->size.height};
    for (const Copy& copy : commit.copies) {
        Copy inside{copy.destination & bounds & bounds.translated(copy.dx, copy.dy), copy.dx, copy.dy};
        if (!inside.destination.empty()) {
            move_pixels(inside);
            update.copies.push_back(std::move(inside));
        }
    }
    std::vector<Rect> different;
    for (const PixelBlock& block : commit.changed) {
        write_pixels(block, different);
    }
    if (update.surface_changed) {
        update.copies.clear();
        update.changed = bounds;
    } else {
        update.changed = Region(join_neighbours(different)).simplified(kMaxRects);
    }
    return update;
}

// True when the picture has another size than before. The same surface told again is no news: it is what the
// front-end says when somebody begins to watch.
bool Screen::set_surface(const Surface& surface) {
    if (surface_ && surface_->size == surface.size) {
        return false;
    }
    const auto width = static_cast<size_t>(std::clamp(surface.size.width, 1, kMaxSurfaceEdge));
    const auto height = static_cast<size_t>(std::clamp(surface.size.height, 1, kMaxSurfaceEdge));
    std::vector<uint32_t> pixels(width * height);
    pixels_ = std::move(pixels);
    surface_ = Surface{0, {static_cast<int>(width), static_cast<int>(height)}};
    return true;
}

// `copy` lies inside the surface, source and destination.
void Screen::move_pixels(const Copy& copy) {
    for (const Rect& rect : copy_order(copy)) {
        const size_t bytes = static_cast<size_t>(rect.width()) * sizeof(uint32_t);
        const int32_t height = rect.height();
        for (int32_t i = 0; i < height; ++i) {
            const int32_t y = copy.dy > 0 ? rect.y2 - 1 - i : rect.y1 + i;
            std::memmove(pixel(rect.x1, y), pixel(rect.x1 - copy.dx, y - copy.dy), bytes);
        }
    }
}

// Adds rectangles around what differs to `different`: one for each run of neighbouring tiles.
void Screen::write_pixels(const PixelBlock& block, std::vector<Rect>& different) {
    const Rect area = intersect(block.area, Rect{0, 0, surface_->size.width, surface_->size.height});
    if (area.empty()) {
        return;
    }
    const auto source_stride = static_cast<size_t>(block.area.width());
    const uint32_t* source = block.pixels.get() +
                             static_cast<size_t>(area.y1 - block.area.y1) * source_stride +
                             static_cast<size_t>(area.x1 - block.area.x1);
    for (int32_t y = area.y1; y < area.y2; y += kTileHeight) {
        const int32_t height = std::min(kTileHeight, area.y2 - y);
        const Rows row{source + static_cast<size_t>(y - area.y1) * source_stride, source_stride};
        Rect run;
        for (int32_t x = area.x1; x < area.x2; x += kTileWidth) {
            const int32_t width = std::min(kTileWidth, area.x2 - x);
            const Rows tile{row.pixels + (x - area.x1), source_stride};
            Rect part = difference(tile, {pixel(x, y), stride()}, width, height);
            if (part.empty()) {
                continue;
            }
            for (int32_t i = part.y1; i < part.y2; ++i) {
                std::memcpy(pixel(x, y + i), tile.row(i), static_cast<size_t>(width) * sizeof(uint32_t));
            }
            part = {part.x1 + x, part.y1 + y, part.x2 + x, part.y2 + y};
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
}

} // namespace spice::display
