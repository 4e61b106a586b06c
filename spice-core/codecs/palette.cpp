#include "codecs/palette.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

namespace spice::codecs {

namespace {

// What fits into indices of 1 and 4 bits. Where a palette pays at all, the fewest bits that suffice made the
// fewest bytes of LZ, although matches get coarser: in 256x256 cells of a terminal, 0.7 of the bytes of
// indexed8 with 4 bits, and 0.3 with 1 bit; likewise in cells of 64x64 pixels and in lines of text.
constexpr size_t kMaxColours1 = 2;
constexpr size_t kMaxColours4 = 16;

// The colours seen so far. Open addressing, never more than half full.
class ColourTable {
public:
    explicit ColourTable(size_t max_colours) : max_colours_(max_colours) {
        slots_.fill(kUnused);
        colours_.reserve(max_colours);
    }

    // None: one too many.
    std::optional<uint8_t> index_of(uint32_t colour) {
        size_t slot = (colour * 0x9e3779b1u) >> (32 - kSlotBits);
        for (; slots_[slot] != kUnused; slot = (slot + 1) % slots_.size()) {
            const auto index = static_cast<uint8_t>(slots_[slot]);
            if (colours_[index] == colour) {
                return index;
            }
        }
        if (colours_.size() == max_colours_) {
            return std::nullopt;
        }
        slots_[slot] = static_cast<uint16_t>(colours_.size());
        colours_.push_back(colour);
        return static_cast<uint8_t>(slots_[slot]);
    }

    std::vector<uint32_t>& colours() { return colours_; }

private:
    static constexpr int kSlotBits = 9;
    static constexpr uint16_t kUnused = 0xffff;

    size_t max_colours_;
    std::array<uint16_t, size_t{1} << kSlotBits> slots_;
    std::vector<uint32_t> colours_;
};

// How many of the pixels from `at` on have this colour.
size_t run_length(const uint8_t* at, size_t count, uint32_t colour) {
    const uint64_t two = colour | uint64_t{colour} << 32;
    size_t length = 0;
    uint64_t word = 0;
    for (; length + 2 <= count; length += 2) {
        std::memcpy(&word, at + length * sizeof colour, sizeof word);
        if (word != two) {
            return length + (static_cast<uint32_t>(word) == colour ? 1 : 0);
        }
    }
    if (length < count) {
        std::memcpy(&word, at + length * sizeof colour, sizeof colour);
        length += static_cast<uint32_t>(word) == colour ? 1 : 0;
    }
    return length;
}

// One byte per pixel, to be packed later. False: too many colours.
bool index_rows(const ImageView& image, ColourTable& table, uint8_t* to) {
    for (uint32_t y = 0; y < image.height; ++y, to += image.width) {
        const uint8_t* const row = image.row(y);
        if (y > 0 && std::memcmp(row, image.row(y - 1), image.row_size()) == 0) {
            std::memcpy(to, to - image.width, image.width);
            continue;
        }
        for (size_t x = 0; x < image.width;) {
            uint32_t colour = 0;
            std::memcpy(&colour, row + x * sizeof colour, sizeof colour);
            const std::optional<uint8_t> index = table.index_of(colour & 0xffffff);
            if (!index) {
                return false;
            }
            const size_t length = run_length(row + x * sizeof colour, image.width - x, colour);
            std::memset(to + x, *index, length);
            x += length;
        }
    }
    return true;
}

// `bits` 1 or 4; the first pixel takes the uppermost.
void pack_row(const uint8_t* from, uint32_t width, uint32_t bits, uint8_t* to) {
    const uint32_t per_byte = 8 / bits;
    for (uint32_t x = 0; x < width; x += per_byte) {
        uint32_t byte = 0;
        for (uint32_t i = 0; i < per_byte; ++i) {
            byte = byte << bits | (x + i < width ? from[x + i] : 0u);
        }
        *to++ = static_cast<uint8_t>(byte);
    }
}

} // namespace

IndexedImage::IndexedImage(const ImageView& shape, std::vector<uint8_t> rows, std::vector<uint32_t> palette)
    : shape_(shape), rows_(std::move(rows)), palette_(std::move(palette)) {}

ImageView IndexedImage::view() const {
    ImageView view = shape_;
    view.first_row = rows_.data();
    view.stride = view.row_size();
    view.palette = palette_;
    return view;
}

size_t most_colours_worth_a_palette(size_t lz_rgb_size) {
    constexpr size_t kHeader = 28; // which images with a palette have, too
    struct Depth {
        size_t max_colours;
        size_t percent; // of the tokens, that images of so many colours hardly ever save more of
        size_t more_than;
    };
    const size_t tokens = lz_rgb_size - std::min(lz_rgb_size, kHeader);
    for (const Depth& depth :
         {Depth{256, 40, kMaxColours4}, {kMaxColours4, 60, kMaxColours1}, {kMaxColours1, 90, 1}}) {
        const size_t saved = tokens * depth.percent / 100;
        const size_t head = palette_size_on_the_wire(0);
        const size_t colours =
            saved > head ? std::min(depth.max_colours, (saved - head) / sizeof(uint32_t)) : 0;
        if (colours > depth.more_than) {
            return colours;
        }
    }
    return 0;
}

std::optional<IndexedImage> make_indexed(const ImageView& image, size_t max_colours) {
    assert(image.format == PixelFormat::xrgb8888 && max_colours >= 1 && max_colours <= 256);
    ColourTable table(max_colours);
    std::vector<uint8_t> indices(size_t{image.width} * image.height);
    if (!index_rows(image, table, indices.data())) {
        return std::nullopt;
    }
    ImageView shape{nullptr, 0, image.width, image.height, PixelFormat::indexed8, image.top_down};
    if (table.colours().size() > kMaxColours4) {
        return IndexedImage(shape, std::move(indices), std::move(table.colours()));
    }
    shape.format = table.colours().size() <= kMaxColours1 ? PixelFormat::indexed1 : PixelFormat::indexed4;
    std::vector<uint8_t> packed(shape.raw_size());
    for (uint32_t y = 0; y < image.height; ++y) {
        pack_row(&indices[size_t{y} * image.width], image.width, bits_per_pixel(shape.format),
                 &packed[y * shape.row_size()]);
    }
    if (table.colours().size() == 1) {
        table.colours().push_back(0);
    }
    return IndexedImage(shape, std::move(packed), std::move(table.colours()));
}

} // namespace spice::codecs
