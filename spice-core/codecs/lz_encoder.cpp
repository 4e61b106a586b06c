#include "codecs/lz_encoder.hpp"

#include "codecs/big_endian.hpp"

#include <spice/enums.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace spice::codecs {

namespace {

constexpr uint32_t kMagic = 0x20205a4c;
constexpr uint32_t kVersion = 0x00010001;
constexpr uint32_t kTypeRgb32 = 8;
constexpr size_t kHeaderSize = 7 * sizeof(uint32_t);

constexpr size_t kMaxLiterals = 32;   // of one token
constexpr size_t kLongMatch = 7;      // from this length on there are length bytes
constexpr size_t kFarDistance = 8192; // from this distance on there are two more bytes
constexpr size_t kMaxDistance = kFarDistance + 65535;
constexpr size_t kBytesPerPixel = 3; // of a literal

constexpr unsigned kHashBits = 13;

struct Match {
    size_t length = 0; // pixels
    size_t distance = 0;
};

size_t match_cost(const Match& match) {
    const size_t length_bytes = match.length < kLongMatch ? 0 : 1 + (match.length - kLongMatch) / 255;
    return 2 + length_bytes + (match.distance < kFarDistance ? 0 : 2);
}

// Bytes saved against literals; negative when literals are cheaper.
ptrdiff_t gain(const Match& match) {
    return static_cast<ptrdiff_t>(match.length * kBytesPerPixel) - static_cast<ptrdiff_t>(match_cost(match));
}

// Where the tokens go. Refuses what does not fit, and whatever comes after that.
class TokenWriter {
public:
    explicit TokenWriter(std::span<uint8_t> into)
        : begin_(into.data()), to_(begin_), end_(begin_ + into.size()) {}

    void literals(const uint32_t* pixels, size_t count) {
        while (count > 0) {
            const size_t part = std::min(count, kMaxLiterals);
            if (!room(1 + part * kBytesPerPixel)) {
                return;
            }
            *to_++ = static_cast<uint8_t>(part - 1);
            for (size_t i = 0; i < part; ++i) {
                *to_++ = static_cast<uint8_t>(pixels[i]);
                *to_++ = static_cast<uint8_t>(pixels[i] >> 8);
                *to_++ = static_cast<uint8_t>(pixels[i] >> 16);
            }
            pixels += part;
            count -= part;
        }
    }

    void match(const Match& match) {
        if (!room(match_cost(match))) {
            return;
        }
        const size_t biased = match.distance - 1;
        const bool far = match.distance >= kFarDistance;
        const size_t length = std::min(match.length, kLongMatch);
        *to_++ = static_cast<uint8_t>(length << 5 | (far ? 31 : biased >> 8));
        if (length == kLongMatch) {
            size_t more = match.length - kLongMatch;
            for (; more >= 255; more -= 255) {
                *to_++ = 255;
            }
            *to_++ = static_cast<uint8_t>(more);
        }
        *to_++ = static_cast<uint8_t>(far ? 255 : biased & 255);
        if (far) {
            const size_t rest = match.distance - kFarDistance;
            *to_++ = static_cast<uint8_t>(rest >> 8);
            *to_++ = static_cast<uint8_t>(rest & 255);
        }
    }

    bool full() const { return full_; }
    size_t size() const { return static_cast<size_t>(to_ - begin_); }

private:
    bool room(size_t count) {
        full_ = full_ || static_cast<size_t>(end_ - to_) < count;
        return !full_;
    }

