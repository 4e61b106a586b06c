#include "display/kept_pixels.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace spice::display {
namespace {

using Kept = std::vector<CoveredPixels::Kept>;

TEST(KeptPixels, are_valid_when_the_client_has_been_told) {
    KeptPixels kept;
    EXPECT_FALSE(kept.due());
    kept.screen_updated(Kept{{1, Rect{10, 10, 50, 50}}}, {});
    EXPECT_TRUE(kept.due());
    EXPECT_TRUE(kept.valid().at(1).empty());
    EXPECT_TRUE(kept.take(0, {}).empty());
    EXPECT_EQ(kept.take(1, {}), (std::vector<Rect>{{10, 10, 50, 50}}));
    EXPECT_FALSE(kept.due());
    EXPECT_EQ(kept.valid().at(1), Region(Rect{10, 10, 50, 50}));
    EXPECT_TRUE(kept.valid().at(0).empty());
}

TEST(KeptPixels, are_not_what_the_client_did_not_show) {
    KeptPixels kept;
    kept.screen_updated(Kept{{0, Rect{0, 0, 50, 50}}}, Rect{40, 0, 60, 50});
    EXPECT_EQ(kept.take(0, Rect{0, 0, 50, 10}), (std::vector<Rect>{{0, 10, 40, 50}}));
    EXPECT_EQ(kept.valid().at(0), Region(Rect{0, 10, 40, 50}));
}

TEST(KeptPixels, are_void_where_something_else_is_kept_since) {
    KeptPixels kept;
    kept.screen_updated(Kept{{0, Rect{0, 0, 50, 50}}}, {});
    kept.take(0, {});
    kept.screen_updated(Kept{{0, Rect{20, 0, 30, 50}}},
                        Rect{0, 0, 100, 100}); // of what the client was not told
    EXPECT_FALSE(kept.due());
    EXPECT_EQ(kept.valid().at(0), Region(Rect{0, 0, 50, 50}) - Region(Rect{20, 0, 30, 50}));
    kept.screen_updated(Kept{{0, Rect{60, 0, 90, 50}}}, {});
    kept.screen_updated(Kept{{0, Rect{70, 0, 80, 50}}}, Rect{70, 0, 80, 50}); // before the first was taken
    EXPECT_EQ(kept.take(0, {}), (std::vector<Rect>{{60, 0, 70, 50}, {80, 0, 90, 50}}));
    kept.clear();
    EXPECT_TRUE(kept.valid().at(0).empty());
}

TEST(KeptPixels, are_taken_in_few_rectangles_of_which_some_pixels_do_not_count) {
    KeptPixels kept;
    Region stale;
    for (int32_t x = 10; x < 1000; x += 10) {
        stale |= Rect{x, x, x + 1, x + 1};
    }
    kept.screen_updated(Kept{{0, Rect{0, 0, 1000, 1000}}}, stale);
    const std::vector<Rect> taken = kept.take(0, {});
    EXPECT_LE(taken.size(), 32u);
    EXPECT_TRUE(Region(taken).contains(kept.valid().at(0)));
    EXPECT_EQ(kept.valid().at(0), Region(Rect{0, 0, 1000, 1000}) - stale);
}

} // namespace
} // namespace spice::display
