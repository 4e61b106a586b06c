#include "codecs/jpeg_encoder.hpp"

#include "codecs/lz_encoder.hpp"

#include <spice/enums.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

namespace spice::codecs {

namespace {

// Measured on photographs in cells of 256x256. Huffman tables of the picture's own halve the speed and save
// 0.013 bytes per pixel, and the standard tables' 300 bytes besides: worth it for links of up to some 18
// Mbit/s, which are those that low qualities are for. Full resolution of colour costs 25 % more bytes and a
// third of the speed for 0.4 dB at quality 50, 1.1 at 85, 1.8 at 92. The exact DCT is as fast as the
// approximate one, since libjpeg-turbo has both in SIMD, and a compressor made once per thread saves nothing
// that can be measured.
constexpr int kOwnTablesUpTo = 50;
constexpr int kHalfColourUpTo = 89;
// With tables of its own, all coefficients of a picture are in memory at once: 3 bytes per pixel.
constexpr size_t kMaxOwnTablesPixels = size_t{1} << 20;

constexpr uint32_t kRowsPerCall = 16; // those of one row of blocks

// libjpeg tells errors, and a full destination is one, by a callback that may not return. C code is between
// that and us, so it is left by longjmp().
class JpegCompressor {
public:
    explicit JpegCompressor(std::span<uint8_t> into) : into_(into) {
        state_.err = &errors_;
        state_.client_data = this;
        errors_.error_exit = fail;
        errors_.emit_message = [](j_common_ptr, int) {};
        errors_.output_message = [](j_common_ptr) {};
        errors_.format_message = [](j_common_ptr, char*) {};
        errors_.reset_error_mgr = [](j_common_ptr) {};
        destination_.next_output_byte = into.data();
        destination_.free_in_buffer = into.size();
        destination_.init_destination = [](j_compress_ptr) {};
        destination_.empty_output_buffer = on_full;
        destination_.term_destination = [](j_compress_ptr) {};
    }
    ~JpegCompressor() { jpeg_destroy_compress(&state_); }
    JpegCompressor(const JpegCompressor&) = delete;
    JpegCompressor& operator=(const JpegCompressor&) = delete;

    // Bytes written; none when they do not fit. Once only.
    // longjmp() ends here, and neither this function nor what it calls has objects with destructors.
    std::optional<size_t> compress(const ImageView& image, int quality) {
        if (into_.empty() || setjmp(failed_) != 0) {
            return std::nullopt;
        }
        start(image, quality);
        write_rows(image);
        jpeg_finish_compress(&state_);
        return full_ ? into_.size() : into_.size() - destination_.free_in_buffer;
    }

private:
    [[noreturn]] static void fail(j_common_ptr state) {
        std::longjmp(static_cast<JpegCompressor*>(state->client_data)->failed_, 1);
    }

    // libjpeg calls when the last byte is taken and does not wait for one that finds no room.
    static boolean on_full(j_compress_ptr state) {
        auto* const self = static_cast<JpegCompressor*>(state->client_data);
        if (self->full_) {
            fail(reinterpret_cast<j_common_ptr>(state));
        }
        self->full_ = true;
        self->destination_.next_output_byte = &self->beyond_;
        self->destination_.free_in_buffer = 1;
        return TRUE;
    }

    void start(const ImageView& image, int quality) {
        jpeg_create_compress(&state_);
        state_.dest = &destination_;
        state_.image_width = image.width;
        state_.image_height = image.height;
        const bool packed = image.format == PixelFormat::rgb888;
        state_.in_color_space = packed ? JCS_EXT_BGR : JCS_EXT_BGRX;
        state_.input_components = packed ? 3 : 4;
        jpeg_set_defaults(&state_);
        jpeg_set_quality(&state_, quality, TRUE);
        state_.optimize_coding =
            quality <= kOwnTablesUpTo && size_t{image.width} * image.height <= kMaxOwnTablesPixels;
        const int luminance_samples = quality <= kHalfColourUpTo ? 2 : 1; // for one of colour, each way
        state_.comp_info[0].h_samp_factor = luminance_samples;
        state_.comp_info[0].v_samp_factor = luminance_samples;
        jpeg_start_compress(&state_, TRUE);
    }

    void write_rows(const ImageView& image) {
        while (state_.next_scanline < image.height) {
            std::array<JSAMPROW, kRowsPerCall> rows{};
            const uint32_t count = std::min(kRowsPerCall, image.height - state_.next_scanline);
            for (uint32_t i = 0; i < count; ++i) {
                const uint32_t y = state_.next_scanline + i;
                // libjpeg only reads them.
                rows[i] = const_cast<JSAMPROW>(image.row(image.top_down ? y : image.height - 1 - y));
            }
            jpeg_write_scanlines(&state_, rows.data(), count);
        }
    }

    std::span<uint8_t> into_;
    bool full_ = false; // `into_` is, to the last byte
    JOCTET beyond_ = 0;
    jpeg_compress_struct state_{};
    jpeg_error_mgr errors_{};
    jpeg_destination_mgr destination_{};
    std::jmp_buf failed_{};
};

} // namespace

JpegEncoder::JpegEncoder(int quality, double bytes_per_pixel)
    : quality_(quality), bytes_per_pixel_(bytes_per_pixel) {
    assert(quality >= 1 && quality <= 100);
}

std::optional<uint8_t> JpegEncoder::image_type(PixelFormat format) const {
    switch (format) {
    case PixelFormat::rgb888:
    case PixelFormat::xrgb8888:
        return SPICE_IMAGE_TYPE_JPEG;
    case PixelFormat::argb8888:
        return SPICE_IMAGE_TYPE_JPEG_ALPHA;
    default:
        return std::nullopt;
    }
}

std::optional<ImageCodec::Size> JpegEncoder::encode(const ImageView& image, std::span<uint8_t> into) const {
    JpegCompressor compressor(into);
    const std::optional<size_t> colours = compressor.compress(image, quality_);
    if (!colours || image.format != PixelFormat::argb8888) {
        return colours ? std::optional(Size{*colours}) : std::nullopt;
    }
    const std::optional<size_t> alpha = encode_lz_alpha(image, into.subspan(*colours));
    return alpha ? std::optional(Size{*colours + *alpha, static_cast<uint32_t>(*colours)}) : std::nullopt;
}

std::span<const JpegEncoder> jpeg_ladder() {
    static const std::array ladder{JpegEncoder(30, 0.045), JpegEncoder(50, 0.063), JpegEncoder(70, 0.101),
                                   JpegEncoder(85, 0.154)};
    return ladder;
}

} // namespace spice::codecs
