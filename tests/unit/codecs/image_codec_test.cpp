// Encode, decode with decoders of our own, compare: over sizes, strides and contents.
#include "codecs/image_codec.hpp"

#include "codecs/lz4_encoder.hpp"
#include "codecs/lz_encoder.hpp"
#include "support/image_decoders.hpp"
#include "support/random.hpp"
#include "support/test_images.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spice::codecs {
namespace {

using test::TestImage;

using Maker = TestImage (*)(uint32_t width, uint32_t height, uint32_t padding);

TestImage solid_image(uint32_t width, uint32_t height, uint32_t padding) {
    TestImage image(width, height, padding);
    image.fill(0, 0, width, height, 0x123456);
    return image;
}

const std::vector<Maker> kMakers{test::text_image,  test::ui_image,    test::photo_image,
                                 test::noise_image, test::mixed_image, solid_image};

void expect_same_pixels(const ImageCodec* codec, const TestImage& image) {
    const EncodedImage encoded = encode_image(codec, image.view());
    ASSERT_LE(encoded.data.size(), image.view().raw_size());
    const auto decoded = test::decode_image(encoded.type, encoded.data, image.width, image.height);
    ASSERT_TRUE(decoded) << image.width << "x" << image.height;
    ASSERT_EQ(*decoded, image.packed()) << image.width << "x" << image.height;
}

class EachCodec : public testing::TestWithParam<Codec> {};

TEST_P(EachCodec, gives_the_pixels_back_at_every_small_size) {
    for (const Maker maker : kMakers) {
        for (uint32_t width = 1; width <= 24; ++width) {
            for (uint32_t height = 1; height <= 9; ++height) {
                expect_same_pixels(codec(GetParam()), maker(width, height, width % 3));
            }
        }
    }
}

TEST_P(EachCodec, gives_the_pixels_back_at_usual_sizes) {
    for (const Maker maker : kMakers) {
        for (const auto& [width, height] :
             {std::pair{1u, 500u}, {500u, 1u}, {257u, 129u}, {640u, 480u}, {1921u, 61u}, {4099u, 33u}}) {
            expect_same_pixels(codec(GetParam()), maker(width, height, 0));
            expect_same_pixels(codec(GetParam()), maker(width, height, 7));
        }
    }
}

TEST_P(EachCodec, gives_the_pixels_back_for_random_patterns_of_few_colours) {
    for (uint32_t seed = 0; seed < 200; ++seed) {
        test::Random random(seed);
        TestImage image(1 + random() % 90, 1 + random() % 40, random() % 2);
        for (uint32_t y = 0; y < image.height; ++y) {
            uint32_t colour = 0;
            for (uint32_t x = 0; x < image.width; ++x) {
                colour = random() % (1 + seed % 7) == 0 ? random() % 3 : colour;
                image.at(x, y) = colour;
            }
        }
        expect_same_pixels(codec(GetParam()), image);
    }
}

TEST_P(EachCodec, refuses_what_does_not_fit_at_every_capacity) {
    const ImageCodec* const encoder = codec(GetParam());
    if (encoder == nullptr) {
        EXPECT_EQ(encode_image(nullptr, solid_image(3, 3, 0).view()).data.size(), 36u);
        return;
    }
    const TestImage image = test::mixed_image(40, 30);
    std::vector<uint8_t> whole(image.view().raw_size());
    const auto size = encoder->encode(image.view(), whole);
    ASSERT_TRUE(size);
    for (size_t capacity = 0; capacity < size->data; ++capacity) {
        std::vector<uint8_t> small(capacity); // its own allocation: the sanitizer sees a byte too many
        EXPECT_FALSE(encoder->encode(image.view(), small)) << capacity;
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, EachCodec, testing::Values(Codec::raw, Codec::lz, Codec::lz4), [](const auto& test) {
        return std::string(test.param == Codec::raw ? "raw" : test.param == Codec::lz ? "lz" : "lz4");
    });

TEST(LzEncoder, reaches_back_as_far_as_the_format_can) {
    // A band of noise that comes again after ever greater distances, around the format's two limits.
    for (const uint32_t distance : {8190u, 8191u, 8192u, 8193u, 73726u, 73727u, 73728u, 80000u}) {
        TestImage image(distance, 2);
        test::Random random(distance);
        for (uint32_t x = 0; x < distance; ++x) {
            image.at(x, 0) = random() & 0xffffff;
            image.at(x, 1) = x < 400 ? image.at(x, 0) : x & 0xff;
        }
        expect_same_pixels(codec(Codec::lz), image);
        const size_t size = encode_image(codec(Codec::lz), image.view()).data.size();
        const size_t literals = size_t{distance} * 3 + distance / 32;
        if (distance <= 73727) {
            EXPECT_LT(size, literals + distance * 2); // the second band cost less than pixels of its own
        }
    }
}

TEST(LzEncoder, makes_little_of_a_plain_area) {
    EXPECT_LT(encode_image(codec(Codec::lz), solid_image(1920, 60, 0).view()).data.size(), 600u);
}

TEST(LzEncoder, begins_with_the_header_of_the_format) {
    const TestImage image = solid_image(258, 3, 0);
    const EncodedImage encoded = encode_image(codec(Codec::lz), image.view());
    EXPECT_EQ(encoded.type, SPICE_IMAGE_TYPE_LZ_RGB);
    const std::vector<uint8_t> header{
        0x20, 0x20, 0x5a, 0x4c, 0, 1, 0, 1, 0, 0, 0, 8, 0, 0,    1,    2,
        0,    0,    0,    3,    0, 0, 4, 8, 0, 0, 0, 1, 0, 0x56, 0x34, 0x12}; // and one literal
    ASSERT_GE(encoded.data.size(), header.size());
    EXPECT_EQ(std::vector<uint8_t>(encoded.data.begin(), encoded.data.begin() + 32), header);
}

TEST(EncodeImage, sends_raw_what_would_not_get_smaller) {
    const EncodedImage tiny = encode_image(codec(Codec::lz), solid_image(1, 1, 5).view());
    EXPECT_EQ(tiny.type, SPICE_IMAGE_TYPE_BITMAP);
    EXPECT_EQ(tiny.data, (std::vector<uint8_t>{0x56, 0x34, 0x12, 0}));
    const EncodedImage noise = encode_image(codec(Codec::lz4), test::noise_image(2, 2).view());
    EXPECT_EQ(noise.type, SPICE_IMAGE_TYPE_BITMAP);
}

} // namespace
} // namespace spice::codecs
