#include "codecs/image_codec.hpp"

#include "support/codec_checks.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace spice::codecs {
namespace {

TEST(RawImage, has_the_pixels_of_every_format_without_padding) {
    for (const PixelFormat format : test::kAllPixelFormats) {
        for (uint32_t width = 1; width <= 24; ++width) {
            const test::TestImage picture = test::mixed_image(width, 9);
            test::expect_same_pixels(nullptr, {picture, format, {width % 2 == 0, width % 3}});
        }
    }
}

TEST(EncodeImage, sends_raw_what_would_not_get_smaller) {
    const EncodedImage tiny = encode_image(codec(Codec::lz), test::solid_image(1, 1, 5).view());
    EXPECT_EQ(tiny.type, SPICE_IMAGE_TYPE_BITMAP);
    EXPECT_EQ(tiny.data, (std::vector<uint8_t>{0x56, 0x34, 0x12, 0}));
    const EncodedImage noise = encode_image(codec(Codec::lz4), test::noise_image(2, 2).view());
    EXPECT_EQ(noise.type, SPICE_IMAGE_TYPE_BITMAP);
}

TEST(EncodeImage, sends_raw_what_the_codec_does_not_take) {
    const test::FormattedImage image(test::solid_image(64, 64), PixelFormat::indexed8, {false, 3});
    const EncodedImage encoded = encode_image(codec(Codec::lz4), image.view());
    EXPECT_EQ(encoded.type, SPICE_IMAGE_TYPE_BITMAP);
    EXPECT_EQ(encoded.format, PixelFormat::indexed8);
    EXPECT_EQ(encoded.data.size(), 64u * 64);
    EXPECT_FALSE(encoded.top_down);
    EXPECT_EQ(encoded.palette.size(), 256u);
}

TEST(EncodeImage, gives_the_palette_along) {
    const test::FormattedImage image(test::text_image(64, 64), PixelFormat::indexed4);
    const EncodedImage encoded = encode_image(codec(Codec::lz), image.view());
    EXPECT_EQ(encoded.type, SPICE_IMAGE_TYPE_LZ_PLT);
    const auto palette = image.view().palette;
    EXPECT_EQ(encoded.palette, std::vector<uint32_t>(palette.begin(), palette.end()));
}

TEST(ContiguousRows, copies_only_rows_with_gaps) {
    const test::FormattedImage tight(test::text_image(7, 5), PixelFormat::rgb888);
    EXPECT_EQ(ContiguousRows(tight.view()).bytes().data(), tight.view().first_row);
    const test::FormattedImage loose(test::text_image(7, 5), PixelFormat::rgb888, {true, 3});
    const ContiguousRows rows(loose.view());
    ASSERT_EQ(rows.bytes().size(), 7u * 5 * 3);
    EXPECT_TRUE(std::ranges::equal(rows.bytes(), ContiguousRows(tight.view()).bytes()));
}

} // namespace
} // namespace spice::codecs
