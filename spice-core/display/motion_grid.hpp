// How well the new picture is explained by the old one displaced, tile by tile; and the rectangles that are
// worth copying.
#pragma once

#include "display/image_area.hpp"
#include "display/motion_votes.hpp"
#include "spice-core/region.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spice::display {

class MotionGrid {
public:
    // Both pictures must live as long as the grid is used. `different` covers what differs.
    void begin(const PixelArea& before, std::span<const PixelArea> after, std::span<const Rect> different);

    // What differs, in whole tiles and with `margin` pixels more to the left and to the right; one rectangle
    // for each run in a row of tiles. Inside the picture.
    std::vector<Rect> spans(int32_t margin) const;

    // Pixels that differ and that no copy explains yet.
    int64_t unexplained() const { return unexplained_; }

    // Looks how well `displacement` explains the new picture.
    void assess(Displacement displacement);
    // The rectangle whose copy by the assessed displacement saves the most pixels, if it saves `min_saved`;
    // it is taken as copied from then on.
    std::optional<Rect> take_best(int64_t min_saved);

private:
    struct Tile {
        int32_t claimed = 0;   // pixels whose new values are known
        int32_t different = 0; // of those, that differ and that no copy explains
        int32_t value = 0;     // pixels that copying this tile would save
        bool matches = false;  // the assessed displacement explains it
    };
    struct Run { // of tiles: half open, in tiles
        int32_t begin = 0;
        int32_t end = 0;
        int64_t value = 0;
    };

    size_t index(int32_t column, int32_t row) const {
        return static_cast<size_t>(row) * static_cast<size_t>(columns_) + static_cast<size_t>(column);
    }
    Rect tiles_around(const Rect& pixels) const;
    Rect pixels_of(const Rect& tiles) const;
    template <typename Function>
    void for_each_part(const Rect& tiles, Function function);

    Rect match_what_differs();
    void match_the_rest(const Rect& tiles);
    bool part_matches(const PixelArea& after, const Rect& part, int32_t first_row, int32_t row_step) const;
    static Run best_run(std::span<const int64_t> values);

    Rect refined(Rect rect) const;
    int32_t gain_of_rows(const Rect& zone, bool upwards) const;
    int32_t gain_of_columns(const Rect& zone, bool leftwards) const;

    PixelArea before_;
    std::span<const PixelArea> after_;
    int32_t tile_width_ = 0; // pixels
    int32_t tile_height_ = 0;
    int32_t columns_ = 0;
    int32_t rows_ = 0;
    std::vector<Tile> tiles_;
    int64_t unexplained_ = 0;
    Displacement displacement_;
    Rect assessed_;    // tiles that have a value
    Rect source_area_; // pixels whose source lies in the picture
};

} // namespace spice::display