    uint8_t* begin_;
    uint8_t* to_;
    uint8_t* end_;
    bool full_ = false;
};

// Pixels that `a` and `b` begin with in common, at most `limit`. `b` lies before `a`; they may overlap.
size_t common_length(const uint32_t* a, const uint32_t* b, size_t limit) {
    size_t length = 0;
    while (length + 2 <= limit) {
        uint64_t both_a = 0;
        uint64_t both_b = 0;
        std::memcpy(&both_a, a + length, sizeof both_a);
        std::memcpy(&both_b, b + length, sizeof both_b);
        if (both_a != both_b) {
            break;
        }
        length += 2;
    }
    if (length < limit && a[length] == b[length]) {
        ++length;
    }
    return length;
}

// Greedy search with three candidates, the cheapest first: the pixel before (runs), the pixel above (most of
// what a screen shows is vertical edges), and where the same two pixels were seen last.
class MatchFinder {
public:
    MatchFinder(std::span<const uint32_t> pixels, size_t width) : pixels_(pixels), width_(width) {}

    Match find(size_t at) {
        Match best;
        if (at >= 1) {
            consider(at, 1, best);
        }
        if (best.length < kGoodEnough && at >= width_ && width_ > 1) {
            consider(at, width_, best);
        }
        if (at + 2 <= pixels_.size()) {
            uint32_t& slot = slots_[hash(at)];
            const size_t seen = slot; // biased by one; 0: nothing yet
            slot = static_cast<uint32_t>(at + 1);
            if (best.length < kGoodEnough && seen > 0) {
                consider(at, at + 1 - seen, best);
            }
        }
        return best;
    }

    // A match was taken: where it ends is where the next look-ups begin.
    void remember(size_t at) {
        if (at + 2 <= pixels_.size()) {
            slots_[hash(at)] = static_cast<uint32_t>(at + 1);
        }
    }

private:
    static constexpr size_t kGoodEnough = 32; // pixels; look no further

    void consider(size_t at, size_t distance, Match& best) const {
        if (distance > kMaxDistance || pixels_[at] != pixels_[at - distance]) {
            return;
        }
        const uint32_t* here = pixels_.data() + at;
        const Match match{common_length(here, here - distance, pixels_.size() - at), distance};
        if (gain(match) > gain(best)) {
            best = match;
        }
    }

    size_t hash(size_t at) const {
        const uint64_t both = pixels_[at] | uint64_t{pixels_[at + 1]} << 24;
        return static_cast<size_t>((both * 0x9e3779b97f4a7c15u) >> (64 - kHashBits));
    }

    std::span<const uint32_t> pixels_;
    size_t width_;
    std::array<uint32_t, size_t{1} << kHashBits> slots_{};
};

} // namespace

std::optional<uint8_t> LzEncoder::image_type(PixelFormat format) const {
    return format == PixelFormat::xrgb8888 ? std::optional<uint8_t>(SPICE_IMAGE_TYPE_LZ_RGB) : std::nullopt;
}

std::optional<ImageCodec::Size> LzEncoder::encode(const ImageView& image, std::span<uint8_t> into) const {
    if (into.size() < kHeaderSize) {
        return std::nullopt;
    }
    uint8_t* header = into.data();
    const std::array<uint32_t, 7> words{
        kMagic, kVersion, kTypeRgb32, image.width, image.height, image.width * 4, image.top_down ? 1u : 0u};
    for (const uint32_t word : words) {
        header = put_u32_be(header, word);
    }
    const ContiguousRows source(image);
    const std::span<const uint32_t> pixels{reinterpret_cast<const uint32_t*>(source.bytes().data()),
                                           source.bytes().size() / sizeof(uint32_t)};
    TokenWriter out(into.subspan(kHeaderSize));
    MatchFinder finder(pixels, image.width);
    size_t told = 0; // pixels before this one are in `out`
    size_t at = 0;
    while (at < pixels.size() && !out.full()) {
        const Match match = finder.find(at);
        // A match inside a run of literals costs the byte that begins the next run, too.
        if (gain(match) <= (told < at ? 1 : 0)) {
            ++at;
            continue;
        }
        out.literals(&pixels[told], at - told);
        out.match(match);
        at += match.length;
        told = at;
        finder.remember(at - 1);
    }
    out.literals(pixels.data() + told, pixels.size() - told);
    if (out.full()) {
        return std::nullopt;
    }
    return Size{kHeaderSize + out.size()};
}

} // namespace spice::codecs
