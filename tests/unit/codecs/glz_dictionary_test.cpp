// Sequences of images for one client, decoded with a window that refuses whatever breaks its rules.
#include "codecs/glz_dictionary.hpp"

#include "codecs/zlib_glz_encoder.hpp"
#include "support/glz_decoder.hpp"
#include "support/test_images.hpp"

#include <spice/enums.h>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace spice::codecs {
namespace {

using test::TestImage;

GlzDictionary::Source source_of(const TestImage& image, bool top_down = true) {
    const std::vector<uint32_t> rows = image.packed();
    const std::shared_ptr<uint32_t[]> pixels(new uint32_t[rows.size()]);
    for (uint32_t y = 0; y < image.height; ++y) {
        const uint32_t from = top_down ? y : image.height - 1 - y;
        std::copy_n(&rows[size_t{from} * image.width], image.width, &pixels[size_t{y} * image.width]);
    }
    return {pixels, image.width, image.height, top_down};
}

// A part of an image as a source of its own.
TestImage part_of(const TestImage& image, uint32_t left, uint32_t top, uint32_t width, uint32_t height) {
    TestImage part(width, height);
    for (uint32_t y = 0; y < height; ++y) {
        std::copy_n(&image.pixels[(top + y) * image.stride + left], width, &part.pixels[y * part.stride]);
    }
    return part;
}

// A dictionary and what its client has of it.
struct Link {
    explicit Link(uint64_t window) : dictionary(window), client(window) {}

    // Bytes sent.
    size_t send(const TestImage& image, bool top_down = true) {
        const std::optional<EncodedImage> encoded = dictionary.encode(source_of(image, top_down));
        if (!encoded) {
            return send_alone(image);
        }
        EXPECT_EQ(encoded->top_down, top_down);
        expect(*encoded, image);
        return encoded->data.size();
    }
    size_t send_alone(const TestImage& image) {
        EncodedImage encoded = encode_glz(image.view());
        if (encoded.type != SPICE_IMAGE_TYPE_BITMAP) {
            dictionary.stamp(encoded.type, encoded.data, encoded.inner_size, image.packed().size());
            expect(encoded, image);
        }
        return encoded.data.size();
    }

    void expect(const EncodedImage& encoded, const TestImage& image) {
        const test::GlzImage* const decoded = client.decode(encoded.type, encoded.data, encoded.inner_size);
        ASSERT_TRUE(decoded);
        ASSERT_EQ(decoded->from_top(), image.packed());
        ASSERT_EQ(client.pixels(), dictionary.window_pixels());
        ASSERT_EQ(client.images(), dictionary.window_images());
    }

