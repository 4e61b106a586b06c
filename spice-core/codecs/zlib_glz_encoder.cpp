#include "codecs/zlib_glz_encoder.hpp"

#include "codecs/glz_format.hpp"
#include "codecs/glz_stream.hpp"
#include "codecs/glz_units.hpp"

#include <spice/enums.h>

#include <zlib.h>

#include <algorithm>
#include <cassert>
#include <memory>
#include <new>
#include <utility>

namespace spice::codecs {

namespace {

constexpr size_t kZlibHeaderSize = 2;
constexpr size_t kStoredAt = kZlibHeaderSize + 5; // where the stored block's bytes are
constexpr size_t kDeflatedAt = kStoredAt + glz::kHeaderSize;
constexpr size_t kTrailerSize = 4;
constexpr size_t kLeastDeflated = 100; // GLZ images with fewer bytes gain less than the stream adds
constexpr uint32_t kAdlerBase = 65521;

// Set up once: that costs more than many an image.
class Deflater {
public:
    Deflater() {
        // Raw deflate, with the largest window.
        if (deflateInit2(&stream_, kLevel, Z_DEFLATED, -MAX_WBITS, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::bad_alloc();
        }
    }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;
    ~Deflater() { deflateEnd(&stream_); }

    std::optional<size_t> run(std::span<const uint8_t> bytes, std::span<uint8_t> into) {
        deflateReset(&stream_);
        stream_.next_in = const_cast<uint8_t*>(bytes.data()); // zlib does not write there
        stream_.avail_in = static_cast<uInt>(bytes.size());
        stream_.next_out = into.data();
        stream_.avail_out = static_cast<uInt>(into.size());
        return deflate(&stream_, Z_FINISH) == Z_STREAM_END ? std::optional<size_t>(stream_.total_out)
                                                           : std::nullopt;
    }

private:
    static constexpr int kLevel = 5;
    static constexpr int kMemory = 7;

    z_stream stream_{};
};

uint8_t* put_stored_head(uint8_t* to) {
    constexpr auto size = static_cast<uint16_t>(glz::kHeaderSize);
    constexpr auto not_size = static_cast<uint16_t>(~size);
    *to++ = 0x78; // deflate with a window of 32 KB
    *to++ = 0x9c; // the default level; makes the two a multiple of 31
    *to++ = 0;    // not the last block; stored; the rest of the byte is unused
    *to++ = size & 255;
    *to++ = size >> 8;
    *to++ = not_size & 255;
    *to++ = not_size >> 8;
    return to;
}

uint32_t get_u32_be(const uint8_t* from) {
    return uint32_t{from[0]} << 24 | uint32_t{from[1]} << 16 | uint32_t{from[2]} << 8 | from[3];
}

// Valid until the thread encodes the next.
std::span<const uint8_t> encode_plain(const ImageView& image) {
    const std::span<uint8_t> buffer = glz::thread_buffer(glz::max_size(image));
    const std::optional<size_t> size = glz::encode_alone(image, buffer);
    assert(size);
    return buffer.first(*size);
}

} // namespace

std::optional<size_t> glz::deflate_image(std::span<const uint8_t> image, std::span<uint8_t> into) {
    if (into.size() <= kDeflatedAt + kTrailerSize) {
        return std::nullopt;
    }
    std::copy_n(image.begin(), kHeaderSize, put_stored_head(into.data()));
    thread_local Deflater deflater;
    // The trailer's room, too: zlib does not say that it is done when it has filled the last byte.
    const std::optional<size_t> size = deflater.run(image.subspan(kHeaderSize), into.subspan(kDeflatedAt));
    if (!size || kDeflatedAt + *size + kTrailerSize > into.size()) {
        return std::nullopt;
    }
    const uLong adler = adler32_z(1, image.data(), image.size());
    put_u32_be(&into[kDeflatedAt + *size], static_cast<uint32_t>(adler));
    return kDeflatedAt + *size + kTrailerSize;
}

std::optional<EncodedImage> glz::smaller_form(std::span<const uint8_t> image, size_t raw_size) {
    EncodedImage form;
    // On the wire, the size of the GLZ image comes before a stream.
    const size_t best = std::min(image.size(), raw_size);
    const size_t capacity = best - std::min(best, sizeof(uint32_t) + 1);
    const auto stream = std::make_unique_for_overwrite<uint8_t[]>(capacity);
    const std::optional<size_t> size =
        image.size() < kLeastDeflated ? std::nullopt : deflate_image(image, {stream.get(), capacity});
    if (size) {
        form.type = SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB;
        form.data.assign(stream.get(), stream.get() + *size);
        form.inner_size = static_cast<uint32_t>(image.size());
    } else if (image.size() < raw_size) {
        form.type = SPICE_IMAGE_TYPE_GLZ_RGB;
        form.data.assign(image.begin(), image.end());
    } else {
        return std::nullopt;
    }
    return form;
}

void glz::replace_stored(std::span<uint8_t> stream, size_t image_size, size_t at,
                         std::span<const uint8_t> bytes) {
    assert(stream.size() > kDeflatedAt + kTrailerSize && at + bytes.size() <= kHeaderSize);
    // Adler-32 is two sums modulo a prime: of the bytes, and of the bytes each times its distance from the
    // end.
    uint8_t* const trailer = &stream[stream.size() - kTrailerSize];
    const uint32_t before = get_u32_be(trailer);
    uint64_t sum = before & 0xffff;
    uint64_t weighted_sum = before >> 16;
    for (size_t i = 0; i < bytes.size(); ++i) {
        uint8_t& byte = stream[kStoredAt + at + i];
        const uint32_t change = kAdlerBase + bytes[i] - byte;
        sum += change;
        weighted_sum += change * uint64_t{image_size - at - i};
        byte = bytes[i];
    }
    put_u32_be(trailer, static_cast<uint32_t>(weighted_sum % kAdlerBase << 16 | sum % kAdlerBase));
}

std::optional<uint8_t> ZlibGlzEncoder::image_type(PixelFormat format) const {
    return glz::image_type(format) ? std::optional<uint8_t>(SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB) : std::nullopt;
}

std::optional<ImageCodec::Size> ZlibGlzEncoder::encode(const ImageView& image,
                                                       std::span<uint8_t> into) const {
    const std::span<const uint8_t> plain = encode_plain(image);
    const std::optional<size_t> size = glz::deflate_image(plain, into);
    return size ? std::optional(Size{*size, static_cast<uint32_t>(plain.size())}) : std::nullopt;
}

EncodedImage ZlibGlzEncoder::encode_or_raw(const ImageView& image) const {
    return encode_glz(image);
}

EncodedImage encode_glz(const ImageView& image) {
    if (!glz::image_type(image.format)) {
        return raw_image(image);
    }
    std::optional<EncodedImage> encoded = glz::smaller_form(encode_plain(image), image.raw_size());
    if (!encoded) {
        return raw_image(image);
    }
    encoded->format = image.format;
    encoded->top_down = image.top_down;
    return std::move(*encoded);
}

} // namespace spice::codecs
