// Pointer images in the form that SPICE clients show.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace spice::display {

// Premultiplied ARGB, as X has it, to the pixels of SPICE_CURSOR_TYPE_ALPHA: little endian words 0xAARRGGBB
// whose colours are not multiplied with alpha. spice-gtk hands them to GdkPixbuf and spice-html5 to a PNG,
// both of which are defined so; premultiplied ones get dark edges there. Rounded so that multiplying again
// gives X's value exactly.
std::vector<uint8_t> straight_alpha_bytes(std::span<const uint32_t> premultiplied);

} // namespace spice::display
