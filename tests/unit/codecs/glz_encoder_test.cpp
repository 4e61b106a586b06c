// Encode, decode with a decoder of our own, compare: over formats, sizes, layouts and contents.
#include "codecs/glz_encoder.hpp"

#include "codecs/glz_parser.hpp"
#include "support/glz_decoder.hpp"
#include "support/test_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace spice::codecs {
namespace {

using test::FormattedImage;
using test::RowLayout;
using test::TestImage;

constexpr PixelFormat kGlzFormats[]{PixelFormat::rgb555, PixelFormat::rgb888, PixelFormat::xrgb8888,
                                    PixelFormat::argb8888};

TestImage plain_image(uint32_t width, uint32_t height, uint32_t padding = 0) {
    TestImage image(width, height, padding);
    image.fill(0, 0, width, height, 0x123456);
    return image;
}

std::vector<uint8_t> glz_of(const ImageView& image) {
    std::vector<uint8_t> bytes(image.raw_size() * 2 + 100);
    const auto size = GlzEncoder().encode(image, bytes);
    EXPECT_TRUE(size);
    bytes.resize(size ? size->data : 0);
    return bytes;
}

void expect_same_pixels(const FormattedImage& image) {
    const ImageView view = image.view();
    const auto decoded = test::decode_glz_alone(SPICE_IMAGE_TYPE_GLZ_RGB, glz_of(view), 0);
    ASSERT_TRUE(decoded) << view.width << "x" << view.height;
    ASSERT_EQ(decoded->top_down, view.top_down);
    ASSERT_EQ(decoded->from_top(), image.shown()) << view.width << "x" << view.height;
}

class GlzOfFormat : public testing::TestWithParam<PixelFormat> {};

TEST_P(GlzOfFormat, gives_the_pixels_back_at_every_small_size) {
    for (const auto maker : {test::text_image, test::photo_image, test::noise_image, plain_image}) {
        for (uint32_t width = 1; width <= 20; ++width) {
            for (uint32_t height = 1; height <= 7; ++height) {
                const RowLayout layout{(width + height) % 2 == 0, width % 3};
                expect_same_pixels({maker(width, height, 0), GetParam(), layout});
            }
        }
    }
}

TEST_P(GlzOfFormat, gives_the_pixels_back_at_usual_sizes) {
    for (const auto maker : {test::text_image, test::ui_image, test::noise_image, test::mixed_image}) {
        for (const auto& [width, height] : {std::pair{1u, 300u}, {300u, 1u}, {257u, 129u}, {1921u, 37u}}) {
            expect_same_pixels({maker(width, height, 0), GetParam(), RowLayout{true, 0}});
            expect_same_pixels({maker(width, height, 0), GetParam(), RowLayout{false, 5}});
        }
    }
}

TEST_P(GlzOfFormat, gives_the_pixels_back_for_random_patterns_of_few_colours) {
    for (uint32_t seed = 0; seed < 150; ++seed) {
        test::Random random(seed);
        TestImage image(1 + random() % 90, 1 + random() % 40);
        for (uint32_t y = 0; y < image.height; ++y) {
            uint32_t colour = 0;
            for (uint32_t x = 0; x < image.width; ++x) {
                colour = random() % (1 + seed % 7) == 0 ? random() % 3 * 0x403020 : colour;
                image.at(x, y) = colour;
            }
        }
        expect_same_pixels({image, GetParam(), RowLayout{seed % 2 == 0, seed % 3}});
    }
}

TEST_P(GlzOfFormat, never_makes_more_than_the_format_needs_for_literals) {
    const size_t bits = GetParam() == PixelFormat::rgb555     ? 16
                        : GetParam() == PixelFormat::argb8888 ? 32
                                                              : 24;
    for (const auto maker : {test::text_image, test::photo_image, test::noise_image}) {
        for (const auto& [width, height] : {std::pair{1u, 1u}, {31u, 3u}, {100u, 41u}}) {
            const size_t pixels = size_t{width} * height;
            const size_t literals = pixels * bits / 8 + 2 * (pixels / 32 + 1);
            const FormattedImage image(maker(width, height, 0), GetParam());
            EXPECT_LE(glz_of(image.view()).size(), 33 + literals);
        }
    }
}

TEST_P(GlzOfFormat, refuses_what_does_not_fit_at_every_capacity) {
    const FormattedImage image(test::mixed_image(40, 30), GetParam());
    const size_t size = glz_of(image.view()).size();
    for (size_t capacity = 0; capacity < size; ++capacity) {
        std::vector<uint8_t> small(capacity); // its own allocation: the sanitizer sees a byte too many
        EXPECT_FALSE(GlzEncoder().encode(image.view(), small)) << capacity;
    }
    std::vector<uint8_t> exact(size);
    EXPECT_TRUE(GlzEncoder().encode(image.view(), exact));
}

INSTANTIATE_TEST_SUITE_P(All, GlzOfFormat, testing::ValuesIn(kGlzFormats),
                         [](const auto& test) { return std::string(test::name_of(test.param)); });

TEST(GlzEncoder, takes_no_palettes_for_clients_have_none_for_it) {
    const GlzEncoder encoder;
    for (const PixelFormat format : test::kAllPixelFormats) {
        EXPECT_EQ(encoder.image_type(format).has_value(), !is_indexed(format));
    }
    EXPECT_EQ(encoder.image_type(PixelFormat::xrgb8888), uint8_t{SPICE_IMAGE_TYPE_GLZ_RGB});
}

TEST(GlzEncoder, begins_with_the_header_of_the_format) {
    const FormattedImage image(plain_image(258, 3), PixelFormat::xrgb8888, RowLayout{false, 0});
    const std::vector<uint8_t> bytes = glz_of(image.view());
    const std::vector<uint8_t> expected{
        0x20, 0x20, 0x5a, 0x4c, 0, 1, 0, 1, 8, 0, 0, 1, 2, 0, 0, 0, 3, 0, 0, 4, 8, // up to the stride
        0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 0,                            // id and distance
        0,    0x56, 0x34, 0x12,                                                    // one literal
        0xe0, 255,  255,  255,  1, 0, 0}; // and 773 more: 7 and 766, from one pixel before
    EXPECT_EQ(bytes, expected);
}

TEST(GlzEncoder, finds_what_comes_again_around_the_limits_of_its_tokens) {
    for (const uint32_t distance : {4095u, 4096u, 4097u, 131071u, 131072u, 131073u, 200000u}) {
        TestImage image(distance, 2);
        test::Random random(distance);
        for (uint32_t x = 0; x < distance; ++x) {
            image.at(x, 0) = random() & 0xffffff;
            image.at(x, 1) = x < 400 ? image.at(x, 0) : x & 0xff;
        }
        const FormattedImage formatted(image, PixelFormat::xrgb8888);
        expect_same_pixels(formatted);
        // The first row as literals, the second's start as one token, its rest as two periods.
        EXPECT_LT(glz_of(formatted.view()).size(), 33 + distance * 3 + distance / 32 + 4000) << distance;
    }
}

TEST(GlzEncoder, finds_all_rows_of_a_picture_that_comes_again) {
    const TestImage photo = test::noise_image(60, 40);
    TestImage image(200, 120);
    const auto paste = [&](uint32_t left, uint32_t top) {
        for (uint32_t y = 0; y < photo.height; ++y) {
            std::copy_n(&photo.pixels[y * photo.stride], photo.width, &image.at(left, top + y));
        }
    };
    paste(7, 3);
    const FormattedImage once(image, PixelFormat::xrgb8888);
    paste(101, 71);
    const FormattedImage twice(image, PixelFormat::xrgb8888);
    expect_same_pixels(twice);
    // A token each for the row and for what is between two of them, 4 bytes.
    EXPECT_LT(glz_of(twice.view()).size(), glz_of(once.view()).size() + 40 * 9);
}

TEST(GlzEncoder, does_not_depend_on_what_was_encoded_before) {
    const FormattedImage image(test::text_image(200, 100), PixelFormat::xrgb8888);
    const std::vector<uint8_t> first = glz_of(image.view());
    for (uint32_t i = 1; i < 20; ++i) {
        const FormattedImage other(test::mixed_image(40 * i, 30), kGlzFormats[i % 4]);
        glz_of(other.view());
        ASSERT_EQ(glz_of(image.view()), first);
    }
}

TEST(SetGlzId, tells_a_client_id_and_window) {
    const FormattedImage image(test::ui_image(100, 80), PixelFormat::xrgb8888);
    EncodedImage encoded{SPICE_IMAGE_TYPE_GLZ_RGB, glz_of(image.view())};
    const std::vector<uint8_t> before = encoded.data;
    set_glz_id(encoded, 0x1122334455667788, 0x99aabbcc);
    const std::vector<uint8_t> fields(encoded.data.begin() + 21, encoded.data.begin() + 33);
    EXPECT_EQ(fields,
              (std::vector<uint8_t>{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc}));
    set_glz_id(encoded, 0, 0);
    EXPECT_EQ(encoded.data, before);
}

TEST(GlzTokens, hold_every_length_offset_and_image_distance) {
    const uint32_t lengths[]{3, 4, 6, 7, 8, 9, 10, 261, 262, 263, 264, 516, 517, 518, 100000};
    const uint32_t offsets[]{0,    1,    15,     16,     255,    4094,   4095,          4096,
                             4097, 5000, 131071, 131072, 131073, 999999, (1u << 25) - 1};
    const uint32_t image_dists[]{0,       1, 63, 64, 255, 256, 16383, 16384, 65535, 65536, (1u << 22) - 1,
                                 1u << 22};
    for (const uint32_t length : lengths) {
        for (const uint32_t offset : offsets) {
            for (const uint32_t image_dist : image_dists) {
                const glz::Match match{length, image_dist, offset};
                std::vector<uint8_t> bytes(glz::match_bytes<glz::Unit::alpha>(match));
                glz::TokenWriter exact({bytes.data(), bytes.size()});
                exact.match<glz::Unit::alpha>(match);
                ASSERT_FALSE(exact.full());
                ASSERT_EQ(exact.size(), bytes.size()); // what they read as is tested with GlzDictionary
                glz::TokenWriter small({bytes.data(), bytes.size() - 1});
                small.match<glz::Unit::alpha>(match);
                ASSERT_TRUE(small.full());
            }
        }
    }
}

TEST(GlzPlaceTable, forgets_all_before_its_places_repeat) {
    using Table = glz::PlaceTable<2>;
    Table table(4);
    const uint32_t units[]{1, 2, 3, 4};
    const uint32_t first = table.begin_image(10);
    EXPECT_EQ(first, Table::kFirstPlace);
    EXPECT_EQ(table.exchange(units, first + 3)[0], 0u);
    EXPECT_EQ(table.exchange(units, first + 5)[0], first + 3);
    const uint32_t second = table.begin_image(UINT32_MAX - first - 10);
    EXPECT_EQ(second, first + 10);
    const Table::Places known = table.exchange(units, second);
    EXPECT_EQ(known[0], first + 5);
    EXPECT_EQ(known[1], first + 3);
    EXPECT_EQ(table.begin_image(1), Table::kFirstPlace);
    EXPECT_EQ(table.exchange(units, 1)[0], 0u);
}

} // namespace
} // namespace spice::codecs
