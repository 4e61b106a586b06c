// One GLZ image, header and tokens, into a buffer.
#pragma once

#include "codecs/glz_parser.hpp"
#include "codecs/glz_units.hpp"

namespace spice::codecs::glz {

// What encoding needs besides the image. Kept from image to image, for its table is costly to clear.
struct Workspace {
    PlaceTable table;
    std::vector<uint32_t> units{};
};

// For images that refer only to themselves: any thread's own.
Workspace& thread_workspace();

// At least so large; valid until the thread asks again.
std::span<uint8_t> thread_buffer(size_t size);

template <Unit unit, class History>
bool write_pass(std::span<const uint32_t> units, size_t width, PlaceTable& table, const History& history,
                TokenWriter& out) {
    const uint32_t first_place = table.begin_image(units.size());
    return Parser<unit, History>(units, width, table, first_place, history, out).run();
}

// Bytes used of `into`; none: they are too few. The format is one that GLZ has; see Workspace for the other.
std::optional<size_t> encode_alone(const ImageView& image, std::span<uint8_t> into, Workspace& workspace);

} // namespace spice::codecs::glz
