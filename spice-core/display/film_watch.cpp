#include "display/film_watch.hpp"

#include "display/cell_grid.hpp"
#include "display/update_planner.hpp"

#include <algorithm>

namespace spice::display {

namespace {

// A film looks like its last frame, mostly: one of so many is looked at.
constexpr int kLookAgain = 16;

uint32_t key_of(int32_t column, int32_t row) {
    return static_cast<uint32_t>(row) << 16 | static_cast<uint32_t>(column);
}

uint32_t key_at_the_middle(const Rect& area) {
    return key_of((area.x1 + area.x2) / 2 / kCell, (area.y1 + area.y2) / 2 / kCell);
}

// Boxes of the cells, in reading order, joined to rows of them and these to larger pieces.
std::vector<Rect> joined(const std::vector<Rect>& boxes) {
    const auto join = [](const std::vector<Rect>& parts, auto&& continues) {
        std::vector<Rect> pieces;
        for (const Rect& part : parts) {
            const auto piece = std::ranges::find_if(pieces, [&](const Rect& earlier) {
                return continues(earlier, part) && earlier.area() + part.area() <= FilmWatch::kMaxPiece;
            });
            if (piece == pieces.end()) {
                pieces.push_back(part);
            } else {
                *piece = {piece->x1, piece->y1, part.x2, part.y2};
            }
        }
        return pieces;
    };
    const std::vector<Rect> rows = join(
        boxes, [](const Rect& a, const Rect& b) { return a.y1 == b.y1 && a.y2 == b.y2 && a.x2 == b.x1; });
    return join(rows,
                [](const Rect& a, const Rect& b) { return a.x1 == b.x1 && a.x2 == b.x2 && a.y2 == b.y1; });
}

} // namespace

// Another frame in these cells, once for all that one update tells of them.
std::vector<FilmWatch::Cell*> FilmWatch::count(const Rect& area, Time now) {
    std::vector<Cell*> counted;
    const uint32_t middle = key_at_the_middle(area);
    for_each_cell(area, [&](int32_t column, int32_t row) {
        const uint32_t key = key_of(column, row);
        if (key != middle && intersect(cell_at(column, row), area).area() < kMinCellChange) {
            return;
        }
        Cell& cell = cells_[key];
        if (cell.frames == 0 || cell.last != now) {
            cell.frames = cell.goes_on(now) ? cell.frames + 1 : 1;
            cell.last = now;
        }
        counted.push_back(&cell);
    });
    return counted;
}

bool FilmWatch::shown(const Rect& area, ContentClass content, Time now) {
    for (Cell* cell : count(area, now)) {
        cell->content = content;
    }
    return cells_[key_at_the_middle(area)].film();
}

bool FilmWatch::goes_on(const Rect& cell, Time now) const {
    const auto found = cells_.find(key_at_the_middle(cell));
    return found != cells_.end() && found->second.frames >= kVideoFrames && found->second.goes_on(now);
}

// What changes of the film in this cell; empty when that is little, or scattered.
Rect FilmWatch::film_in(const Rect& cell, const Region& changed, Time now) const {
    const auto found = cells_.find(key_at_the_middle(cell));
    if (found == cells_.end() || !found->second.film() || !found->second.goes_on(now) ||
        found->second.content == ContentClass::patterns || found->second.content == ContentClass::solid) {
        return {};
    }
    const Region here = changed & Region(cell);
    const Rect box = here.extents();
    const bool enough = here.area() >= kMinCellChange && here.area() * 100 >= box.area() * kWholeShare;
    return enough ? box : Rect{};
}

std::vector<Rect> FilmWatch::take(Region& changed, const Screen& screen, Time now) {
    std::vector<Rect> boxes;
    for_each_cell(changed.extents(), [&](int32_t column, int32_t row) {
        const Rect box = film_in(cell_at(column, row), changed, now);
        if (!box.empty()) {
            boxes.push_back(box);
        }
    });
    std::vector<Rect> pieces = joined(boxes);
    std::erase_if(pieces, [](const Rect& piece) { return piece.area() < kMinPiece; });
    for (const Rect& piece : pieces) {
        const std::vector<Cell*> cells = count(piece, now);
        if (std::ranges::any_of(cells, [](const Cell* cell) { return cell->frames % kLookAgain == 0; })) {
            const ContentClass content = classify_content(screen.view(piece));
            std::ranges::for_each(cells, [&](Cell* cell) { cell->content = content; });
        }
    }
    changed -= Region(pieces);
    return pieces;
}

} // namespace spice::display
