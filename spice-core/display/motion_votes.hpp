// Guesses where content may have moved, from the pixels alone.
//
// Short pieces of rows ("anchors") are picked out of the old and the new picture by a hash of their own
// pixels, so that the same content is picked wherever it lies. An anchor of the new picture that is found
// once in the old one is a vote for the distance between the two.
#pragma once

#include "display/image_area.hpp"
#include "spice-core/region.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spice::display {

// Content came from (x - dx, y - dy), as in a Copy.
struct Displacement {
    int32_t dx = 0;
    int32_t dy = 0;

    friend bool operator==(const Displacement&, const Displacement&) = default;
};

class MotionVotes {
public:
    static constexpr int32_t kAnchorWidth = 32; // pixels; shorter rows have no anchors

    MotionVotes();

    // Starts again. About `old_pixels` will be passed to add_old().
    void begin(int64_t old_pixels);
    // A piece of one row. All old ones before the first new one.
    void add_old(const PixelArea& picture, const Rect& row);
    void add_new(const PixelArea& picture, const Rect& row);

    // At most `max`, the one with the most votes first; never (0, 0). Few votes are taken for chance.
    std::vector<Displacement> best(size_t max) const;

private:
    struct Anchor {
        uint32_t key;
        int16_t x; // kUsedTwice: this content is in the old picture more than once
        int16_t y; // kFree: none here
    };
    struct Count {
        Displacement displacement;
        uint32_t votes; // 0: none here
    };

    Anchor& anchor_slot(uint32_t key);
    void vote(Displacement displacement);

    int shift_ = 0; // anchors are where the bits of the hash from here upwards are 0
    size_t anchors_used_ = 0;
    size_t counts_used_ = 0;
    std::vector<Anchor> anchors_; // hash tables with linear probing
    std::vector<Count> counts_;
};

} // namespace spice::display
