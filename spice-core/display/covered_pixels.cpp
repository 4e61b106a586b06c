#include "display/covered_pixels.hpp"

#include "display/cell_grid.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <span>
#include <utility>

namespace spice::display {

namespace {

// More rectangles are covered by fewer, larger ones: a few still pixels are taken for recent ones.
constexpr size_t kMaxRecentRects = 256;
constexpr int32_t kBand = 8; // rows

// A pixel of a memory, whose rows are as wide as the screen.
uint32_t* row(uint32_t* pixels, const PixelArea& picture, int32_t x, int32_t y) {
    return pixels + static_cast<ptrdiff_t>(y) * picture.area.width() + x;
}

Rect cells_around(const Rect& rect) {
    return {rect.x1 / kCell * kCell, rect.y1 / kCell * kCell, (rect.x2 + kCell - 1) / kCell * kCell,
            (rect.y2 + kCell - 1) / kCell * kCell};
}

// Calls use(cell, what of `region` lies there) for each cell of the grid with some of it.
template <typename Use>
void for_each_part(const Region& region, Use use) {
    for_each_cell(region.extents(), [&](int32_t column, int32_t row) {
        const Rect cell = cell_at(column, row);
        const Region here = region & Region(cell);
        if (!here.empty()) {
            use(cell, here);
        }
    });
}

} // namespace

void CoveredPixels::Free::operator()(uint32_t* pixels) const {
    std::free(pixels);
}

void CoveredPixels::clear() {
    memories_ = {};
    recent_.clear();
    less_recent_.clear();
}

void CoveredPixels::advance(Time now) {
    if (now - turned_ >= kStill) {
        less_recent_ = std::exchange(recent_, {});
        if (now - turned_ >= 2 * kStill) {
            less_recent_.clear();
        }
        turned_ = now;
    }
}

void CoveredPixels::changed(const Region& region) {
    recent_ |= region;
    if (recent_.rect_count() > kMaxRecentRects) {
        recent_ = recent_.simplified(kMaxRecentRects / 2);
    }
}

void CoveredPixels::cover(const Region& lost, const Region& overwritten, const PixelArea& picture,
                          std::vector<Kept>& kept) {
    if (picture.area.area() > kMaxScreen || lost.area() < kMinKept) {
        return;
    }
    ++uses_;
    const Region busy = overwritten | recent_ | less_recent_;
    const Region still = (lost - busy).simplified(kMaxRects) - overwritten;
    // What covers more is another desktop.
    const bool small = still.area() <= picture.area.area() / 2;
    const std::span<Memory> memories(memories_.data(), small ? kMemories : 1);
    for (const Rect& rect : still.rects()) {
        if (rect.area() >= kMinKept && !solid_colour(picture, rect)) {
            keep(rect, busy, picture, memories, kept);
        }
    }
}

// Into the first memory that has nothing else there; then its cells of the grid are kept as far as they are
// still and unknown, too, for what covers a part of them often goes on. Else over what was kept or found
// again long ago: of two desktops in turns the one stays here, and the other in the image caches.
void CoveredPixels::keep(const Rect& rect, const Region& busy, const PixelArea& picture,
                         std::span<Memory> memories, std::vector<Kept>& kept) {
    auto memory = std::ranges::find_if(memories, [&](const Memory& candidate) {
        const Region known = candidate.known & Region(rect);
        return std::ranges::all_of(known.rects(),
                                   [&](const Rect& part) { return has(candidate, part, picture); });
    });
    Region region = rect;
    if (memory != memories.end()) {
        region |= Region(intersect(cells_around(rect), picture.area)) - busy;
        region -= memory->known;
    } else {
        memory = std::ranges::min_element(memories, {}, &Memory::used);
        if (memory->used < uses_ && memory->used + kPatience >= uses_) {
            return;
        }
    }
    memory->used = uses_;
    if (region.empty()) {
        return; // it is kept already
    }
    make(*memory, picture);
    for (const Rect& part : region.rects()) {
        for (int32_t y = part.y1; y < part.y2; ++y) {
            copy_pixels(picture.at(part.x1, y), row(memory->pixels.get(), picture, part.x1, y), part.width());
        }
    }
    memory->known |= region;
    kept.push_back({static_cast<size_t>(memory - memories.begin()), std::move(region)});
}

// Memory from calloc() is not there before it is used, and most of it may never be.
void CoveredPixels::make(Memory& memory, const PixelArea& picture) {
    if (!memory.pixels) {
        memory.pixels.reset(
            static_cast<uint32_t*>(std::calloc(static_cast<size_t>(picture.area.area()), sizeof(uint32_t))));
        if (!memory.pixels) {
            throw std::bad_alloc();
        }
    }
}

bool CoveredPixels::has(const Memory& memory, const Rect& rect, const PixelArea& picture) {
    for (int32_t y = rect.y1; y < rect.y2; ++y) {
        if (!same_pixels(row(memory.pixels.get(), picture, rect.x1, y), picture.at(rect.x1, y),
                         rect.width())) {
            return false;
        }
    }
    return true;
}

std::vector<CoveredPixels::Found> CoveredPixels::find(const Region& changed, const Regions& valid,
                                                      const PixelArea& picture) const {
    std::vector<Found> found;
    Region rest = changed;
    // Large pieces first: each is a message.
    for (auto* const search : {&whole, &cells, &parts}) {
        for (size_t memory = 0; memory < kMemories && rest.area() >= kMinFound; ++memory) {
            if (!memories_.at(memory).pixels || !valid.at(memory).overlaps(rest)) {
                continue;
            }
            const Region here = search(memories_.at(memory), rest, valid.at(memory), picture);
            for (const Rect& rect : here.rects()) {
                if (rect.area() >= kMinFound && found.size() < kMaxFound && !solid_colour(picture, rect)) {
                    found.push_back({memory, rect});
                    rest -= rect;
                }
            }
        }
    }
    return found;
}

Region CoveredPixels::whole(const Memory& memory, const Region& changed, const Region& valid,
                            const PixelArea& picture) {
    const Rect around = changed.extents();
    return valid.contains(around) && has(memory, around, picture) ? Region(around) : Region();
}

// Of the grid, with what did not change in them.
Region CoveredPixels::cells(const Memory& memory, const Region& changed, const Region& valid,
                            const PixelArea& picture) {
    Region found;
    for_each_part(changed, [&](const Rect& cell, const Region&) {
        const Rect inside = intersect(cell, picture.area);
        if (valid.contains(inside) && has(memory, inside, picture)) {
            found |= inside;
        }
    });
    return found;
}

// In bands of a few rows, for a program that draws its uncovered window anew may be seen in the middle of it.
Region CoveredPixels::parts(const Memory& memory, const Region& changed, const Region& valid,
                            const PixelArea& picture) {
    Region found;
    for_each_part(changed & valid, [&](const Rect&, const Region& here) {
        std::vector<Rect> bands;
        const Rect around = here.extents();
        split_rows(around, int64_t{kBand} * around.width(), bands);
        for (const Rect& band : bands) {
            if (valid.contains(band) && has(memory, band, picture)) {
                found |= band;
                continue;
            }
            const Region pieces = here & Region(band);
            for (const Rect& piece : pieces.rects()) {
                if (has(memory, piece, picture)) {
                    found |= piece;
                }
            }
        }
    });
    return found;
}

} // namespace spice::display
