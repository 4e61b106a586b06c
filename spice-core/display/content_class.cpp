#include "display/content_class.hpp"

#include "display/fresh_pixels.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

namespace spice::display {

namespace {

constexpr uint32_t kSampledRows = 8;
constexpr uint32_t kRowsSearchedForEdges = 64;
constexpr uint32_t kMinJpegPixels = 2048; // the tables of a JPEG are as large as other codecs' images then

// Shares of the sampled pixels.
constexpr uint32_t kPerMilleForQuic = 300; // fresh and coloured
constexpr uint32_t kPerMilleForJpeg = 80;  // fresh

// Sharp edges that are none: photographs in 256x256 have up to half of a per mille, up to 3 in a row.
constexpr uint32_t kPerMilleOfEdges = 1;
constexpr uint32_t kEdgesInRow = 3;
constexpr uint32_t kPixelsPerEdgeInRow = 64;

const uint32_t* pixels_of(const codecs::ImageView& image, uint32_t y) {
    return reinterpret_cast<const uint32_t*>(image.row(y));
}

bool is_solid(const codecs::ImageView& image) {
    const uint32_t* const first = pixels_of(image, 0);
    if (std::any_of(first, first + image.width, [&](uint32_t pixel) { return pixel != first[0]; })) {
        return false;
    }
    for (uint32_t y = 1; y < image.height; ++y) {
        if (std::memcmp(first, image.row(y), image.row_size()) != 0) {
            return false;
        }
    }
    return true;
}

FreshPixels::Count sample(const codecs::ImageView& image) {
    FreshPixels pixels;
    FreshPixels::Count count;
    const uint32_t last = image.height - 1;
    const uint32_t rows = std::clamp(last, 1u, kSampledRows);
    for (uint32_t i = 0; i < rows; ++i) {
        const uint32_t y =
            last == 0 ? 0 : 1 + static_cast<uint32_t>(uint64_t{last} * (2 * i + 1) / (2 * rows));
        const uint32_t* const row = pixels_of(image, y);
        // A single row has nothing above it but what is to the left.
        const uint32_t* const above = y == 0 ? row : pixels_of(image, y - 1) + 1;
        pixels.count(row + 1, row, above, int64_t{image.width} - 1, count);
    }
    return count;
}

bool far_apart(uint32_t one, uint32_t other) {
    const auto distance = [&](int shift) {
        return std::abs(static_cast<int>(one >> shift & 0xff) - static_cast<int>(other >> shift & 0xff));
    };
    constexpr int kFar = 48;
    return std::max({distance(0), distance(8), distance(16)}) > kFar;
}

// Edges with two equal pixels on one side: letters, frames and lines have them; what a lens drew and a sensor
// saw has not. Without branches, for the sake of SIMD.
uint32_t count_sharp_edges(const uint32_t* row, uint32_t width) {
    uint32_t count = 0;
    for (uint32_t x = 2; x + 1 < width; ++x) {
        const uint32_t flat = uint32_t{row[x - 1] == row[x - 2]} | uint32_t{row[x] == row[x + 1]};
        count += flat & uint32_t{far_apart(row[x], row[x - 1])};
    }
    return count;
}

bool has_sharp_edges(const codecs::ImageView& image) {
    const uint32_t step = std::max(1u, image.height / kRowsSearchedForEdges);
    uint64_t edges = 0;
    uint64_t searched = 0;
    for (uint32_t y = step / 2; y < image.height; y += step) {
        const uint32_t in_row = count_sharp_edges(pixels_of(image, y), image.width);
        if (in_row > std::max(kEdgesInRow, image.width / kPixelsPerEdgeInRow)) {
            return true;
        }
        edges += in_row;
        searched += image.width;
    }
    return edges * 1000 > searched * kPerMilleOfEdges;
}

} // namespace

ContentClass classify_content(const codecs::ImageView& image) {
    assert(image.format == codecs::PixelFormat::xrgb8888);
    if (is_solid(image)) {
        return ContentClass::solid;
    }
    const FreshPixels::Count sampled = sample(image);
    const bool for_quic = sampled.coloured * 1000 > sampled.pixels * kPerMilleForQuic;
    if (!for_quic && sampled.fresh * 1000 <= sampled.pixels * kPerMilleForJpeg) {
        return ContentClass::patterns;
    }
    const bool for_jpeg = uint64_t{image.width} * image.height >= kMinJpegPixels && !has_sharp_edges(image);
    if (for_quic) {
        return for_jpeg ? ContentClass::photographic : ContentClass::mixed;
    }
    return for_jpeg ? ContentClass::soft : ContentClass::patterns;
}

} // namespace spice::display
