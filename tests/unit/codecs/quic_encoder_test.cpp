// Encode, decode with a decoder of our own, compare: over formats, sizes, strides, directions and contents.
// That both agree with the rest of the world is what the golden bytes are for, made with spice-common's
// encoder.
#include "codecs/quic_encoder.hpp"

#include "support/hex.hpp"
#include "support/quic_decoder.hpp"
#include "support/random.hpp"
#include "support/test_images.hpp"

#include <gtest/gtest.h>
#include <spice/enums.h>

#include <optional>
#include <string>
#include <vector>

namespace spice::codecs {
namespace {

using test::from_hex;
using test::TestImage;

// Any format's picture in memory.
struct QuicPicture {
    std::vector<uint8_t> bytes{};
    ImageView view{};
};

uint32_t quic_alpha_of(uint32_t pixel) {
    return (pixel >> 4 & 0xf0) | (pixel >> 19 & 0x0f);
}

QuicPicture quic_picture(const TestImage& image, PixelFormat format, size_t padding, bool top_down) {
    QuicPicture picture;
    ImageView& view = picture.view;
    view.width = image.width;
    view.height = image.height;
    view.format = format;
    view.top_down = top_down;
    view.stride = view.row_size() + padding;
    picture.bytes.assign(view.stride * (image.height - 1) + view.row_size(), 0xa5); // none after the last
    const size_t size = bits_per_pixel(format) / 8;
    for (uint32_t y = 0; y < image.height; ++y) {
        uint8_t* to = &picture.bytes[(top_down ? y : image.height - 1 - y) * view.stride];
        for (uint32_t x = 0; x < image.width; ++x) {
            uint32_t pixel = image.pixels[y * image.stride + x];
            if (format == PixelFormat::argb8888) {
                pixel |= quic_alpha_of(pixel) << 24;
            } else if (format == PixelFormat::rgb555) {
                pixel = (pixel >> 9 & 0x7c00) | (pixel >> 6 & 0x3e0) | (pixel >> 3 & 0x1f);
            }
            for (size_t i = 0; i < size; ++i) {
                *to++ = static_cast<uint8_t>(pixel >> 8 * i);
            }
        }
    }
    view.first_row = picture.bytes.data();
    return picture;
}

std::vector<uint8_t> quic_components(const TestImage& image, PixelFormat format) {
    const unsigned shift = format == PixelFormat::rgb555 ? 3 : 0;
    std::vector<uint8_t> components;
    for (const uint32_t pixel : image.packed()) {
        for (const unsigned at : {16u, 8u, 0u}) {
            components.push_back(static_cast<uint8_t>((pixel >> at & 0xff) >> shift));
        }
        if (format == PixelFormat::argb8888) {
            components.push_back(static_cast<uint8_t>(quic_alpha_of(pixel)));
        }
    }
    return components;
}

std::vector<uint8_t> quic_encoded(const ImageView& view) {
    // No code is longer than 26 bits; the header and the last words come to it.
    std::vector<uint8_t> bytes(size_t{view.width} * view.height * 13 + 64);
    const auto size = QuicEncoder().encode(view, bytes);
    bytes.resize(size ? size->data : 0);
    return bytes;
}

void expect_same_picture(const TestImage& image, PixelFormat format, size_t padding, bool top_down) {
    const std::string what = std::to_string(image.width) + "x" + std::to_string(image.height);
    const std::vector<uint8_t> bytes = quic_encoded(quic_picture(image, format, padding, top_down).view);
    const auto decoded = test::QuicDecoder::decode(bytes);
    ASSERT_TRUE(decoded) << what;
    ASSERT_EQ(decoded->width, image.width) << what;
    ASSERT_EQ(decoded->height, image.height) << what;
    ASSERT_TRUE(decoded->components == quic_components(image, format)) << what;
}

TestImage quic_solid(uint32_t width, uint32_t height, uint32_t padding) {
    TestImage image(width, height, padding);
    image.fill(0, 0, width, height, 0x123456);
    return image;
}

TestImage quic_gradients(uint32_t width, uint32_t height, uint32_t padding) {
    TestImage image(width, height, padding);
    for (uint32_t y = 0; y < height; ++y) {
        for (uint32_t x = 0; x < width; ++x) {
            image.at(x, y) = ((x + y) & 0xff) << 16 | ((x * 3) & 0xff) << 8 | ((255 - y * 2) & 0xff);
        }
    }
    return image;
}

// Runs that begin, end and fail to begin everywhere.
TestImage quic_few_colours(uint32_t width, uint32_t height, uint32_t seed) {
    test::Random random(seed);
    TestImage image(width, height);
    for (uint32_t y = 0; y < height; ++y) {
        uint32_t colour = 0;
        for (uint32_t x = 0; x < width; ++x) {
            colour = random.below(1 + seed % 9) == 0 ? random.below(3) * 0x304050 : colour;
            const bool as_above = y > 0 && seed % 3 == 0 && random.below(20) != 0;
            image.at(x, y) = as_above ? image.at(x, y - 1) : colour;
        }
    }
    return image;
}

using QuicMaker = TestImage (*)(uint32_t width, uint32_t height, uint32_t padding);
constexpr QuicMaker kQuicMakers[]{test::text_image,  test::ui_image, test::photo_image, test::noise_image,
                                  test::mixed_image, quic_solid,     quic_gradients};

class QuicFormats : public testing::TestWithParam<PixelFormat> {};

TEST_P(QuicFormats, give_the_pixels_back_at_every_small_size) {
    for (const QuicMaker maker : kQuicMakers) {
        for (uint32_t width = 1; width <= 24; ++width) {
            for (uint32_t height = 1; height <= 9; ++height) {
                expect_same_picture(maker(width, height, 0), GetParam(), width % 3 * 3, height % 2 == 0);
            }
        }
    }
}

TEST_P(QuicFormats, give_the_pixels_back_at_usual_sizes) {
    for (const QuicMaker maker : kQuicMakers) {
        for (const auto& [width, height] :
             {std::pair{1u, 300u}, {300u, 1u}, {257u, 65u}, {1921u, 9u}, {2048u, 8u}, {4099u, 4u}}) {
            expect_same_picture(maker(width, height, 0), GetParam(), height % 2 * 5, width % 2 == 0);
        }
    }
}

TEST_P(QuicFormats, give_the_pixels_back_for_random_patterns_of_few_colours) {
    for (uint32_t seed = 0; seed < 60; ++seed) {
        const TestImage image = quic_few_colours(1 + seed * 37 % 301, 1 + seed * 7 % 23, seed);
        expect_same_picture(image, GetParam(), seed % 4, seed % 2 == 0);
    }
}

TEST_P(QuicFormats, are_encoded_from_the_upper_row_down_in_either_direction) {
    const TestImage image = test::mixed_image(61, 40);
    EXPECT_EQ(quic_encoded(quic_picture(image, GetParam(), 0, true).view),
              quic_encoded(quic_picture(image, GetParam(), 12, false).view));
}

TEST_P(QuicFormats, fit_in_what_they_need_and_in_nothing_less) {
    const QuicPicture picture = quic_picture(test::mixed_image(40, 30), GetParam(), 0, true);
    const std::vector<uint8_t> whole = quic_encoded(picture.view);
    ASSERT_GT(whole.size(), 24u);
    EXPECT_EQ(whole.size() % 4, 0u);
    for (size_t capacity = 0; capacity < whole.size(); ++capacity) {
        std::vector<uint8_t> small(capacity); // its own allocation: the sanitizer sees a byte too many
        EXPECT_FALSE(QuicEncoder().encode(picture.view, small)) << capacity;
    }
    std::vector<uint8_t> exact(whole.size());
    const auto size = QuicEncoder().encode(picture.view, exact);
    ASSERT_TRUE(size);
    EXPECT_EQ(size->data, whole.size());
    EXPECT_EQ(exact, whole);
}

TEST_P(QuicFormats, are_refused_in_time_when_much_larger_than_the_room) {
    const QuicPicture picture = quic_picture(test::noise_image(300, 200), GetParam(), 0, true);
    for (const size_t capacity : {size_t{0}, size_t{19}, size_t{8191}, size_t{8192}, size_t{50000}}) {
        std::vector<uint8_t> small(capacity);
        EXPECT_FALSE(QuicEncoder().encode(picture.view, small)) << capacity;
    }
}

INSTANTIATE_TEST_SUITE_P(All, QuicFormats,
                         testing::Values(PixelFormat::rgb555, PixelFormat::rgb888, PixelFormat::xrgb8888,
                                         PixelFormat::argb8888),
                         [](const auto& test) {
                             return "of_" + std::to_string(bits_per_pixel(test.param)) + "_bits" +
                                    (test.param == PixelFormat::argb8888 ? "_with_alpha" : "");
                         });

TEST(QuicEncoder, takes_all_formats_without_palette) {
    const QuicEncoder encoder;
    for (const PixelFormat format :
         {PixelFormat::rgb555, PixelFormat::rgb888, PixelFormat::xrgb8888, PixelFormat::argb8888}) {
        EXPECT_EQ(encoder.image_type(format), SPICE_IMAGE_TYPE_QUIC);
    }
    for (const PixelFormat format : {PixelFormat::indexed1, PixelFormat::indexed4, PixelFormat::indexed8}) {
        EXPECT_FALSE(encoder.image_type(format));
    }
    EXPECT_FALSE(encoder.lossy());
}

TEST(QuicEncoder, does_not_look_at_the_byte_that_is_no_part_of_the_picture) {
    TestImage image = test::mixed_image(40, 20);
    const std::vector<uint8_t> clean = quic_encoded(image.view());
    test::Random random(1);
    for (uint32_t& pixel : image.pixels) {
        pixel |= random() << 24;
    }
    EXPECT_EQ(quic_encoded(image.view()), clean);
}

// Nine by three pixels with runs, a slope on the right and one pixel of another alpha.
TestImage golden_picture() {
    TestImage image(9, 3);
    for (uint32_t y = 0; y < 3; ++y) {
        for (uint32_t x = 0; x < 9; ++x) {
            image.at(x, y) = 0x80336699 + (x < 7 ? 0 : x * y * 0x010203);
        }
    }
    image.at(2, 2) ^= 0x7f000000;
    return image;
}

TEST(QuicEncoder, gives_the_bytes_of_the_reference_for_xrgb) {
    EXPECT_EQ(quic_encoded(golden_picture().view()),
              from_hex("51554943 00000000 04000000 09000000 03000000 804d4ce6 80808080 01018180 ff100804 "
                       "0000ffff a0000040 2a620000 f077734a 00040000 00000600 49a9e802 000000e0 00000000"));
}

TEST(QuicEncoder, gives_the_bytes_of_the_reference_for_argb) {
    const TestImage image = golden_picture();
    ImageView view = image.view();
    view.format = PixelFormat::argb8888;
    EXPECT_EQ(quic_encoded(view), from_hex("51554943 00000000 05000000 09000000 03000000 804d4ce6 80808080 "
                                           "01018180 ff100804 1010f0ef e0ff3f10 00000800 0c000014 7f4e4945 "
                                           "0080bf9b 00002000 17000030 604f4a45 00600700 8001d700 00000000"));
}

TEST(QuicEncoder, gives_the_bytes_of_the_reference_for_rgb555) {
    EXPECT_EQ(quic_encoded(quic_picture(golden_picture(), PixelFormat::rgb555, 0, true).view),
              from_hex("51554943 00000000 02000000 09000000 03000000 420813e2 12428410 a4a48822 12bcd6d7 "
                       "d69a4a29 2d0511b8 00000040 00000000"));
}

TEST(QuicEncoder, makes_little_of_a_plain_area) {
    EXPECT_LT(quic_encoded(quic_solid(1920, 60, 0).view()).size(), 1200u);
}

} // namespace
} // namespace spice::codecs
