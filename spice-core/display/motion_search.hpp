// Finds content that moved from one picture to the next, by the content alone: views that their clients draw
// anew at each step of a scroll, windows dragged under a compositing manager.
//
// What it proposes saves pixels in all likelihood, and is safe in any case: the result of the copies is to be
// compared with the new picture as usual. Pure but for the memory that it keeps from one search to the next
// (some 200 KiB).
#pragma once

#include "display/image_area.hpp"
#include "display/motion_grid.hpp"
#include "display/motion_votes.hpp"
#include "spice-core/display_command.hpp"
#include "spice-core/region.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spice::display {

class MotionSearch {
public:
    // Pixels: where fewer differ, or a copy saves fewer, it is not worth the while; of large changes it must
    // save a share, too.
    static constexpr int64_t kMinDifferent = 16 * 1024;
    static constexpr int64_t kMinSaved = 4096;
    static constexpr int64_t kMinShare = 16;       // one of so many pixels
    static constexpr size_t kMaxDisplacements = 4; // different ones in one answer
    static constexpr size_t kMaxRectangles = 4;    // of one displacement

    // The picture `before` begins at (0, 0). `after` has the new pixels, in disjoint areas inside the
    // picture; the rest is as before. `different` covers what differs, in any order.
    //
    // The copies are meant one after another. Their destinations lie in the areas of `after`, their sources
    // in the picture. An answer takes 1 ms for a picture of 1920x1080, half of that when nothing has moved.
    std::vector<Copy> find(const PixelArea& before, std::span<const PixelArea> after,
                           std::span<const Rect> different);

    // Pixels of a movement that is expected to go on: a scroll is many steps of one height.
    static constexpr int64_t kMinRepeated = 64 * 1024;

    // What was found last, if it is what happens this time, too: a look at a few rows says so, which saves
    // the comparison of what moved with what was there, and the search. Meant to be done first.
    std::optional<Copy> repeated(const PixelArea& before, std::span<const PixelArea> after);

private:
    std::vector<Copy> search(const PixelArea& before, std::span<const PixelArea> after,
                             std::span<const Rect> different);
    std::vector<Displacement> candidates(const PixelArea& before, std::span<const PixelArea> after);

    MotionVotes votes_;
    MotionGrid grid_;
    int fruitless_ = 0;        // searches in a row, those that were left out as well
    std::optional<Copy> last_; // the largest one that was found, as long as it goes on
};

} // namespace spice::display
