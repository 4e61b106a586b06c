#include "display/screen.hpp"

#include "display/copy_order.hpp"
#include "display/image_area.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace spice::display {

namespace {

// More rectangles than this say no more to anybody: trackers keep fewer, and each costs a message.
constexpr size_t kMaxRects = 256;

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
        const PixelArea after = inside_surface(block);
        const size_t first = different.size();
        find_differences(after, picture(), after.area, different);
        for (const Rect& rect : std::span(different).subspan(first)) {
            write_pixels(after, rect);
        }
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

PixelArea Screen::picture() const {
    return {{0, 0, surface_->size.width, surface_->size.height}, pixels_.data(), stride()};
}

// The part of `block` that lies inside the surface.
PixelArea Screen::inside_surface(const PixelBlock& block) const {
    const PixelArea whole{block.area, block.pixels.get(), static_cast<size_t>(block.area.width())};
    const Rect area = intersect(block.area, picture().area);
    return area.empty() ? PixelArea{} : PixelArea{area, whole.at(area.x1, area.y1), whole.stride};
}

// `rect` lies in the area and in the surface.
void Screen::write_pixels(const PixelArea& from, const Rect& rect) {
    for (int32_t y = rect.y1; y < rect.y2; ++y) {
        copy_pixels(from.at(rect.x1, y), pixel(rect.x1, y), rect.width());
    }
}

} // namespace spice::display
