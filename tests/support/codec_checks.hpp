// What every lossless encoder must do, whatever its format.
#pragma once

#include "codecs/image_codec.hpp"
#include "support/image_decoders.hpp"
#include "support/random.hpp"
#include "support/test_images.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace spice::test {

using ImageMaker = TestImage (*)(uint32_t width, uint32_t height, uint32_t padding);

inline TestImage solid_image(uint32_t width, uint32_t height, uint32_t padding = 0) {
    TestImage image(width, height, padding);
    image.fill(0, 0, width, height, 0x123456);
    return image;
}

inline constexpr ImageMaker kImageMakers[]{text_image,  ui_image,    photo_image,
                                           noise_image, mixed_image, solid_image};

// Runs of three colours.
inline TestImage runs_image(uint32_t seed) {
    Random random(seed);
    TestImage image(1 + random() % 90, 1 + random() % 40, random() % 2);
    for (uint32_t y = 0; y < image.height; ++y) {
        uint32_t colour = 0;
        for (uint32_t x = 0; x < image.width; ++x) {
            colour = random() % (1 + seed % 7) == 0 ? random() % 3 * 0x7f7f7f : colour;
            image.at(x, y) = colour;
        }
    }
    return image;
}

// What `codec` (null: raw) makes of the picture looks like it.
inline void expect_same_pixels(const codecs::ImageCodec* codec, const FormattedImage& image) {
    const codecs::ImageView view = image.view();
    const codecs::EncodedImage encoded = codecs::encode_image(codec, view);
    ASSERT_LE(encoded.data.size(), view.raw_size());
    const auto decoded = decode_image(encoded, view.width, view.height);
    ASSERT_TRUE(decoded) << view.width << "x" << view.height << " " << name_of(view.format);
    ASSERT_EQ(*decoded, image.shown()) << view.width << "x" << view.height << " " << name_of(view.format);
}

// In memory of their own, so that a sanitizer sees what reads or writes beyond.
inline void expect_refusal_of_what_does_not_fit(const codecs::ImageCodec& codec,
                                                const codecs::ImageView& view) {
    std::vector<uint8_t> whole(view.raw_size() * 2 + 256);
    const auto size = codec.encode(view, whole);
    ASSERT_TRUE(size);
    std::vector<uint8_t> exact(size->data);
    const auto again = codec.encode(view, exact);
    ASSERT_TRUE(again) << name_of(view.format);
    EXPECT_EQ(again->data, size->data);
    whole.resize(size->data);
    EXPECT_EQ(exact, whole);
    for (size_t capacity = 0; capacity < size->data; ++capacity) {
        std::vector<uint8_t> small(capacity);
        EXPECT_FALSE(codec.encode(view, small)) << name_of(view.format) << " in " << capacity;
    }
}

} // namespace spice::test
