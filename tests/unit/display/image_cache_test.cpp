#include "display/image_cache.hpp"

#include "support/random.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>

namespace spice::display {
namespace {

using codecs::ContentKey;

ContentKey key(uint64_t number, uint32_t width = 10, uint32_t height = 10) {
    return {number, ~number, width, height};
}

TEST(ImageCache, keeps_nothing_for_a_client_without_a_cache) {
    ImageCache cache(0);
    EXPECT_FALSE(cache.add(key(1)));
    EXPECT_FALSE(cache.find(key(1)));
}

TEST(ImageCache, finds_what_was_added) {
    ImageCache cache(1000);
    EXPECT_FALSE(cache.find(key(1)));
    const auto added = cache.add(key(1));
    ASSERT_TRUE(added);
    EXPECT_TRUE(added->evicted.empty());
    EXPECT_EQ(cache.find(key(1)), added->id);
    EXPECT_EQ(cache.pixels(), 100);
}

TEST(ImageCache, takes_equal_ids_of_other_content_for_other_content) {
    ImageCache cache(1000);
    ASSERT_TRUE(cache.add(key(1)));
    ContentKey other = key(1);
    other.high ^= 1;
    EXPECT_FALSE(cache.find(other));
    EXPECT_FALSE(cache.add(other));
    EXPECT_FALSE(cache.find(key(1, 5, 20))); // same bytes, another shape
}

TEST(ImageCache, evicts_what_was_not_used_for_longest) {
    ImageCache cache(300);
    for (uint64_t i = 1; i <= 3; ++i) {
        ASSERT_TRUE(cache.add(key(i)));
    }
    cache.find(key(1));
    const auto added = cache.add(key(4));
    ASSERT_TRUE(added);
    EXPECT_EQ(added->evicted, std::vector<uint64_t>{2});
    EXPECT_TRUE(cache.find(key(1)));
    EXPECT_FALSE(cache.find(key(2)));
}

TEST(ImageCache, does_not_keep_what_is_larger_than_all_of_it) {
    ImageCache cache(300);
    ASSERT_TRUE(cache.add(key(1)));
    EXPECT_FALSE(cache.add(key(2, 301, 1)));
    EXPECT_TRUE(cache.find(key(1)));
}

// The client's side of it: never more pixels than the budget, never an id twice or unknown.
TEST(ImageCache, never_exceeds_the_budget_and_never_reuses_a_live_id) {
    test::Random random(5);
    ImageCache cache(5000);
    std::map<uint64_t, int64_t> client;
    for (int i = 0; i < 20000; ++i) {
        const ContentKey wanted = key(random() % 300, 1 + random() % 60, 1 + random() % 60);
        if (const auto id = cache.find(wanted)) {
            ASSERT_TRUE(client.contains(*id));
            continue;
        }
        const auto added = cache.add(wanted);
        if (!added) {
            continue;
        }
        for (const uint64_t id : added->evicted) {
            ASSERT_EQ(client.erase(id), 1u);
        }
        ASSERT_TRUE(client.emplace(added->id, int64_t{wanted.width} * wanted.height).second);
        const int64_t pixels = std::accumulate(client.begin(), client.end(), int64_t{0},
                                               [](int64_t sum, const auto& one) { return sum + one.second; });
        ASSERT_LE(pixels, 5000);
        ASSERT_EQ(pixels, cache.pixels());
    }
}

TEST(ImageCache, remembers_what_it_was_asked_about) {
    ImageCache cache(1000);
    EXPECT_FALSE(cache.seen_before(key(1)));
    EXPECT_TRUE(cache.seen_before(key(1)));
    for (uint64_t i = 2; i < 2 + ImageCache::kMaxSeen; ++i) {
        EXPECT_FALSE(cache.seen_before(key(i)));
    }
    EXPECT_FALSE(cache.seen_before(key(1))); // too long ago
}

} // namespace
} // namespace spice::display
