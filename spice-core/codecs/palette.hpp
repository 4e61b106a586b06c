// Pictures of few colours, as indices into a palette.
//
// Cost of looking for them: 1 to 8 GB/s of xrgb8888 pixels, little in rows like the ones above them; a
// picture of more colours than wanted is given up after about as many runs of pixels as there may be colours.
#pragma once

#include "codecs/pixel_format.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace spice::codecs {

class IndexedImage {
public:
    IndexedImage(const ImageView& shape, std::vector<uint8_t> rows, std::vector<uint32_t> palette);

    // Good as long as this object.
    ImageView view() const;

private:
    ImageView shape_; // without pointers
    std::vector<uint8_t> rows_;
    std::vector<uint32_t> palette_;
};

// The xrgb8888 picture with a palette, when it has at most `max_colours` (1 to 256). The format is the one of
// fewest bits that suffices. Colours are listed as they come, row by row as they lie in memory; a single one
// gets a second entry, because clients read it.
std::optional<IndexedImage> make_indexed(const ImageView& image, size_t max_colours = 256);

// Bytes that a palette adds to a message.
constexpr size_t palette_size_on_the_wire(size_t colours) {
    return 8 + 2 + colours * 4; // unique id, number of entries, entries
}

// The most colours of which it is worth the time to try a palette on an image of which LZ_RGB made so many
// bytes; 0: none is. Whether it pays is then seen. LZ_PLT has about as many tokens, but its literals are 1/3,
// 1/6 or 1/24 of the size, which makes its tokens 0.75 (more than 16 colours), 0.5 (3 to 16) or 0.2 to 0.4
// (2) of the size on screens of text, and no smaller on shaded controls. Against that stands the palette
// itself. So it pays, mostly, above 70 + 16 * colours bytes when there are more than 16, else above 50 + 8 *
// colours.
size_t most_colours_worth_a_palette(size_t lz_rgb_size);

} // namespace spice::codecs
