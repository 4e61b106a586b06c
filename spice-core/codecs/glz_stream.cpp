#include "codecs/glz_stream.hpp"

namespace spice::codecs::glz {

namespace {

constexpr unsigned kPlaceBits = 15;

} // namespace

Workspace& thread_workspace() {
    thread_local Workspace workspace{PlaceTable(kPlaceBits)};
    return workspace;
}

std::span<uint8_t> thread_buffer(size_t size) {
    thread_local std::vector<uint8_t> buffer;
    buffer.resize(std::max(buffer.size(), size));
    return buffer;
}

std::optional<size_t> encode_alone(const ImageView& image, std::span<uint8_t> into, Workspace& workspace) {
    if (into.size() < kHeaderSize) {
        return std::nullopt;
    }
    put_header(into.data(), header_of(image));
    TokenWriter out(into.subspan(kHeaderSize));
    PlaceTable& table = workspace.table;
    const std::span<const uint32_t> colours = colour_units(image, workspace.units);
    bool done = image.format == PixelFormat::rgb555
                    ? write_pass<Unit::rgb555>(colours, image.width, table, NoHistory{}, out)
                    : write_pass<Unit::rgb>(colours, image.width, table, NoHistory{}, out);
    if (done && image.format == PixelFormat::argb8888) {
        const std::span<const uint32_t> alphas = alpha_units(image, workspace.units);
        done = write_pass<Unit::alpha>(alphas, image.width, table, NoHistory{}, out);
    }
    return done ? std::optional(kHeaderSize + out.size()) : std::nullopt;
}

} // namespace spice::codecs::glz
