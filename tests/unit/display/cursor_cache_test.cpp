#include "display/cursor_cache.hpp"

#include "display/cursor_pixels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace spice::display {
namespace {

CursorShape shape(int edge, uint32_t colour, Point hot_spot = {}) {
    const auto count = static_cast<size_t>(edge) * static_cast<size_t>(edge);
    std::shared_ptr<uint32_t[]> pixels = std::make_shared<uint32_t[]>(count);
    std::fill_n(pixels.get(), count, colour);
    return {{edge, edge}, hot_spot, std::move(pixels)};
}

TEST(CursorCache, knows_equal_shapes_again_wherever_their_pixels_lie) {
    CursorCache cache;
    const CursorCache::Use first = cache.use(shape(24, 1));
    EXPECT_FALSE(first.cached);
    const CursorCache::Use other = cache.use(shape(24, 2));
    EXPECT_FALSE(other.cached);
    EXPECT_NE(other.key, first.key);
    const CursorCache::Use again = cache.use(shape(24, 1));
    EXPECT_TRUE(again.cached);
    EXPECT_EQ(again.key, first.key);
    EXPECT_FALSE(cache.use(shape(24, 1, {3, 0})).cached); // the client keeps the hot spot with the image
    EXPECT_FALSE(cache.use(shape(25, 1)).cached);
}

TEST(CursorCache, evicts_the_least_recently_used_and_never_reuses_a_key) {
    CursorCache cache;
    std::set<uint64_t> keys;
    const uint64_t first = cache.use(shape(4, 0)).key;
    keys.insert(first);
    for (uint32_t colour = 1; colour < CursorCache::kMaxEntries; ++colour) {
        const CursorCache::Use use = cache.use(shape(4, colour));
        EXPECT_TRUE(use.evicted.empty());
        EXPECT_TRUE(keys.insert(use.key).second);
    }
    EXPECT_TRUE(cache.use(shape(4, 0)).cached); // now the second one is the oldest
    const CursorCache::Use more = cache.use(shape(4, 1000));
    ASSERT_EQ(more.evicted.size(), 1u);
    EXPECT_NE(more.evicted[0], first);
    EXPECT_TRUE(keys.insert(more.key).second);
    const CursorCache::Use back = cache.use(shape(4, 1));
    EXPECT_FALSE(back.cached);
    EXPECT_TRUE(keys.insert(back.key).second);
    EXPECT_EQ(cache.size(), CursorCache::kMaxEntries);
}

TEST(CursorCache, keeps_a_bounded_number_of_bytes) {
    CursorCache cache;
    const size_t fit = CursorCache::kMaxBytes / (256 * 256 * 4);
    for (uint32_t colour = 0; colour < fit; ++colour) {
        EXPECT_TRUE(cache.use(shape(256, colour)).evicted.empty());
    }
    EXPECT_EQ(cache.use(shape(256, 0xffff)).evicted.size(), 1u);
    EXPECT_EQ(cache.size(), fit);
}

TEST(CursorPixels, give_back_the_premultiplied_value_when_multiplied_again) {
    for (uint32_t alpha = 0; alpha < 256; ++alpha) {
        for (uint32_t channel = 0; channel <= alpha; ++channel) {
            const uint32_t pixel = alpha << 24 | channel << 16 | (alpha - channel) << 8 | channel / 2;
            const std::vector<uint8_t> bytes = straight_alpha_bytes({&pixel, 1});
            ASSERT_EQ(bytes.size(), 4u);
            ASSERT_EQ(bytes[3], alpha);
            const auto multiplied = [&](size_t i) { return (bytes[i] * alpha + 127) / 255; };
            ASSERT_EQ(multiplied(2), channel);
            ASSERT_EQ(multiplied(1), alpha - channel);
            ASSERT_EQ(multiplied(0), channel / 2);
        }
    }
}

TEST(CursorPixels, survive_colours_brighter_than_alpha_allows) {
    const uint32_t wrong = 0x10ffffff;
    EXPECT_EQ(straight_alpha_bytes({&wrong, 1}), (std::vector<uint8_t>{255, 255, 255, 16}));
}

} // namespace
} // namespace spice::display
