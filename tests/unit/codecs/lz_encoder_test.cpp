#include "codecs/lz_encoder.hpp"

#include "support/codec_checks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace spice::codecs {
namespace {

const LzEncoder kLz;

class LzEncoderFormats : public testing::TestWithParam<PixelFormat> {};

TEST_P(LzEncoderFormats, give_the_pixels_back_at_every_small_size) {
    for (uint32_t width = 1; width <= 24; ++width) {
        for (uint32_t height = 1; height <= 9; ++height) {
            const test::ImageMaker maker = test::kImageMakers[(width + height) % 6];
            for (const bool top_down : {true, false}) {
                test::expect_same_pixels(&kLz, {maker(width, height, 0), GetParam(), {top_down, width % 3}});
            }
        }
    }
}

TEST_P(LzEncoderFormats, give_the_pixels_back_at_usual_sizes) {
    for (const auto& [width, height] : {std::pair{1u, 500u}, {500u, 1u}, {257u, 129u}, {1921u, 31u}}) {
        for (const test::ImageMaker maker : test::kImageMakers) {
            test::expect_same_pixels(&kLz, {maker(width, height, 0), GetParam(), {height % 2 == 0, 28}});
        }
    }
}

TEST_P(LzEncoderFormats, give_the_pixels_back_for_runs_of_few_colours) {
    for (uint32_t seed = 0; seed < 100; ++seed) {
        test::expect_same_pixels(&kLz, {test::runs_image(seed), GetParam()});
    }
}

TEST_P(LzEncoderFormats, refuse_what_does_not_fit_at_every_capacity) {
    const test::FormattedImage image(test::mixed_image(41, 20), GetParam(), {true, 1});
    test::expect_refusal_of_what_does_not_fit(kLz, image.view());
}

INSTANTIATE_TEST_SUITE_P(All, LzEncoderFormats, testing::ValuesIn(test::kAllPixelFormats),
                         [](const auto& test) { return std::string(test::name_of(test.param)); });

// A band of noise that comes again `distance` units later, with other noise between, in an image of bytes or
// words. Returns by how many bytes the second band costs less than the units it has.
ptrdiff_t saved_by_a_band(PixelFormat format, uint32_t distance, uint32_t band) {
    test::Random random(distance);
    const uint32_t unit_size = bits_per_pixel(format) / 8;
    std::vector<uint8_t> bytes(size_t{distance} * 2 * unit_size);
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(random());
        if (format == PixelFormat::xrgb8888 && i % 4 == 3) {
            bytes[i] = 0;
        }
    }
    std::copy_n(bytes.begin(), band * unit_size, bytes.begin() + ptrdiff_t{distance} * unit_size);
    const uint32_t width = distance * 2 <= 16384 ? distance * 2 : distance / 8;
    const uint32_t height = distance * 2 / width;
    std::vector<uint32_t> grey(256);
    for (uint32_t i = 0; i < 256; ++i) {
        grey[i] = i * 0x010101;
    }
    const ImageView view{bytes.data(), size_t{width} * unit_size, width, height, format, true, grey};
    std::vector<uint8_t> into(bytes.size() * 2);
    const auto size = kLz.encode(view, into);
    into.resize(size ? size->data : 0);
    EncodedImage encoded{SPICE_IMAGE_TYPE_LZ_RGB, into, format, true, grey};
    encoded.type = *kLz.image_type(format);
    const auto decoded = test::decode_image(encoded, width, height);
    const auto expected =
        test::decode_raw(std::span(bytes).first(view.raw_size()), width, height, format, grey);
    EXPECT_TRUE(decoded && decoded == expected) << test::name_of(format) << " " << distance;
    const size_t units = size_t{width} * height;
    const size_t literals = units * (format == PixelFormat::xrgb8888 ? 3 : unit_size) + (units + 31) / 32;
    return static_cast<ptrdiff_t>(literals) - static_cast<ptrdiff_t>(into.size() - 28);
}

TEST(LzEncoder, reaches_back_as_far_as_the_format_can) {
    for (const PixelFormat format : {PixelFormat::indexed8, PixelFormat::rgb555, PixelFormat::xrgb8888}) {
        const ptrdiff_t band = 4000;
        const ptrdiff_t bytes = band * (format == PixelFormat::xrgb8888 ? 3 : bits_per_pixel(format) / 8);
        // Around the format's two limits; the widths of the larger images must divide by 8.
        for (const uint32_t distance : {8190u, 8191u, 8192u, 8200u, 73720u}) {
            EXPECT_GT(saved_by_a_band(format, distance, band), bytes * 9 / 10)
                << test::name_of(format) << " " << distance;
        }
        EXPECT_LT(saved_by_a_band(format, 73728, band), bytes / 10) << test::name_of(format);
    }
}

