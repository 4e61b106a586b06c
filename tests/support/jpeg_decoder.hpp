// Decodes a JPEG the way clients do, with libjpeg, and judges how like the picture it is.
#pragma once

#include "base/byte_reader.hpp"

#include <cmath>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <vector>

#include <jpeglib.h>

namespace spice::test {

struct JpegPicture {
    uint32_t width = 0;
    uint32_t height = 0;
    std::vector<uint32_t> pixels{}; // 0x00rrggbb, rows top to bottom
    size_t unread = 0;              // bytes behind the picture's end
};

// None when the bytes are no JPEG, or end too soon.
class JpegDecoder {
public:
    JpegDecoder() {
        state_.err = jpeg_std_error(&errors_);
        errors_.error_exit = fail;
        // What libjpeg repairs with a warning is not what an encoder should have written.
        errors_.emit_message = [](j_common_ptr state, int level) {
            if (level < 0) {
                fail(state);
            }
        };
        state_.client_data = &failed_;
    }
    ~JpegDecoder() { jpeg_destroy_decompress(&state_); }
    JpegDecoder(const JpegDecoder&) = delete;
    JpegDecoder& operator=(const JpegDecoder&) = delete;

    // Once only.
    std::optional<JpegPicture> decode(Bytes data) {
        if (setjmp(failed_) != 0) {
            return std::nullopt;
        }
        read(data);
        return picture_;
    }

private:
    [[noreturn]] static void fail(j_common_ptr state) {
        std::longjmp(*static_cast<std::jmp_buf*>(state->client_data), 1);
    }

    void read(Bytes data) {
        jpeg_create_decompress(&state_);
        jpeg_mem_src(&state_, data.data(), data.size());
        jpeg_read_header(&state_, TRUE);
        state_.out_color_space = JCS_RGB;
        jpeg_start_decompress(&state_);
        picture_.width = state_.output_width;
        picture_.height = state_.output_height;
        row_.resize(size_t{3} * picture_.width);
        JSAMPROW row = row_.data();
        while (state_.output_scanline < picture_.height) {
            jpeg_read_scanlines(&state_, &row, 1);
            for (size_t x = 0; x < picture_.width; ++x) {
                picture_.pixels.push_back(uint32_t{row[3 * x]} << 16 | uint32_t{row[3 * x + 1]} << 8 |
                                          row[3 * x + 2]);
            }
        }
        jpeg_finish_decompress(&state_);
        picture_.unread = state_.src->bytes_in_buffer;
    }

    jpeg_decompress_struct state_{};
    jpeg_error_mgr errors_{};
    std::jmp_buf failed_{};
    JpegPicture picture_;
    std::vector<uint8_t> row_;
};

inline std::optional<JpegPicture> decode_jpeg(Bytes data) {
    return JpegDecoder().decode(data);
}

// Peak signal-to-noise ratio in dB over the three colours; infinite when they are equal.
inline double psnr(const std::vector<uint32_t>& one, const std::vector<uint32_t>& other) {
    double squares = 0;
    for (size_t i = 0; i < one.size(); ++i) {
        for (int shift = 0; shift < 24; shift += 8) {
            const double difference =
                static_cast<double>(one[i] >> shift & 0xff) - static_cast<double>(other[i] >> shift & 0xff);
            squares += difference * difference;
        }
    }
    return squares == 0 ? std::numeric_limits<double>::infinity()
                        : 10 * std::log10(255.0 * 255.0 * 3 * static_cast<double>(one.size()) / squares);
}

} // namespace spice::test
