#include "display/update_planner.hpp"

#include "display/image_area.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace spice::display {

namespace {

constexpr int32_t kTile = 32;     // pixels; what the search for solid areas works in
constexpr size_t kMaxImages = 64; // more are covered by fewer, larger ones

// The colours of an area's tiles.
class SolidTiles {
public:
    SolidTiles(const Rect& area, const Screen& screen) : area_(area) {
        columns_ = (area.width() + kTile - 1) / kTile;
        rows_ = (area.height() + kTile - 1) / kTile;
        colours_.reserve(static_cast<size_t>(columns_) * static_cast<size_t>(rows_));
        for (int32_t row = 0; row < rows_; ++row) {
            for (int32_t column = 0; column < columns_; ++column) {
                colours_.push_back(solid_colour(pixels({column, row, column + 1, row + 1}), screen));
            }
        }
    }

    // Takes rectangles of one colour out, of at least kMinFillArea: rightwards as far as it goes, then down.
    void take(std::vector<Fill>& fills) {
        for (int32_t row = 0; row < rows_; ++row) {
            for (int32_t column = 0; column < columns_; ++column) {
                const std::optional<uint32_t> colour = at(column, row);
                if (!colour) {
                    continue;
                }
                Rect tiles{column, row, column + 1, row + 1};
                while (tiles.x2 < columns_ && at(tiles.x2, row) == colour) {
                    ++tiles.x2;
                }
                while (tiles.y2 < rows_ && whole_row(tiles, tiles.y2, colour)) {
                    ++tiles.y2;
                }
                const Rect area = pixels(tiles);
                if (area.area() >= kMinFillArea) {
                    fills.push_back({area, *colour});
                    clear(tiles);
                }
                column = tiles.x2 - 1;
            }
        }
    }

private:
    static std::optional<uint32_t> solid_colour(const Rect& rect, const Screen& screen) {
        const size_t stride = screen.stride();
        const uint32_t* first =
            &screen.pixels()[static_cast<size_t>(rect.y1) * stride + static_cast<size_t>(rect.x1)];
        const auto bytes = static_cast<size_t>(rect.width()) * sizeof(uint32_t);
        // Most tiles that are not solid differ within one row.
        if (std::memcmp(first, first + 1, bytes - sizeof(uint32_t)) != 0) {
            return std::nullopt;
        }
        const uint32_t* row = first;
        for (int32_t y = rect.y1 + 1; y < rect.y2; ++y) {
            row += stride;
            if (std::memcmp(first, row, bytes) != 0) {
                return std::nullopt;
            }
        }
        return *first;
    }

    Rect pixels(const Rect& tiles) const {
        return intersect({area_.x1 + tiles.x1 * kTile, area_.y1 + tiles.y1 * kTile,
                          area_.x1 + tiles.x2 * kTile, area_.y1 + tiles.y2 * kTile},
                         area_);
    }
    std::optional<uint32_t>& at(int32_t column, int32_t row) {
        return colours_[static_cast<size_t>(row) * static_cast<size_t>(columns_) +
                        static_cast<size_t>(column)];
    }
    bool whole_row(const Rect& tiles, int32_t row, const std::optional<uint32_t>& colour) {
        for (int32_t column = tiles.x1; column < tiles.x2; ++column) {
            if (at(column, row) != colour) {
                return false;
            }
        }
        return true;
    }
    void clear(const Rect& tiles) {
        for (int32_t row = tiles.y1; row < tiles.y2; ++row) {
            for (int32_t column = tiles.x1; column < tiles.x2; ++column) {
                at(column, row).reset();
            }
        }
    }

    Rect area_;
    int32_t columns_ = 0;
    int32_t rows_ = 0;
    std::vector<std::optional<uint32_t>> colours_; // none: not solid, or taken
};

} // namespace

UpdatePlan plan_update(const Region& changed, const Screen& screen) {
    UpdatePlan plan;
    std::vector<Rect> areas = join_neighbours(changed.rects());
    for (const Rect& area : areas) {
        if (area.area() >= kMinFillArea) {
            SolidTiles(area, screen).take(plan.fills);
        }
    }
    if (plan.fills.size() > kMaxFills) {
        std::ranges::nth_element(plan.fills, plan.fills.begin() + kMaxFills, std::ranges::greater{},
                                 [](const Fill& fill) { return fill.area.area(); });
        plan.fills.resize(kMaxFills);
    }
    if (!plan.fills.empty()) {
        std::vector<Rect> filled;
        for (const Fill& fill : plan.fills) {
            filled.push_back(fill.area);
        }
        const Region rest = Region(areas) - Region(filled);
        areas = join_neighbours(rest.rects());
    }
    if (areas.size() > kMaxImages) {
        const Region fewer = Region(areas).simplified(kMaxImages);
        areas.assign(fewer.rects().begin(), fewer.rects().end());
    }
    for (const Rect& area : areas) {
        split_rows(area, kMaxImagePixels, plan.images);
    }
    return plan;
}

} // namespace spice::display
