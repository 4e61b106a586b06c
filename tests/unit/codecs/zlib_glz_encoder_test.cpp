// GLZ images in zlib streams, and the change of ids inside of them.
#include "codecs/zlib_glz_encoder.hpp"

#include "codecs/glz_encoder.hpp"
#include "support/glz_decoder.hpp"
#include "support/test_images.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spice::codecs {
namespace {

using test::FormattedImage;
using test::RowLayout;

EncodedImage zlib_glz_of(const ImageView& image) {
    EncodedImage encoded{SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB};
    encoded.data.resize(image.raw_size() * 2 + 200);
    const auto size = ZlibGlzEncoder().encode(image, encoded.data);
    EXPECT_TRUE(size);
    encoded.data.resize(size ? size->data : 0);
    encoded.inner_size = size ? size->inner_size : 0;
    return encoded;
}

void expect_same_pixels(const EncodedImage& encoded, const FormattedImage& image, uint64_t id = 0) {
    const auto decoded = test::decode_glz_alone(encoded.type, encoded.data, encoded.inner_size, id);
    ASSERT_TRUE(decoded) << image.view().width << "x" << image.view().height;
    ASSERT_EQ(decoded->from_top(), image.shown());
}

class ZlibGlzOfFormat : public testing::TestWithParam<PixelFormat> {};

TEST_P(ZlibGlzOfFormat, gives_the_pixels_back) {
    for (const auto maker : {test::text_image, test::ui_image, test::noise_image, test::mixed_image}) {
        for (const auto& [width, height] :
             {std::pair{1u, 1u}, {3u, 2u}, {8u, 16u}, {31u, 33u}, {256u, 131u}}) {
            const FormattedImage image(maker(width, height, 0), GetParam(),
                                       RowLayout{width % 2 == 0, width % 5});
            expect_same_pixels(zlib_glz_of(image.view()), image);
        }
    }
}

TEST_P(ZlibGlzOfFormat, refuses_what_does_not_fit_at_every_capacity) {
    const FormattedImage image(test::mixed_image(40, 30), GetParam());
    const size_t size = zlib_glz_of(image.view()).data.size();
    for (size_t capacity = 0; capacity < size; ++capacity) {
        std::vector<uint8_t> small(capacity); // its own allocation: the sanitizer sees a byte too many
        EXPECT_FALSE(ZlibGlzEncoder().encode(image.view(), small)) << capacity;
    }
    std::vector<uint8_t> exact(size);
    EXPECT_TRUE(ZlibGlzEncoder().encode(image.view(), exact));
}

INSTANTIATE_TEST_SUITE_P(All, ZlibGlzOfFormat,
                         testing::Values(PixelFormat::rgb555, PixelFormat::rgb888, PixelFormat::xrgb8888,
                                         PixelFormat::argb8888),
                         [](const auto& test) { return std::string(test::name_of(test.param)); });

TEST(ZlibGlzEncoder, takes_what_glz_takes) {
    const ZlibGlzEncoder encoder;
    for (const PixelFormat format : test::kAllPixelFormats) {
        EXPECT_EQ(encoder.image_type(format).has_value(), !is_indexed(format));
    }
    EXPECT_EQ(encoder.image_type(PixelFormat::xrgb8888), uint8_t{SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB});
}

TEST(ZlibGlzEncoder, loses_little_where_zlib_has_nothing_to_gain) {
    for (const auto& [width, height] : {std::pair{1u, 1u}, {8u, 16u}, {60u, 60u}, {300u, 300u}}) {
        const FormattedImage noise(test::noise_image(width, height), PixelFormat::xrgb8888);
        const EncodedImage encoded = zlib_glz_of(noise.view());
        EXPECT_LE(encoded.data.size(), encoded.inner_size + 16 + 5 * (encoded.inner_size / 8000));
    }
}

TEST(ZlibGlzEncoder, makes_text_much_smaller_than_glz_does) {
    const FormattedImage text(test::text_image(256, 256), PixelFormat::xrgb8888);
    const EncodedImage encoded = zlib_glz_of(text.view());
    EXPECT_LT(encoded.data.size() * 4, encoded.inner_size * 3);
}

TEST(SetGlzId, keeps_zlib_streams_whole_whatever_the_id_was_before) {
    test::Random random(21);
    for (const auto& [width, height] : {std::pair{1u, 1u}, {8u, 16u}, {256u, 256u}, {700u, 500u}}) {
        for (const auto maker : {test::text_image, test::noise_image}) {
            const FormattedImage image(maker(width, height, 0), PixelFormat::xrgb8888);
            EncodedImage encoded = zlib_glz_of(image.view());
            const std::vector<uint8_t> before = encoded.data;
            for (int i = 0; i < 10; ++i) {
                const uint64_t id = i == 0 ? UINT64_MAX : uint64_t{random()} << (random() % 33);
                set_glz_id(encoded, id, 0);
                expect_same_pixels(encoded, image, id);
                const uint32_t dist = random() >> 4;
                set_glz_id(encoded, uint64_t{dist} + id / 2, dist);
                const auto decoded = test::decode_glz_alone(encoded.type, encoded.data, encoded.inner_size,
                                                            uint64_t{dist} + id / 2);
                ASSERT_TRUE(decoded);
                ASSERT_EQ(decoded->win_head_dist, dist);
            }
            set_glz_id(encoded, 0, 0);
            EXPECT_EQ(encoded.data, before);
        }
    }
}

TEST(EncodeGlz, takes_the_smallest_form) {
    const FormattedImage text(test::text_image(256, 256), PixelFormat::xrgb8888);
    EXPECT_EQ(encode_glz(text.view()).type, SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB);
    const FormattedImage plain(test::TestImage(40, 40), PixelFormat::xrgb8888);
    EXPECT_EQ(encode_glz(plain.view()).type, SPICE_IMAGE_TYPE_GLZ_RGB);
    const FormattedImage dot(test::noise_image(2, 2), PixelFormat::xrgb8888);
    EXPECT_EQ(encode_glz(dot.view()).type, SPICE_IMAGE_TYPE_BITMAP);
    const FormattedImage indexed(test::text_image(99, 99), PixelFormat::indexed8);
    EXPECT_EQ(encode_glz(indexed.view()).type, SPICE_IMAGE_TYPE_BITMAP);
}

TEST(EncodeGlz, tells_all_that_the_message_needs) {
    for (const PixelFormat format : {PixelFormat::rgb888, PixelFormat::argb8888}) {
        for (uint32_t size = 1; size < 60; size += 3) {
            const FormattedImage image(test::text_image(size, size), format, RowLayout{false, 3});
            const EncodedImage encoded = encode_glz(image.view());
            EXPECT_LE(encoded.data.size(), image.view().raw_size());
            EXPECT_EQ(encoded.format, format);
            EXPECT_FALSE(encoded.top_down);
            if (encoded.type != SPICE_IMAGE_TYPE_BITMAP) {
                expect_same_pixels(encoded, image);
            }
        }
    }
}

} // namespace
} // namespace spice::codecs