// Both limits of distances, to the unit: noise, then the row of noise that began that many pixels ago.
TEST(LzEncoder, writes_the_distances_at_the_limits_right) {
    for (const uint32_t distance : {8191u, 8192u, 8193u, 73726u, 73727u, 73728u}) {
        const uint32_t width = 12000;
        test::TestImage image(width, 8);
        test::Random random(distance);
        for (size_t i = 0; i < image.pixels.size(); ++i) {
            const bool again = i >= distance && i < distance + size_t{5000};
            image.pixels[i] = again ? image.pixels[i - distance] : random() & 0xffffff;
        }
        test::expect_same_pixels(&kLz, {image, PixelFormat::xrgb8888});
        const size_t size = encode_image(&kLz, image.view()).data.size();
        const size_t literals = image.pixels.size() * 3 + image.pixels.size() / 32;
        EXPECT_EQ(size < literals - 14000, distance <= 73727) << distance << " " << size;
    }
}

TEST(LzEncoder, writes_every_length_right) {
    // A run of each length between two pixels of other colours: around each number of length bytes.
    for (const PixelFormat format : {PixelFormat::indexed8, PixelFormat::rgb555, PixelFormat::xrgb8888}) {
        for (uint32_t length = 1; length <= 800; length += length < 20 || length % 255 > 240 ? 1 : 7) {
            test::TestImage image = test::solid_image(length + 3, 1);
            image.at(0, 0) = 0xffffff;
            image.at(length + 2, 0) = 0;
            test::expect_same_pixels(&kLz, {image, format});
        }
    }
}

TEST(LzEncoder, makes_little_of_a_plain_area) {
    EXPECT_LT(encode_image(&kLz, test::solid_image(1920, 60).view()).data.size(), 600u);
}

TEST(LzEncoder, finds_what_comes_after_much_that_never_came_before) {
    // 300 rows of noise, so that only few places are looked at, and then their first 8 rows again.
    test::TestImage image = test::noise_image(200, 308);
    std::copy_n(image.pixels.begin(), 200 * 8, image.pixels.end() - 200 * 8);
    const size_t size = encode_image(&kLz, image.view()).data.size();
    EXPECT_LT(size, 200u * 301 * 3 + 200 * 301 / 32);
}

TEST(LzEncoder, begins_with_the_header_of_the_format) {
    const EncodedImage encoded = encode_image(&kLz, test::solid_image(258, 3).view());
    EXPECT_EQ(encoded.type, SPICE_IMAGE_TYPE_LZ_RGB);
    const std::vector<uint8_t> header{
        0x20, 0x20, 0x5a, 0x4c, 0, 1, 0, 1, 0, 0, 0, 8, 0, 0,    1,    2,
        0,    0,    0,    3,    0, 0, 4, 8, 0, 0, 0, 1, 0, 0x56, 0x34, 0x12}; // and one literal
    ASSERT_GE(encoded.data.size(), header.size());
    EXPECT_EQ(std::vector<uint8_t>(encoded.data.begin(), encoded.data.begin() + 32), header);
}

TEST(LzEncoder, makes_the_same_bytes_of_the_same_picture) {
    // Nothing of an earlier image may stay in the search.
    const test::TestImage image = test::ui_image(300, 40);
    const EncodedImage first = encode_image(&kLz, image.view());
    encode_image(&kLz, test::text_image(311, 57).view());
    EXPECT_EQ(encode_image(&kLz, image.view()).data, first.data);
    EXPECT_EQ(encode_image(&kLz, test::ui_image(300, 40, 9).view()).data, first.data);
}

TEST(LzEncoder, does_not_look_at_the_fourth_byte_of_argb_for_colours) {
    // One colour under noisy alpha: the colours cost next to nothing.
    std::vector<uint32_t> pixels(64 * 64);
    test::Random random(3);
    for (uint32_t& pixel : pixels) {
        pixel = 0x123456 | random() << 24;
    }
    ImageView view = xrgb_view(pixels.data(), 64, 64, 64);
    view.format = PixelFormat::argb8888;
    EXPECT_LT(encode_image(&kLz, view).data.size(), 64u * 64 * 33 / 32 + 100);
}

TEST(LzAlpha, gives_the_alpha_back) {
    for (uint32_t width = 1; width <= 40; ++width) {
        const test::FormattedImage image(test::mixed_image(width, 1 + width % 9), PixelFormat::argb8888,
                                         {width % 2 == 0, width % 3});
        const ImageView view = image.view();
        std::vector<uint8_t> into(view.raw_size() * 2 + 64);
        const auto size = encode_lz_alpha(view, into);
        ASSERT_TRUE(size);
        const auto decoded = test::LzDecoder::decode(Bytes(into).first(*size));
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded->type, 10u);
        EXPECT_EQ(decoded->top_down, view.top_down);
        for (size_t i = 0; i < decoded->pixels.size(); ++i) {
            ASSERT_EQ(decoded->pixels[i], image.shown()[i] & 0xff000000);
        }
        for (size_t capacity = 0; capacity < *size; ++capacity) {
            std::vector<uint8_t> small(capacity);
            EXPECT_FALSE(encode_lz_alpha(view, small));
        }
    }
}

} // namespace
} // namespace spice::codecs
