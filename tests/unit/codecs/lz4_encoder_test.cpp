#include "codecs/lz4_encoder.hpp"

#include "support/codec_checks.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace spice::codecs {
namespace {

const Lz4Encoder kLz4;

const std::vector<PixelFormat> kLz4Formats{PixelFormat::rgb555, PixelFormat::rgb888, PixelFormat::xrgb8888,
                                           PixelFormat::argb8888};

TEST(Lz4Encoder, takes_every_format_without_a_palette) {
    for (const PixelFormat format : test::kAllPixelFormats) {
        const auto type = kLz4.image_type(format);
        EXPECT_EQ(type.has_value(), !is_indexed(format)) << test::name_of(format);
        EXPECT_EQ(type.value_or(SPICE_IMAGE_TYPE_LZ4), SPICE_IMAGE_TYPE_LZ4);
    }
}

TEST(Lz4Encoder, gives_the_pixels_back_at_every_small_size) {
    for (const PixelFormat format : kLz4Formats) {
        for (uint32_t width = 1; width <= 24; ++width) {
            for (uint32_t height = 1; height <= 9; ++height) {
                const test::ImageMaker maker = test::kImageMakers[(width + height) % 6];
                test::expect_same_pixels(
                    &kLz4, {maker(width, height, 0), format, {(width + height) % 2 == 0, width % 3}});
            }
        }
    }
}

TEST(Lz4Encoder, gives_the_pixels_back_at_usual_sizes) {
    for (const auto& [width, height] : {std::pair{1u, 500u}, {500u, 1u}, {257u, 129u}, {1921u, 61u}}) {
        for (const test::ImageMaker maker : test::kImageMakers) {
            test::expect_same_pixels(&kLz4,
                                     {maker(width, height, 0), PixelFormat::xrgb8888, {height % 2 == 0, 28}});
        }
    }
    for (uint32_t seed = 0; seed < 100; ++seed) {
        test::expect_same_pixels(&kLz4, {test::runs_image(seed), kLz4Formats[seed % 4]});
    }
}

TEST(Lz4Encoder, refuses_what_does_not_fit_at_every_capacity) {
    for (const PixelFormat format : kLz4Formats) {
        const test::FormattedImage image(test::mixed_image(29, 20), format);
        test::expect_refusal_of_what_does_not_fit(kLz4, image.view());
    }
}

TEST(Lz4Encoder, begins_with_direction_format_and_size) {
    const test::FormattedImage image(test::solid_image(64, 4), PixelFormat::rgb555, {false, 0});
    const EncodedImage encoded = encode_image(&kLz4, image.view());
    ASSERT_GE(encoded.data.size(), 6u);
    EXPECT_EQ(encoded.data[0], 0);
    EXPECT_EQ(encoded.data[1], SPICE_BITMAP_FMT_16BIT);
    EXPECT_EQ((std::vector<uint8_t>(encoded.data.begin() + 2, encoded.data.begin() + 6)),
              (std::vector<uint8_t>{0, 0, 0, static_cast<uint8_t>(encoded.data.size() - 6)}));
}

} // namespace
} // namespace spice::codecs
