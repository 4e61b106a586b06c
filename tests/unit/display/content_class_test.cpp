// What pictures are taken for, and whether that picks the encoder that makes fewer bytes of them.
#include "display/content_class.hpp"

#include "codecs/lz_encoder.hpp"
#include "codecs/quic_encoder.hpp"
#include "support/photo_image.hpp"
#include "support/random.hpp"
#include "support/test_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace spice::display {
namespace {

using codecs::ImageView;
using test::TestImage;

constexpr uint32_t kCellSide = 256;

std::vector<ImageView> cells_of(const TestImage& image) {
    std::vector<ImageView> cells;
    for (uint32_t y = 0; y < image.height; y += kCellSide) {
        for (uint32_t x = 0; x < image.width; x += kCellSide) {
            cells.push_back(codecs::xrgb_view(&image.pixels[y * image.stride + x], image.stride,
                                              std::min(kCellSide, image.width - x),
                                              std::min(kCellSide, image.height - y)));
        }
    }
    return cells;
}

TestImage grey(TestImage image) {
    for (uint32_t& pixel : image.pixels) {
        pixel = (pixel >> 8 & 0xff) * 0x010101;
    }
    return image;
}

TEST(ContentClass, is_solid_only_when_every_pixel_is_the_same) {
    TestImage image(19, 7, 3);
    image.fill(0, 0, 19, 7, 0x336699);
    ASSERT_EQ(classify_content(image.view()), ContentClass::solid);
    for (uint32_t y = 0; y < 7; ++y) {
        for (uint32_t x = 0; x < 19; ++x) {
            image.at(x, y) = 0x336698;
            ASSERT_EQ(classify_content(image.view()), ContentClass::patterns) << x << "," << y;
            image.at(x, y) = 0x336699;
        }
    }
}

TEST(ContentClass, takes_images_of_every_small_size) {
    for (uint32_t width = 1; width <= 20; ++width) {
        for (uint32_t height = 1; height <= 20; ++height) {
            TestImage image(width, height, 1);
            image.fill(0, 0, width, height, 0xffffff);
            EXPECT_EQ(classify_content(image.view()), ContentClass::solid) << width << "x" << height;
            const ContentClass noise = classify_content(test::noise_image(width, height, 2).view());
            EXPECT_EQ(noise, width * height == 1 ? ContentClass::solid
                             : width == 1        ? ContentClass::patterns
                                                 : ContentClass::mixed)
                << width << "x" << height;
        }
    }
}

TEST(ContentClass, finds_patterns_in_text_and_controls) {
    for (const TestImage& image : {test::text_image(1920, 1080), test::ui_image(1920, 1080)}) {
        for (const ImageView& cell : cells_of(image)) {
            EXPECT_EQ(classify_content(cell), ContentClass::patterns);
        }
    }
    EXPECT_EQ(classify_content(test::text_image(24, 16).view()), ContentClass::patterns);
    EXPECT_EQ(classify_content(test::text_image(640, 16).view()), ContentClass::patterns);
}

TEST(ContentClass, finds_photographs) {
    const TestImage photo = test::natural_image(1920, 1080);
    const std::vector<ImageView> cells = cells_of(photo);
    const auto photographic = std::count_if(cells.begin(), cells.end(), [](const ImageView& cell) {
        return classify_content(cell) == ContentClass::photographic;
    });
    EXPECT_GE(photographic * 100, static_cast<std::ptrdiff_t>(cells.size()) * 90);
    EXPECT_TRUE(std::all_of(cells.begin(), cells.end(),
                            [](const ImageView& cell) { return suits_quic(classify_content(cell)); }));
}

TEST(ContentClass, leaves_grey_photographs_to_lz_but_lets_them_be_lossy) {
    EXPECT_EQ(classify_content(grey(test::natural_image(256, 256)).view()), ContentClass::soft);
}

TEST(ContentClass, never_lets_text_in_a_photograph_be_lossy) {
    const TestImage text = test::text_image(200, 100);
    const TestImage label = test::text_image(64, 24);
    const TestImage photo = test::natural_image(256, 256);
    ASSERT_TRUE(suits_jpeg(classify_content(photo.view())));
    test::Random random(31);
    for (int i = 0; i < 50; ++i) {
        TestImage half = photo;
        half.paste(text, random.below(57), random.below(157));
        EXPECT_FALSE(suits_jpeg(classify_content(half.view())));
        TestImage labelled = photo;
        labelled.paste(label, random.below(193), random.below(233));
        EXPECT_EQ(classify_content(labelled.view()), ContentClass::mixed);
    }
}

TEST(ContentClass, lets_nothing_be_lossy_that_is_too_small_to_gain_by_it) {
    EXPECT_EQ(classify_content(test::natural_image(40, 40).view()), ContentClass::mixed);
    EXPECT_EQ(classify_content(grey(test::natural_image(40, 40)).view()), ContentClass::patterns);
}

TEST(ContentClass, does_not_look_behind_the_rows) {
    for (const auto maker : {test::text_image, test::ui_image, test::natural_image}) {
        const TestImage packed = maker(150, 90, 0);
        TestImage padded = maker(150, 90, 33);
        for (uint32_t seed : {1u, 2u}) {
            test::Random random(seed);
            for (uint32_t y = 0; y < 90; ++y) {
                std::generate_n(&padded.pixels[y * padded.stride + 150], 33, random);
            }
            EXPECT_EQ(classify_content(padded.view()), classify_content(packed.view()));
        }
    }
}

TEST(ContentClass, costs_little_more_bytes_than_trying_both_encoders) {
    const codecs::LzEncoder lz;
    const codecs::QuicEncoder quic;
    std::vector<uint8_t> scratch(kCellSide * kCellSide * 8);
    for (const auto maker : {test::text_image, test::ui_image, test::natural_image, test::photo_image,
                             test::mixed_image, test::noise_image}) {
        size_t best = 0;
        size_t chosen = 0;
        const TestImage image = maker(1024, 768, 0);
        for (const ImageView& cell : cells_of(image)) {
            const size_t lz_size = lz.encode(cell, scratch)->data;
            const size_t quic_size = quic.encode(cell, scratch)->data;
            best += std::min(lz_size, quic_size);
            chosen += suits_quic(classify_content(cell)) ? quic_size : lz_size;
        }
        EXPECT_LE(chosen * 100, best * 105);
    }
}

} // namespace
} // namespace spice::display
