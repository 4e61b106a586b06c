// Encode, decode with libjpeg, judge the likeness: over qualities, sizes, row layouts and formats.
#include "codecs/jpeg_encoder.hpp"

#include "support/jpeg_decoder.hpp"
#include "support/lz_decoder.hpp"
#include "support/photo_image.hpp"
#include "support/test_images.hpp"

#include <spice/enums.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

namespace spice::codecs {
namespace {

using test::FormattedImage;
using test::RowLayout;
using test::TestImage;

std::vector<uint8_t> jpeg_of(const JpegEncoder& encoder, const ImageView& image) {
    std::vector<uint8_t> bytes(image.raw_size() + kJpegOverhead + 4096);
    const auto size = encoder.encode(image, bytes);
    EXPECT_TRUE(size);
    bytes.resize(size ? size->data : 0);
    return bytes;
}

// The colours as decoded; nothing when the bytes are not exactly one JPEG of the right size.
std::vector<uint32_t> decoded(Bytes jpeg, const ImageView& image) {
    const auto picture = test::decode_jpeg(jpeg);
    if (!picture || picture->width != image.width || picture->height != image.height ||
        picture->unread != 0) {
        ADD_FAILURE() << "no JPEG of " << image.width << "x" << image.height;
        return std::vector<uint32_t>(size_t{image.width} * image.height);
    }
    return picture->pixels;
}

TestImage ramp_image(uint32_t width, uint32_t height) {
    TestImage image(width, height);
    for (uint32_t y = 0; y < height; ++y) {
        for (uint32_t x = 0; x < width; ++x) {
            image.at(x, y) = (40 + 2 * y) << 16 | (200 - 3 * x) << 8 | (60 + x + y);
        }
    }
    return image;
}

TEST(JpegEncoder, takes_true_colour_only) {
    const JpegEncoder& encoder = jpeg_ladder().front();
    EXPECT_EQ(encoder.image_type(PixelFormat::xrgb8888), SPICE_IMAGE_TYPE_JPEG);
    EXPECT_EQ(encoder.image_type(PixelFormat::rgb888), SPICE_IMAGE_TYPE_JPEG);
    EXPECT_EQ(encoder.image_type(PixelFormat::argb8888), SPICE_IMAGE_TYPE_JPEG_ALPHA);
    EXPECT_EQ(encoder.image_type(PixelFormat::rgb555), std::nullopt);
    EXPECT_EQ(encoder.image_type(PixelFormat::indexed8), std::nullopt);
    EXPECT_EQ(encoder.image_type(PixelFormat::indexed4), std::nullopt);
    EXPECT_EQ(encoder.image_type(PixelFormat::indexed1), std::nullopt);
}

TEST(JpegEncoder, says_that_its_images_are_lossy) {
    const TestImage photo = test::natural_image(64, 64);
    const EncodedImage encoded = encode_image(&jpeg_ladder().back(), photo.view());
    EXPECT_EQ(encoded.type, SPICE_IMAGE_TYPE_JPEG);
    EXPECT_TRUE(encoded.lossy);
}

TEST(JpegEncoder, gives_a_better_picture_of_more_bytes_on_every_rung) {
    const TestImage photo = test::natural_image(256, 256);
    constexpr std::array kAtLeast{31.0, 33.0, 34.0, 36.0}; // dB
    size_t bytes = 0;
    double likeness = 0;
    ASSERT_EQ(jpeg_ladder().size(), kAtLeast.size());
    for (size_t rung = 0; rung < kAtLeast.size(); ++rung) {
        const std::vector<uint8_t> jpeg = jpeg_of(jpeg_ladder()[rung], photo.view());
        const double now = test::psnr(decoded(jpeg, photo.view()), photo.packed());
        EXPECT_GT(now, kAtLeast[rung]) << rung;
        EXPECT_GT(now, likeness) << rung;
        EXPECT_GT(jpeg.size(), bytes) << rung;
        likeness = now;
        bytes = jpeg.size();
    }
    EXPECT_LT(bytes, photo.view().raw_size() / 12);
}

TEST(JpegEncoder, keeps_full_resolution_of_colour_at_the_highest_qualities) {
    TestImage stripes(64, 64);
    for (uint32_t x = 0; x < 64; ++x) {
        stripes.fill(x, 0, x + 1, 64, x % 2 == 0 ? 0xc04040 : 0x4040c0);
    }
    const auto likeness = [&](int quality) {
        return test::psnr(decoded(jpeg_of(JpegEncoder(quality, 0.1), stripes.view()), stripes.view()),
                          stripes.packed());
    };
    EXPECT_GT(likeness(95), 35);
    EXPECT_LT(likeness(85), 20);
}

TEST(JpegEncoder, draws_every_small_size) {
    for (const JpegEncoder& encoder : jpeg_ladder()) {
        for (uint32_t width = 1; width <= 18; ++width) {
            for (uint32_t height = 1; height <= 18; ++height) {
                const TestImage ramp = ramp_image(width, height);
                const std::vector<uint8_t> jpeg = jpeg_of(encoder, ramp.view());
                ASSERT_GT(test::psnr(decoded(jpeg, ramp.view()), ramp.packed()), 27)
                    << width << "x" << height << " at " << encoder.quality();
            }
        }
    }
}

TEST(JpegEncoder, draws_odd_and_long_sizes) {
    for (const auto& [width, height] :
         {std::pair{1u, 999u}, {999u, 1u}, {257u, 129u}, {1921u, 61u}, {4099u, 33u}, {16384u, 3u}}) {
        const TestImage photo = test::natural_image(width, height);
        const std::vector<uint8_t> jpeg = jpeg_of(jpeg_ladder().back(), photo.view());
        EXPECT_GT(test::psnr(decoded(jpeg, photo.view()), photo.packed()), 33) << width << "x" << height;
    }
}

// Whatever lies behind the rows, and in whichever order they lie, the bytes are those of the plain layout.
TEST(JpegEncoder, writes_the_same_bytes_for_every_row_layout_and_format) {
    const TestImage photo = test::natural_image(75, 50);
    for (const JpegEncoder& encoder : jpeg_ladder()) {
        const std::vector<uint8_t> plain = jpeg_of(encoder, photo.view());
        for (const PixelFormat format : {PixelFormat::rgb888, PixelFormat::xrgb8888}) {
            for (const bool top_down : {true, false}) {
                for (const uint32_t padding : {0u, 4u, 52u}) {
                    const FormattedImage image(photo, format, RowLayout{top_down, padding});
                    EXPECT_EQ(jpeg_of(encoder, image.view()), plain)
                        << test::name_of(format) << " " << top_down << " " << padding;
                }
            }
        }
    }
}

TEST(JpegEncoder, ignores_the_byte_that_is_no_part_of_a_pixel) {
    TestImage photo = test::natural_image(40, 40);
    const std::vector<uint8_t> clean = jpeg_of(jpeg_ladder().back(), photo.view());
    for (uint32_t& pixel : photo.pixels) {
        pixel |= 0xa5000000;
    }
    EXPECT_EQ(jpeg_of(jpeg_ladder().back(), photo.view()), clean);
}

TEST(JpegEncoder, refuses_what_does_not_fit_at_every_capacity) {
    const TestImage photo = test::natural_image(20, 12);
    for (const JpegEncoder& encoder : jpeg_ladder()) {
        const std::vector<uint8_t> whole = jpeg_of(encoder, photo.view());
        for (size_t capacity = 0; capacity < whole.size() + 3; ++capacity) {
            std::vector<uint8_t> into(capacity + 1, 0xee);
            const auto size = encoder.encode(photo.view(), {into.data(), capacity});
            ASSERT_EQ(into.back(), 0xee) << "written behind the end, capacity " << capacity;
            ASSERT_EQ(size.has_value(), capacity >= whole.size()) << capacity;
            if (size) {
                into.resize(size->data);
                ASSERT_EQ(into, whole);
            }
        }
    }
}

// The colours are like the picture's, the alpha is the picture's, and both have the right size and direction.
void expect_jpeg_alpha(const JpegEncoder& encoder, const FormattedImage& image, double at_least) {
    const ImageView view = image.view();
    std::vector<uint8_t> bytes(view.raw_size() * 2 + 2 * kJpegOverhead);
    const auto size = encoder.encode(view, bytes);
    ASSERT_TRUE(size);
    ASSERT_LT(size->inner_size, size->data);
    const Bytes both = Bytes(bytes).first(size->data);
    EXPECT_GT(test::psnr(decoded(both.first(size->inner_size), view), image.shown()), at_least);
    const auto alpha = test::LzDecoder::decode(both.subspan(size->inner_size));
    ASSERT_TRUE(alpha);
    EXPECT_EQ(alpha->type, 10u); // LZ_IMAGE_TYPE_XXXA
    EXPECT_EQ(alpha->width, view.width);
    EXPECT_EQ(alpha->height, view.height);
    EXPECT_EQ(alpha->top_down, view.top_down);
    std::vector<uint32_t> expected = image.shown();
    for (uint32_t& pixel : expected) {
        pixel &= 0xff000000;
    }
    EXPECT_EQ(alpha->pixels, expected);
}

TEST(JpegEncoder, keeps_transparency_exact_at_every_small_size) {
    for (uint32_t width = 1; width <= 12; ++width) {
        for (uint32_t height = 1; height <= 12; ++height) {
            for (const bool top_down : {true, false}) {
                const FormattedImage image(ramp_image(width, height), PixelFormat::argb8888,
                                           RowLayout{top_down, width % 3 * 4});
                expect_jpeg_alpha(jpeg_ladder().front(), image, 27);
            }
        }
    }
}

TEST(JpegEncoder, keeps_transparency_exact_on_every_rung) {
    const TestImage photo = test::natural_image(131, 77);
    for (const JpegEncoder& encoder : jpeg_ladder()) {
        for (const bool top_down : {true, false}) {
            for (const uint32_t padding : {0u, 12u}) {
                expect_jpeg_alpha(encoder, {photo, PixelFormat::argb8888, {top_down, padding}}, 31);
            }
        }
    }
}

TEST(JpegEncoder, tells_how_much_of_a_transparent_picture_is_jpeg) {
    const FormattedImage image(test::natural_image(64, 64), PixelFormat::argb8888);
    const EncodedImage encoded = encode_image(&jpeg_ladder().back(), image.view());
    EXPECT_EQ(encoded.type, SPICE_IMAGE_TYPE_JPEG_ALPHA);
    EXPECT_TRUE(encoded.lossy);
    EXPECT_TRUE(test::decode_jpeg(Bytes(encoded.data).first(encoded.inner_size)));
}

TEST(JpegEncoder, refuses_transparent_pictures_that_do_not_fit_at_every_capacity) {
    const FormattedImage image(test::natural_image(20, 12), PixelFormat::argb8888);
    for (const JpegEncoder& encoder : jpeg_ladder()) {
        std::vector<uint8_t> whole(4096);
        const auto full = encoder.encode(image.view(), whole);
        ASSERT_TRUE(full);
        whole.resize(full->data);
        for (size_t capacity = 0; capacity < whole.size() + 3; ++capacity) {
            std::vector<uint8_t> into(capacity + 1, 0xee);
            const auto size = encoder.encode(image.view(), {into.data(), capacity});
            ASSERT_EQ(into.back(), 0xee) << "written behind the end, capacity " << capacity;
            if (size) {
                into.resize(size->data);
                ASSERT_EQ(into, whole);
            }
            ASSERT_EQ(size.has_value(), capacity >= whole.size()) << capacity;
        }
    }
}

TEST(JpegEncoder, costs_no_more_than_its_overhead_for_a_plain_pixel) {
    TestImage pixel(1, 1);
    pixel.fill(0, 0, 1, 1, 0x336699);
    for (const JpegEncoder& encoder : jpeg_ladder()) {
        EXPECT_LE(jpeg_of(encoder, pixel.view()).size(), kJpegOverhead);
    }
}

TEST(JpegEncoder, encodes_on_several_threads_at_once) {
    const TestImage photo = test::natural_image(96, 96);
    const JpegEncoder& encoder = jpeg_ladder().front();
    const std::vector<uint8_t> expected = jpeg_of(encoder, photo.view());
    std::array<std::vector<uint8_t>, 4> made;
    {
        std::vector<std::jthread> threads;
        for (std::vector<uint8_t>& jpeg : made) {
            threads.emplace_back([&] {
                for (int i = 0; i < 10; ++i) {
                    jpeg = jpeg_of(encoder, photo.view());
                }
            });
        }
    }
    for (const std::vector<uint8_t>& jpeg : made) {
        EXPECT_EQ(jpeg, expected);
    }
}

} // namespace
} // namespace spice::codecs
