// Where film is shown: cells of the grid (cell_grid.hpp) whose content changes again and again.
//
// Film is told in other pieces than the rest, and without a second look: its pictures come once, in quick
// succession, so that neither caches nor the search for plain areas have anything to gain. Core thread; owned
// by a client's image planner.
#pragma once

#include "display/content_class.hpp"
#include "display/screen.hpp"
#include "spice-core/region.hpp"

#include <chrono>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace spice::display {

class FilmWatch {
public:
    using Time = std::chrono::steady_clock::time_point;
    // What was shown that often with less than kVideoGap between is taken for film. Text that moves is found
    // by the motion search: what changes all over again and again is film even if it does not look like a
    // photograph, a dark scene or a drawing. But it takes kPatternFrames.
    static constexpr int kVideoFrames = 4;
    static constexpr int kPatternFrames = 16;
    static constexpr std::chrono::milliseconds kVideoGap{150};
    // Pixels. Less is not worth being lossy first: a JPEG's tables alone are 640 bytes. More is divided.
    static constexpr int64_t kMinPiece = 16 * 1024;
    static constexpr int64_t kMaxPiece = 640 * 1024;

    // New content that looks like `content` is shown in `area`. True: it is film.
    bool shown(const Rect& area, ContentClass content, Time now);
    // Whether the cell shows film now.
    bool goes_on(const Rect& cell, Time now) const;
    // Takes out of `changed` where film goes on that looks like photographs: disjoint pieces, as few as may
    // be, which are shown now.
    std::vector<Rect> take(Region& changed, const Screen& screen, Time now);

private:
    struct Cell {
        bool goes_on(Time now) const { return now - last <= kVideoGap; }
        bool film() const {
            return frames >= (content == ContentClass::patterns ? kPatternFrames : kVideoFrames);
        }

        int frames = 0; // updates in a row
        Time last{};
        ContentClass content{}; // of one of the last frames
    };

    std::vector<Cell*> count(const Rect& area, Time now);
    Rect film_in(const Rect& cell, const Region& changed, Time now) const;

    std::unordered_map<uint32_t, Cell> cells_;
};

} // namespace spice::display
