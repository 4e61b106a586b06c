// A picture of the screen, and where it goes in the frames of a video.
#pragma once

#include "spice-core/region.hpp"

#include <cstddef>

namespace spice::recorder {

// Somebody else's pixels: 0x00RRGGBB in native byte order, rows `stride` bytes apart.
struct PictureView {
    const std::byte* pixels = nullptr;
    Size size;
    int stride = 0;
};

// A part of a video's frame.
struct Placement {
    int x = 0;
    int y = 0;
    Size size;

    bool operator==(const Placement&) const = default;
};

// The frame for a screen of that size. Colour is stored for blocks of two by two pixels, and some encoders
// take nothing but even sizes: what is missing is added at the right and below.
Size frame_for(Size screen);

// Where a picture goes in a frame: in the middle, as it is where it fits, else made as much smaller as it
// must be. `x` and `y` are even. `frame` is even.
Placement place(Size picture, Size frame);

} // namespace spice::recorder
