#include "codecs/glz_stream.hpp"

#include "codecs/glz_parser.hpp"
#include "codecs/glz_units.hpp"

#include <algorithm>
#include <vector>

namespace spice::codecs::glz {

namespace {

// Kept from image to image, for it costs more to clear than small images do to encode.
struct Workspace {
    PlaceTable<2> table{14};
    std::vector<uint32_t> units{};
};

template <Unit unit>
bool write_pass(std::span<const uint32_t> units, size_t width, PlaceTable<2>& table, TokenWriter& out) {
    const uint32_t first_place = table.begin_image(units.size());
    return Parser<unit, PlaceTable<2>, NoHistory>(units, width, table, first_place, {}, out).run();
}

} // namespace

std::span<uint8_t> thread_buffer(size_t size) {
    thread_local std::vector<uint8_t> buffer;
    buffer.resize(std::max(buffer.size(), size));
    return buffer;
}

std::optional<size_t> encode_alone(const ImageView& image, std::span<uint8_t> into) {
    if (into.size() < kHeaderSize) {
        return std::nullopt;
    }
    thread_local Workspace workspace;
    PlaceTable<2>& table = workspace.table;
    put_header(into.data(), header_of(image));
    TokenWriter out(into.subspan(kHeaderSize));
    const std::span<const uint32_t> colours = colour_units(image, workspace.units);
    bool done = image.format == PixelFormat::rgb555
                    ? write_pass<Unit::rgb555>(colours, image.width, table, out)
                    : write_pass<Unit::rgb>(colours, image.width, table, out);
    if (done && image.format == PixelFormat::argb8888) {
        const std::span<const uint32_t> alphas = alpha_units(image, workspace.units);
        done = write_pass<Unit::alpha>(alphas, image.width, table, out);
    }
    return done ? std::optional(kHeaderSize + out.size()) : std::nullopt;
}

} // namespace spice::codecs::glz
