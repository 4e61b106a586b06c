#include "codecs/glz_units.hpp"

#include <cstring>

namespace spice::codecs::glz {

namespace {

uint32_t load_pixel(const uint8_t* from) {
    uint32_t pixel = 0;
    std::memcpy(&pixel, from, sizeof pixel);
    return pixel;
}

template <size_t bytes, class MakeUnit>
std::span<const uint32_t> make_units(const ImageView& image, std::vector<uint32_t>& scratch, MakeUnit make) {
    scratch.resize(size_t{image.width} * image.height);
    uint32_t* to = scratch.data();
    for (uint32_t y = 0; y < image.height; ++y) {
        const uint8_t* from = image.row(y);
        for (const uint8_t* const last = from + image.row_size(); from < last; from += bytes) {
            *to++ = make(from);
        }
    }
    return scratch;
}

bool is_plain(const ImageView& image) {
    return image.format == PixelFormat::xrgb8888 && image.stride == image.row_size() &&
           reinterpret_cast<uintptr_t>(image.first_row) % alignof(uint32_t) == 0;
}

} // namespace

std::optional<ImageType> image_type(PixelFormat format) {
    switch (format) {
    case PixelFormat::rgb555:
        return ImageType::rgb555;
    case PixelFormat::rgb888:
        return ImageType::rgb888;
    case PixelFormat::xrgb8888:
        return ImageType::xrgb8888;
    case PixelFormat::argb8888:
        return ImageType::argb8888;
    case PixelFormat::indexed1:
    case PixelFormat::indexed4:
    case PixelFormat::indexed8:
        break;
    }
    return std::nullopt;
}

Header header_of(const ImageView& image) {
    return {*image_type(image.format), image.top_down, image.width, image.height,
            static_cast<uint32_t>(image.row_size())};
}

size_t max_size(const ImageView& image) {
    const size_t units = size_t{image.width} * image.height;
    const size_t colours =
        max_token_bytes(image.format == PixelFormat::rgb555 ? Unit::rgb555 : Unit::rgb, units);
    return kHeaderSize + colours +
           (image.format == PixelFormat::argb8888 ? max_token_bytes(Unit::alpha, units) : 0);
}

std::span<const uint32_t> colour_units(const ImageView& image, std::vector<uint32_t>& scratch) {
    if (is_plain(image)) {
        return {reinterpret_cast<const uint32_t*>(image.first_row), size_t{image.width} * image.height};
    }
    switch (image.format) {
    case PixelFormat::rgb555:
        return make_units<2>(image, scratch,
                             [](const uint8_t* from) { return (from[1] & 0x7fu) << 8 | from[0]; });
    case PixelFormat::rgb888:
        return make_units<3>(image, scratch, [](const uint8_t* from) {
            return uint32_t{from[2]} << 16 | uint32_t{from[1]} << 8 | from[0];
        });
    default:
        return make_units<4>(image, scratch, [](const uint8_t* from) { return load_pixel(from) & 0xffffff; });
    }
}

std::span<const uint32_t> alpha_units(const ImageView& image, std::vector<uint32_t>& scratch) {
    return make_units<4>(image, scratch, [](const uint8_t* from) { return load_pixel(from) >> 24; });
}

} // namespace spice::codecs::glz
