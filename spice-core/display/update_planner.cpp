#include "display/update_planner.hpp"

#include "display/cell_grid.hpp"
#include "display/image_area.hpp"

#include <algorithm>
#include <optional>

namespace spice::display {

namespace {

constexpr int32_t kTile = 32;     // pixels; what the search for solid areas works in
constexpr size_t kMaxImages = 64; // more are covered by fewer, larger ones
// A high strip is cut, so that the text under a photograph is not told as photograph; but not into pieces of
// which the messages are the most.
constexpr int64_t kMinSplitPixels = 32 * 1024;

// The colours of an area's tiles.
class SolidTiles {
public:
    SolidTiles(const Rect& area, const Screen& screen) : area_(area) {
        columns_ = (area.width() + kTile - 1) / kTile;
        rows_ = (area.height() + kTile - 1) / kTile;
        colours_.reserve(static_cast<size_t>(columns_) * static_cast<size_t>(rows_));
        for (int32_t row = 0; row < rows_; ++row) {
            for (int32_t column = 0; column < columns_; ++column) {
                colours_.push_back(
                    solid_colour(screen.picture(), pixels({column, row, column + 1, row + 1})));
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

Rect inside(const Rect& cell, const Screen& screen) {
    const Size size = screen.surface()->size;
    return intersect(cell, {0, 0, size.width, size.height});
}

// A fill says it in fewer bytes than any image, so that nobody need look for the cell around it.
bool is_fill(const Region& region, const Screen& screen) {
    return region.rect_count() == 1 && solid_colour(screen.picture(), region.extents()).has_value();
}

// Takes whole cells out of `changed`.
void plan_cells(Region& changed, const Screen& screen, const CellChoice& take_whole, UpdatePlan& plan) {
    std::vector<Rect> whole;
    for_each_cell(changed.extents(), [&](int32_t column, int32_t row) {
        const Rect cell = inside(cell_at(column, row), screen);
        const Region here = changed & Region(cell);
        const int64_t area = here.area();
        if (area < cell.area() && (area < kMinCellChange || is_fill(here, screen))) {
            return;
        }
        if (area * 100 < cell.area() * kWholeShare && !take_whole(cell, area)) {
            return;
        }
        whole.push_back(cell);
        if (const auto colour = solid_colour(screen.picture(), cell)) {
            plan.fills.push_back({cell, *colour});
        } else {
            plan.cells.push_back(cell);
        }
    });
    changed -= Region(whole);
}

// Fills that touch and have one colour are one fill: rows of cells, then rows upon rows.
void join_fills(std::vector<Fill>& fills) {
    const auto join = [&fills](auto&& continues, auto&& extend) {
        size_t kept = 0;
        for (size_t i = 1; i < fills.size(); ++i) {
            if (fills[i].colour == fills[kept].colour && continues(fills[kept].area, fills[i].area)) {
                extend(fills[kept].area, fills[i].area);
            } else {
                fills[++kept] = fills[i];
            }
        }
        fills.resize(std::min(fills.size(), kept + 1));
    };
    join([](const Rect& a, const Rect& b) { return a.y1 == b.y1 && a.y2 == b.y2 && a.x2 == b.x1; },
         [](Rect& a, const Rect& b) { a.x2 = b.x2; });
    join([](const Rect& a, const Rect& b) { return a.x1 == b.x1 && a.x2 == b.x2 && a.y2 == b.y1; },
         [](Rect& a, const Rect& b) { a.y2 = b.y2; });
}

void keep_largest(std::vector<Fill>& fills) {
    if (fills.size() > kMaxFills) {
        std::ranges::nth_element(fills, fills.begin() + kMaxFills, std::ranges::greater{},
                                 [](const Fill& fill) { return fill.area.area(); });
        fills.resize(kMaxFills);
    }
}

void plan_rest(const Region& changed, const Screen& screen, UpdatePlan& plan) {
    std::vector<Rect> areas = join_neighbours(changed.rects());
    std::vector<Fill> fills;
    for (const Rect& area : areas) {
        if (const auto colour = solid_colour(screen.picture(), area)) {
            fills.push_back({area, *colour}); // of any size: an image has more to say of itself than a fill
        } else if (area.area() >= kMinFillArea) {
            SolidTiles(area, screen).take(fills);
        }
    }
    keep_largest(fills);
    if (!fills.empty()) {
        std::vector<Rect> filled;
        for (const Fill& fill : fills) {
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
        const int64_t as_high_as_a_cell = int64_t{area.width()} * kCell;
        split_rows(area, std::clamp(as_high_as_a_cell, kMinSplitPixels, kMaxImagePixels), plan.parts);
    }
    plan.fills.insert(plan.fills.end(), fills.begin(), fills.end());
}

} // namespace

Region UpdatePlan::covered() const {
    std::vector<Rect> rects;
    for (const Fill& fill : fills) {
        rects.push_back(fill.area);
    }
    rects.insert(rects.end(), cells.begin(), cells.end());
    rects.insert(rects.end(), parts.begin(), parts.end());
    return Region(rects);
}

UpdatePlan plan_update(const Region& changed, const Screen& screen, const CellChoice& take_whole) {
    UpdatePlan plan;
    Region rest = changed;
    if (changed.area() >= kMinCellChange) {
        plan_cells(rest, screen, take_whole, plan);
        join_fills(plan.fills);
    }
    plan_rest(rest, screen, plan);
    return plan;
}

} // namespace spice::display
