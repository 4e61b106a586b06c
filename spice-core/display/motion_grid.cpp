#include "display/motion_grid.hpp"

#include <algorithm>

namespace spice::display {

namespace {

// Smaller tiles find smaller views; larger ones keep the work on large pictures in bounds.
constexpr int32_t kSmallTileWidth = 64;
constexpr int32_t kSmallTileHeight = 16;
constexpr int32_t kMaxColumns = 64;
constexpr int32_t kMaxRows = 144;

// Pixels that a tile in between costs a copy although it says nothing: copies should be tight.
constexpr int32_t kIdleTile = 1;
constexpr int32_t kUnclaimedTile = 64;

// One of so many rows of a tile that differs is looked at before it is taken for moved: text, the sparsest
// content, has something in one of them. The comparison after the copy is exact.
constexpr int32_t kSampledRow = 4;

// What a pixel gains by being copied: 1, or -1 where it was right before and would be wrong.
int32_t gain(uint32_t after, uint32_t before, uint32_t copied) {
    return static_cast<int32_t>(after != before) - static_cast<int32_t>(after != copied);
}

// The length of the beginning of `gains` that gains the most; the shortest such one.
int32_t best_beginning(std::span<const int32_t> gains) {
    int64_t sum = 0;
    int64_t best = 0;
    size_t length = 0;
    for (size_t i = 0; i < gains.size(); ++i) {
        sum += gains[i];
        if (sum > best) {
            best = sum;
            length = i + 1;
        }
    }
    return static_cast<int32_t>(length);
}

} // namespace

void MotionGrid::begin(const PixelArea& before, std::span<const PixelArea> after,
                       std::span<const Rect> different) {
    before_ = before;
    after_ = after;
    const int32_t scale = std::max(before.area.width() / (kSmallTileWidth * kMaxColumns),
                                   before.area.height() / (kSmallTileHeight * kMaxRows)) +
                          1;
    tile_width_ = kSmallTileWidth * scale;
    tile_height_ = kSmallTileHeight * scale;
    columns_ = (before.area.width() + tile_width_ - 1) / tile_width_;
    rows_ = (before.area.height() + tile_height_ - 1) / tile_height_;
    tiles_.assign(static_cast<size_t>(columns_) * static_cast<size_t>(rows_), {});
    for_each_part({0, 0, columns_, rows_}, [](Tile& tile, const PixelArea&, const Rect& part) {
        tile.claimed += static_cast<int32_t>(part.area());
    });
    for (const Rect& rect : different) {
        const Rect tiles = tiles_around(rect);
        for (int32_t row = tiles.y1; row < tiles.y2; ++row) {
            for (int32_t column = tiles.x1; column < tiles.x2; ++column) {
                const Rect part = intersect(rect, pixels_of({column, row, column + 1, row + 1}));
                tiles_[index(column, row)].different += static_cast<int32_t>(part.area());
            }
        }
    }
    unexplained_ = 0;
    for (Tile& tile : tiles_) {
        tile.different = std::min(tile.different, tile.claimed);
        unexplained_ += tile.different;
    }
}

// The picture begins at (0, 0).
Rect MotionGrid::tiles_around(const Rect& pixels) const {
    return intersect({pixels.x1 / tile_width_, pixels.y1 / tile_height_,
                      (pixels.x2 + tile_width_ - 1) / tile_width_,
                      (pixels.y2 + tile_height_ - 1) / tile_height_},
                     {0, 0, columns_, rows_});
}

Rect MotionGrid::pixels_of(const Rect& tiles) const {
    return intersect(
        {tiles.x1 * tile_width_, tiles.y1 * tile_height_, tiles.x2 * tile_width_, tiles.y2 * tile_height_},
        before_.area);
}

// Calls function(tile, new pixels, part) for all parts of these tiles whose new pixels are known.
template <typename Function>
void MotionGrid::for_each_part(const Rect& tiles, Function function) {
    const Rect pixels = pixels_of(tiles);
    for (const PixelArea& after : after_) {
        const Rect inside = tiles_around(intersect(after.area, pixels));
        for (int32_t row = inside.y1; row < inside.y2; ++row) {
            for (int32_t column = inside.x1; column < inside.x2; ++column) {
                function(tiles_[index(column, row)], after,
                         intersect(after.area, pixels_of({column, row, column + 1, row + 1})));
            }
        }
    }
}

std::vector<Rect> MotionGrid::spans(int32_t margin) const {
    std::vector<Rect> spans;
    for (int32_t row = 0; row < rows_; ++row) {
        const size_t first = spans.size();
        for (int32_t column = 0; column < columns_; ++column) {
            if (tiles_[index(column, row)].different == 0) {
                continue;
            }
            const Rect pixels = pixels_of({column, row, column + 1, row + 1});
            const Rect wider =
                intersect({pixels.x1 - margin, pixels.y1, pixels.x2 + margin, pixels.y2}, before_.area);
            if (spans.size() > first && spans.back().x2 >= wider.x1) {
                spans.back().x2 = wider.x2;
            } else {
                spans.push_back(wider);
            }
        }
    }
    return spans;
}

void MotionGrid::assess(Displacement displacement) {
    displacement_ = displacement;
    const Rect& area = before_.area;
    source_area_ = intersect(area, {area.x1 + displacement.dx, area.y1 + displacement.dy,
                                    area.x2 + displacement.dx, area.y2 + displacement.dy});
    assessed_ = match_what_differs();
    match_the_rest(assessed_);
    for (int32_t row = assessed_.y1; row < assessed_.y2; ++row) {
        for (int32_t column = assessed_.x1; column < assessed_.x2; ++column) {
            Tile& t = tiles_[index(column, row)];
            if (t.claimed == 0) {
                t.value = -kUnclaimedTile;
            } else if (!t.matches) {
                t.value = t.different - t.claimed;
            } else {
                t.value = t.different > 0 ? t.different : -kIdleTile;
            }
        }
    }
}

// Answers with the tiles around those that differ and are explained.
Rect MotionGrid::match_what_differs() {
    const Rect all{0, 0, columns_, rows_};
    for (Tile& t : tiles_) {
        t.matches = t.different > 0;
    }
    for_each_part(all, [this](Tile& t, const PixelArea& after, const Rect& part) {
        if (t.matches) {
            const bool low = part.height() < kSampledRow;
            t.matches = low ? part_matches(after, part, 0, 1) : part_matches(after, part, 1, kSampledRow);
        }
    });
    Rect matching{columns_, rows_, 0, 0};
    for (int32_t row = 0; row < rows_; ++row) {
        for (int32_t column = 0; column < columns_; ++column) {
            if (tiles_[index(column, row)].matches) {
                matching = {std::min(matching.x1, column), std::min(matching.y1, row),
                            std::max(matching.x2, column + 1), std::max(matching.y2, row + 1)};
            }
        }
    }
    return matching;
}

// What is as it was must stay so: those tiles are looked at more closely.
void MotionGrid::match_the_rest(const Rect& tiles) {
    for (int32_t row = tiles.y1; row < tiles.y2; ++row) {
        for (int32_t column = tiles.x1; column < tiles.x2; ++column) {
            Tile& t = tiles_[index(column, row)];
            t.matches = t.matches || t.different == 0;
        }
    }
    for_each_part(tiles, [this](Tile& t, const PixelArea& after, const Rect& part) {
        if (t.matches && t.different == 0) {
            t.matches = part_matches(after, part, 0, 1);
        }
    });
}

bool MotionGrid::part_matches(const PixelArea& after, const Rect& part, int32_t first_row,
                              int32_t row_step) const {
    if (intersect(part, source_area_) != part) {
        return false;
    }
    const int32_t x = part.x1 - displacement_.dx;
    for (int32_t y = part.y1 + first_row; y < part.y2; y += row_step) {
        if (!same_pixels(after.at(part.x1, y), before_.at(x, y - displacement_.dy), part.width())) {
            return false;
        }
    }
    return true;
}

// The run with the largest sum (Kadane's algorithm).
MotionGrid::Run MotionGrid::best_run(std::span<const int64_t> values) {
    Run best;
    Run current;
    for (size_t i = 0; i < values.size(); ++i) {
        if (current.value <= 0) {
            current = {static_cast<int32_t>(i), 0, 0};
        }
        current.value += values[i];
        current.end = static_cast<int32_t>(i + 1);
        if (current.value > best.value) {
            best = current;
        }
    }
    return best;
}

// The rectangle of tiles with the largest sum of values: for each pair of columns, the best run of rows.
std::optional<Rect> MotionGrid::take_best(int64_t min_saved) {
    int64_t best_value = min_saved - 1;
    Rect best;
    std::vector<int64_t> sums;
    for (int32_t left = assessed_.x1; left < assessed_.x2; ++left) {
        sums.assign(static_cast<size_t>(std::max(assessed_.height(), 0)), 0);
        for (int32_t right = left + 1; right <= assessed_.x2; ++right) {
            for (size_t i = 0; i < sums.size(); ++i) {
                sums[i] += tiles_[index(right - 1, assessed_.y1 + static_cast<int32_t>(i))].value;
            }
            const Run run = best_run(sums);
            if (run.value > best_value) {
                best_value = run.value;
                best = {left, assessed_.y1 + run.begin, right, assessed_.y1 + run.end};
            }
        }
    }
    if (best.empty()) {
        return std::nullopt;
    }
    for (int32_t row = best.y1; row < best.y2; ++row) {
        for (int32_t column = best.x1; column < best.x2; ++column) {
            Tile& t = tiles_[index(column, row)];
            const int32_t different = t.matches ? 0 : t.claimed;
            unexplained_ += different - t.different;
            t.different = different;
            t.value = -tile_width_ * tile_height_; // rectangles need not overlap
        }
    }
    return refined(pixels_of(best));
}

// Tiles are coarse: each side is moved to where it saves the most pixels, by less than a tile.
Rect MotionGrid::refined(Rect rect) const {
    rect = intersect(rect, source_area_);
    const int32_t reach_x = tile_width_ - 1;
    int32_t inner = rect.x1 + std::min(reach_x, rect.width() - 1);
    Rect zone = intersect({rect.x1 - reach_x, rect.y1, inner, rect.y2}, source_area_);
    rect.x1 = inner - gain_of_columns(zone, true);
    inner = rect.x2 - std::min(reach_x, rect.width() - 1);
    zone = intersect({inner, rect.y1, rect.x2 + reach_x, rect.y2}, source_area_);
    rect.x2 = inner + gain_of_columns(zone, false);

    const int32_t reach_y = tile_height_ - 1;
    inner = rect.y1 + std::min(reach_y, rect.height() - 1);
    zone = intersect({rect.x1, rect.y1 - reach_y, rect.x2, inner}, source_area_);
    rect.y1 = inner - gain_of_rows(zone, true);
    inner = rect.y2 - std::min(reach_y, rect.height() - 1);
    zone = intersect({rect.x1, inner, rect.x2, rect.y2 + reach_y}, source_area_);
    rect.y2 = inner + gain_of_rows(zone, false);
    return rect;
}

// How many rows of the zone, from its end inside the rectangle, are worth copying.
int32_t MotionGrid::gain_of_rows(const Rect& zone, bool upwards) const {
    std::vector<int32_t> gains(static_cast<size_t>(zone.height()));
    for (const PixelArea& after : after_) {
        const Rect part = intersect(zone, after.area);
        for (int32_t y = part.y1; y < part.y2; ++y) {
            const uint32_t* now = after.at(part.x1, y);
            const uint32_t* then = before_.at(part.x1, y);
            const uint32_t* copied = before_.at(part.x1 - displacement_.dx, y - displacement_.dy);
            int32_t sum = 0;
            for (int32_t x = 0; x < part.width(); ++x) {
                sum += gain(now[x], then[x], copied[x]);
            }
            gains[static_cast<size_t>(upwards ? zone.y2 - 1 - y : y - zone.y1)] += sum;
        }
    }
    return best_beginning(gains);
}

// As for rows.
int32_t MotionGrid::gain_of_columns(const Rect& zone, bool leftwards) const {
    std::vector<int32_t> gains(static_cast<size_t>(zone.width())); // left to right
    for (const PixelArea& after : after_) {
        const Rect part = intersect(zone, after.area);
        int32_t* const sums = gains.data() + (part.x1 - zone.x1);
        for (int32_t y = part.y1; y < part.y2; ++y) {
            const uint32_t* now = after.at(part.x1, y);
            const uint32_t* then = before_.at(part.x1, y);
            const uint32_t* copied = before_.at(part.x1 - displacement_.dx, y - displacement_.dy);
            for (int32_t x = 0; x < part.width(); ++x) {
                sums[x] += gain(now[x], then[x], copied[x]);
            }
        }
    }
    if (leftwards) {
        std::ranges::reverse(gains);
    }
    return best_beginning(gains);
}

} // namespace spice::display
