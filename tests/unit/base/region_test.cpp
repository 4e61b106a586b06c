#include "spice-core/region.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <utility>
#include <vector>

namespace spice {
namespace {

TEST(Region, is_empty_when_made_from_nothing) {
    EXPECT_TRUE(Region().empty());
    EXPECT_TRUE(Region(Rect{5, 5, 5, 9}).empty());
    EXPECT_TRUE(Region(Rect{9, 9, 2, 2}).empty());
    EXPECT_EQ(Region().extents(), Rect{});
    EXPECT_EQ(Region().area(), 0);
    EXPECT_EQ(Region().rect_count(), 0u);
}

TEST(Region, ignores_empty_rectangles_and_counts_overlaps_once) {
    const std::array rects{Rect{0, 0, 4, 4}, Rect{7, 7, 3, 3}, Rect{2, 2, 6, 6}, Rect{1, 1, 1, 8}};
    const Region region{std::span<const Rect>(rects)};
    EXPECT_EQ(region.area(), 16 + 16 - 4);
    EXPECT_EQ(region.extents(), (Rect{0, 0, 6, 6}));
}

TEST(Region, has_rectangles_that_are_disjoint_and_in_bands) {
    const Region region = Region(Rect{0, 0, 10, 10}) - Region(Rect{3, 3, 6, 6});
    int64_t sum = 0;
    const std::span<const Rect> rects = region.rects();
    for (size_t i = 0; i < rects.size(); ++i) {
        sum += rects[i].area();
        for (size_t j = i + 1; j < rects.size(); ++j) {
            EXPECT_TRUE(intersect(rects[i], rects[j]).empty());
            EXPECT_LE(rects[i].y1, rects[j].y1);
        }
    }
    EXPECT_EQ(sum, 100 - 9);
    EXPECT_EQ(region.area(), sum);
}

TEST(Region, knows_what_it_contains) {
    const Region region = Region(Rect{0, 0, 10, 10}) - Region(Rect{3, 3, 6, 6});
    EXPECT_TRUE(region.contains(Point{0, 0}));
    EXPECT_FALSE(region.contains(Point{10, 0})); // half open
    EXPECT_FALSE(region.contains(Point{4, 4}));
    EXPECT_TRUE(region.contains(Rect{6, 0, 10, 10}));
    EXPECT_FALSE(region.contains(Rect{5, 0, 10, 10}));
    EXPECT_TRUE(region.contains(Rect{4, 4, 4, 4})); // no pixel of it is missing
    EXPECT_TRUE(region.overlaps(Rect{5, 5, 7, 7}));
    EXPECT_FALSE(region.overlaps(Rect{3, 3, 6, 6}));
    EXPECT_TRUE(region.contains(Region(Rect{0, 0, 10, 3}) | Region(Rect{0, 0, 3, 10})));
    EXPECT_FALSE(region.contains(Region(Rect{0, 0, 10, 4})));
    EXPECT_FALSE(region.overlaps(Region(Rect{3, 3, 6, 6}) | Region(Rect{20, 0, 30, 10})));
    EXPECT_TRUE(region.overlaps(Region(Rect{9, 9, 12, 12})));
}

TEST(Region, survives_copy_move_and_self_assignment) {
    Region first = Region(Rect{0, 0, 2, 2}) | Region(Rect{5, 5, 7, 7});
    Region second(first);
    Region third(std::move(first));
    EXPECT_EQ(second, third);
    const Region& same = third;
    third = same;
    EXPECT_EQ(second, third);
    second.translate(3, -1);
    EXPECT_EQ(second.extents(), (Rect{3, -1, 10, 6}));
    EXPECT_EQ(second.translated(-3, 1), third);
    second = std::move(third);
    EXPECT_EQ(second.area(), 8);
    second.clear();
    EXPECT_TRUE(second.empty());
}

TEST(Region, is_covered_by_its_simplified_form_within_its_extents) {
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        std::vector<Rect> rects;
        for (int i = 0; i < 300; ++i) {
            const int x = static_cast<int>(random() % 1000) - 300;
            const int y = static_cast<int>(random() % 700) - 300;
            rects.push_back(
                {x, y, x + 1 + static_cast<int>(random() % 9), y + 1 + static_cast<int>(random() % 9)});
        }
        const Region region{std::span<const Rect>(rects)};
        for (size_t limit : {0, 1, 2, 16, 200, 100000}) {
            const Region simple = region.simplified(limit);
            EXPECT_LE(simple.rect_count(), std::max<size_t>(limit, 1));
            EXPECT_TRUE(simple.contains(region));
            EXPECT_EQ(simple.extents(), region.extents());
        }
        EXPECT_EQ(region.simplified(100000), region);
    }
}

} // namespace
} // namespace spice
