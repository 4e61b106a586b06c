#include "recorder/picture.hpp"

#include <algorithm>
#include <cstdint>

namespace spice::recorder {

namespace {

int even_below(int value) {
    return value & ~1;
}

// `side` of the picture times room / needed, even and at least 2.
int scaled(int side, int room, int needed) {
    return std::max(2, even_below(static_cast<int>(int64_t{side} * room / needed)));
}

} // namespace

Size frame_for(Size screen) {
    return {even_below(screen.width + 1), even_below(screen.height + 1)};
}

Placement place(Size picture, Size frame) {
    Size size = picture;
    if (picture.width > frame.width || picture.height > frame.height) {
        const bool wide = int64_t{picture.width} * frame.height > int64_t{picture.height} * frame.width;
        const int room = wide ? frame.width : frame.height;
        const int needed = wide ? picture.width : picture.height;
        size = {scaled(picture.width, room, needed), scaled(picture.height, room, needed)};
    }
    return {even_below((frame.width - size.width) / 2), even_below((frame.height - size.height) / 2), size};
}

} // namespace spice::recorder
