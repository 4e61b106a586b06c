#include "display/content_class.hpp"

#include <algorithm>
#include <array>
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

// Counts the pixels that an LZ codec would have to spell out: those unlike the ones beside and above them
// and not seen behind the same pixel before. Of grey ones zlib gets three bytes for one.
class FreshPixels {
public:
    void add_row(const uint32_t* here, const uint32_t* left, const uint32_t* above, uint32_t count) {
        sampled_ += count;
        for (uint32_t i = 0; i < count; ++i) {
            if (here[i] == left[i] || here[i] == above[i]) {
                continue;
            }
            const uint32_t pair = here[i] * 31 + left[i];
            uint32_t& seen = seen_[pair * 0x9e3779b1u >> (32 - kSeenBits)];
            if (seen != pair) {
                seen = pair;
                ++fresh_;
                coloured_ += is_grey(here[i]) ? 0 : 1;
            }
        }
    }

    bool exceeds(uint32_t per_mille) const { return fresh_ * 1000 > sampled_ * per_mille; }
    bool coloured_exceed(uint32_t per_mille) const { return coloured_ * 1000 > sampled_ * per_mille; }

private:
    static constexpr unsigned kSeenBits = 10;

    static bool is_grey(uint32_t pixel) {
        return (pixel & 0xff) == (pixel >> 8 & 0xff) && (pixel & 0xff) == (pixel >> 16 & 0xff);
    }

    std::array<uint32_t, size_t{1} << kSeenBits> seen_{};
    uint64_t sampled_ = 0;
    uint64_t fresh_ = 0;
    uint64_t coloured_ = 0;
};

FreshPixels sample(const codecs::ImageView& image) {
    FreshPixels pixels;
    const uint32_t last = image.height - 1;
    const uint32_t rows = std::clamp(last, 1u, kSampledRows);
    for (uint32_t i = 0; i < rows; ++i) {
        const uint32_t y =
            last == 0 ? 0 : 1 + static_cast<uint32_t>(uint64_t{last} * (2 * i + 1) / (2 * rows));
        const uint32_t* const row = pixels_of(image, y);
        // A single row has nothing above it but what is to the left.
        const uint32_t* const above = y == 0 ? row : pixels_of(image, y - 1) + 1;
        pixels.add_row(row + 1, row, above, image.width - 1);
    }
    return pixels;
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
    const FreshPixels pixels = sample(image);
    const bool for_quic = pixels.coloured_exceed(kPerMilleForQuic);
    if (!for_quic && !pixels.exceeds(kPerMilleForJpeg)) {
        return ContentClass::patterns;
    }
    const bool for_jpeg = uint64_t{image.width} * image.height >= kMinJpegPixels && !has_sharp_edges(image);
    if (for_quic) {
        return for_jpeg ? ContentClass::photographic : ContentClass::mixed;
    }
    return for_jpeg ? ContentClass::soft : ContentClass::patterns;
}

} // namespace spice::display