    GlzDictionary dictionary;
    test::GlzWindow client;
};

TEST(GlzDictionary, makes_little_of_what_was_sent_before) {
    Link link(1 << 20);
    const TestImage text = test::text_image(500, 400);
    const size_t first = link.send(text);
    EXPECT_LT(link.send(text), first / 20);
    EXPECT_LT(link.send(part_of(text, 33, 55, 200, 150)), first / 8);
    EXPECT_GT(link.client.matches_into_earlier(), 100u);
}

TEST(GlzDictionary, keeps_to_a_small_window_in_a_thousand_images_of_random_reuse) {
    const TestImage desktop = test::mixed_image(800, 600);
    for (const uint64_t window : {0u, 1000u, 30000u, 1u << 20}) {
        Link link(window);
        test::Random random(static_cast<uint32_t>(window) + 1);
        const int count = window > 1000 ? 450 : 50;
        for (int i = 0; i < count && !HasFailure(); ++i) {
            const uint32_t width = 1 + random.below(random.below(8) == 0 ? 300 : 40);
            const uint32_t height = 1 + random.below(60);
            TestImage part =
                part_of(desktop, random.below(800 - width), random.below(600 - height), width, height);
            if (random.below(4) == 0) {
                part.at(random.below(width), random.below(height)) = random() & 0xffffff;
            }
            if (random.below(10) == 0) {
                link.send_alone(part);
            } else {
                link.send(part, random.below(2) == 0);
            }
        }
    }
}

TEST(GlzDictionary, refers_far_back_and_deep_into_an_image) {
    Link link(GlzDictionary::kMaxWindow);
    const TestImage large = test::noise_image(600, 500); // less than raw, without alpha
    ASSERT_GT(link.send(large), 3u * 600 * 500);
    test::Random random(7);
    for (uint32_t i = 1; i < 600; ++i) {
        TestImage small(3, 1 + i % 4); // plain: GLZ makes it as small as raw, or does not
        small.fill(0, 0, 3, 5, random() & 0xffffff);
        link.send(small);
        if (i % 50 == 0 || i > 595 || (i > 60 && i < 68) || (i > 250 && i < 260)) {
            for (const uint32_t top : {0u, 3u, 200u, 215u, 217u, 218u, 400u}) {
                // Pixels of its own would be 6000 bytes.
                EXPECT_LT(link.send(part_of(large, 10 + i % 300, top, 200, 10)), 600u) << i << " " << top;
            }
        }
    }
    EXPECT_GT(link.client.images(), 256u);
}

TEST(GlzDictionary, uses_no_id_for_what_it_refuses) {
    Link link(8000);
    const TestImage text = test::text_image(60, 60);
    link.send(text);
    EXPECT_FALSE(link.dictionary.encode(source_of(test::text_image(100, 81)))); // larger than the window
    EXPECT_FALSE(link.dictionary.encode(source_of(test::noise_image(2, 2))));   // larger than raw
    EXPECT_EQ(link.dictionary.window_images(), 1u);
    EXPECT_LT(link.send(text), 300u); // the client finds the next id, and the window as it was
    EXPECT_FALSE(GlzDictionary(0).encode(source_of(text)));
}

TEST(GlzDictionary, lets_a_client_of_shared_images_keep_one_at_a_time) {
    Link link(1 << 20);
    for (uint32_t i = 1; i < 40; ++i) {
        link.send_alone(test::text_image(10 + i, 30));
        ASSERT_EQ(link.client.images(), 1u);
    }
    link.send(test::text_image(50, 50));
    link.send_alone(test::text_image(60, 50));
    EXPECT_EQ(link.client.images(), 2u); // the one before is still to be referred to
    EXPECT_LT(link.send(test::text_image(50, 50)), 300u);
}

TEST(GlzDictionary, keeps_no_more_images_than_it_says) {
    Link link(1 << 20);
    const TestImage tiny = test::text_image(12, 8);
    ASSERT_TRUE(link.dictionary.encode(source_of(tiny)));
    for (size_t i = 0; i < GlzDictionary::kMaxImages + 20; ++i) {
        ASSERT_TRUE(link.dictionary.encode(source_of(tiny)));
    }
    EXPECT_EQ(link.dictionary.window_images(), GlzDictionary::kMaxImages);
    EXPECT_EQ(link.dictionary.window_pixels(), GlzDictionary::kMaxImages * 12 * 8);
}

TEST(GlzDictionary, owns_pixels_no_longer_than_the_window_does) {
    GlzDictionary dictionary(10000);
    const GlzDictionary::Source first = source_of(test::text_image(60, 60));
    ASSERT_TRUE(dictionary.encode(first));
    EXPECT_EQ(first.pixels.use_count(), 2);
    ASSERT_TRUE(dictionary.encode(source_of(test::text_image(90, 90))));
    EXPECT_EQ(first.pixels.use_count(), 1);
}

TEST(GlzDictionary, begins_anew_after_reset) {
    Link link(1 << 20);
    const TestImage text = test::text_image(90, 90);
    const size_t first = link.send(text);
    link.send(text);
    link.dictionary.reset();
    link.client = test::GlzWindow(1 << 20);
    EXPECT_EQ(link.send(text), first); // does not refer to what the client no longer has
    EXPECT_EQ(link.client.matches_into_earlier(), 0u);
}

} // namespace
} // namespace spice::codecs
