#include "display/covered_pixels.hpp"

#include "display/cell_grid.hpp"

#include "support/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace spice::display {
namespace {

using std::chrono::milliseconds;

constexpr int32_t kPictureWidth = 600;
constexpr int32_t kPictureHeight = 400;
constexpr Rect kPicture{0, 0, kPictureWidth, kPictureHeight};

class Picture {
public:
    explicit Picture(uint32_t seed) : pixels_(size_t{kPictureWidth} * kPictureHeight) {
        test::Random random(seed);
        std::ranges::generate(pixels_, [&] { return random() & 0xffffff; });
    }

    uint32_t& at(int32_t x, int32_t y) {
        return pixels_.at(static_cast<size_t>(y) * kPictureWidth + static_cast<size_t>(x));
    }
    void fill(const Rect& rect, uint32_t colour) {
        for (int32_t y = rect.y1; y < rect.y2; ++y) {
            std::fill_n(&at(rect.x1, y), rect.width(), colour);
        }
    }
    operator PixelArea() const {
        return {kPicture, pixels_.data(), kPictureWidth};
    } // NOLINT(google-explicit-constructor)

private:
    std::vector<uint32_t> pixels_;
};

Region area_of(const std::vector<CoveredPixels::Found>& found) {
    Region area;
    for (const CoveredPixels::Found& piece : found) {
        area |= piece.area;
    }
    return area;
}

// What is kept when `lost` is covered after everything has been still for long.
class CoveredPixelsTest : public testing::Test {
protected:
    std::vector<CoveredPixels::Kept> cover(const Region& lost, const Picture& picture,
                                           const Region& written = {}) {
        std::vector<CoveredPixels::Kept> kept;
        covered.cover(lost, written, picture, kept);
        return kept;
    }
    Region found(size_t memory, const Region& changed, const Picture& picture) const {
        CoveredPixels::Regions valid;
        valid.at(memory) = known.at(memory);
        return area_of(covered.find(changed, valid, picture));
    }
    // Covers all, and remembers where a client that was told has got it.
    size_t keep(const Picture& picture) {
        const std::vector<CoveredPixels::Kept> kept = cover(kPicture, picture);
        EXPECT_EQ(kept.size(), 1u);
        known.at(kept[0].memory) |= kept[0].region;
        return kept[0].memory;
    }

    CoveredPixels covered;
    CoveredPixels::Regions known;
    CoveredPixels::Time now{std::chrono::seconds{100}};
};

TEST_F(CoveredPixelsTest, finds_what_was_covered_and_nothing_else) {
    const Picture background(1);
    const Picture window(2);
    const Rect area{100, 50, 300, 250};
    const auto kept = cover(area, background);
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(kept[0].region, Region(cell_at(0, 0))) << "the cells of the grid around it as well";
    known.at(kept[0].memory) = area;
    const auto finds = [&](const Rect& changed) { return found(kept[0].memory, changed, background); };
    EXPECT_EQ(finds(area), Region(area));
    EXPECT_EQ(finds({120, 60, 130, 240}), Region(Rect{120, 60, 130, 240}));
    EXPECT_EQ(finds({0, 0, 200, 400}), Region(Rect{100, 50, 200, 250})) << "only what the client has";
    EXPECT_TRUE(found(kept[0].memory, area, window).empty());
    EXPECT_TRUE(finds({100, 50, 120, 70}).empty()) << "less than a message is worth";
}

TEST_F(CoveredPixelsTest, keeps_around_a_moving_window_what_it_has_not_covered_yet) {
    Picture picture(1);
    const Rect window{280, 20, 500, 200}; // it came here just now
    covered.advance(now);
    covered.changed(window);
    const auto kept = cover(Rect{260, 20, 280, 200}, picture, {});
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(kept[0].region, Region(cell_at(0, 0)) - Region(window));
    EXPECT_TRUE(cover(Rect{256, 20, 276, 200}, picture).empty()) << "the next step is kept already";
}

TEST_F(CoveredPixelsTest, leaves_out_where_a_single_pixel_differs) {
    Picture picture(1);
    const size_t memory = keep(picture);
    picture.at(299, 199) ^= 1;
    EXPECT_EQ(found(memory, kPicture, picture), Region(kPicture) - Region(Rect{0, 192, kCell, 200}))
        << "but for a band of its cell";
    EXPECT_EQ(found(memory, Rect{290, 190, 310, 250}, picture), Region(Rect{290, 206, 310, 250}));
}

TEST_F(CoveredPixelsTest, keeps_nothing_that_is_small_solid_or_of_an_enormous_screen) {
    Picture picture(1);
    EXPECT_TRUE(cover(Rect{0, 0, 30, 34}, picture).empty());
    picture.fill({0, 0, 300, 300}, 0x123456);
    EXPECT_TRUE(cover(Rect{0, 0, 300, 300}, picture).empty());
    const std::vector<uint32_t> row(20'000, 7);
    std::vector<CoveredPixels::Kept> kept;
    covered.cover(Rect{0, 0, 10'000, 500}, {}, {{0, 0, 20'000, 16'000}, row.data(), 0}, kept);
    EXPECT_TRUE(kept.empty());
}

TEST_F(CoveredPixelsTest, keeps_nothing_that_was_overwritten_already) {
    const Picture picture(1);
    const auto kept =
        cover(Region(Rect{0, 0, 200, 200}) - Region(Rect{50, 50, 150, 150}), picture, Rect{50, 50, 150, 150});
    ASSERT_FALSE(kept.empty());
    for (const auto& [memory, region] : kept) {
        EXPECT_FALSE(region.overlaps(Rect{50, 50, 150, 150}));
    }
}

TEST_F(CoveredPixelsTest, keeps_what_has_been_still_for_a_while) {
    const Picture picture(1);
    covered.advance(now);
    covered.changed(Rect{0, 0, 200, 400});
    const auto kept_after = [&](milliseconds time) {
        covered.advance(now + time);
        Region region;
        for (const auto& kept :
             cover(Region(Rect{0, 0, 200, 400}) | Region(Rect{400, 0, 600, 400}), picture)) {
            region |= kept.region;
        }
        return region;
    };
    EXPECT_EQ(kept_after(milliseconds{1}), Region(Rect{kCell, 0, 600, 400}));
    EXPECT_EQ(kept_after(CoveredPixels::kStill), Region()) << "what is still is kept already";
    EXPECT_EQ(kept_after(2 * CoveredPixels::kStill), Region(Rect{0, 0, kCell, 400}));
}

TEST_F(CoveredPixelsTest, forgets_what_is_recent_when_nothing_happened_for_long) {
    const Picture picture(1);
    covered.advance(now);
    covered.changed(kPicture);
    EXPECT_TRUE(cover(kPicture, picture).empty());
    covered.advance(now + 10 * CoveredPixels::kStill);
    EXPECT_FALSE(cover(kPicture, picture).empty());
}

TEST_F(CoveredPixelsTest, keeps_one_of_two_desktops_until_others_come) {
    const Picture one(1);
    const Picture two(2);
    const size_t first = keep(one);
    for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE(cover(kPicture, two).empty()) << "there is no room";
        EXPECT_TRUE(cover(kPicture, one).empty()) << "it is kept already";
    }
    EXPECT_EQ(found(first, kPicture, one), Region(kPicture));
    const Picture three(3);
    for (uint64_t i = 0; i < CoveredPixels::kPatience; ++i) {
        EXPECT_TRUE(cover(kPicture, three).empty());
    }
    EXPECT_EQ(keep(three), first);
    EXPECT_EQ(found(first, kPicture, three), Region(kPicture));
}

TEST_F(CoveredPixelsTest, keeps_a_window_below_its_menu_apart_from_the_desktop_below_the_window) {
    const Picture desktop(1);
    const Picture window(2);
    const size_t below = keep(desktop);
    const Rect menu{100, 100, 200, 200};
    const auto kept = cover(menu, window);
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_NE(kept[0].memory, below);
    EXPECT_LE(kept[0].region.area(), kPicture.area() / 2);
    known.at(kept[0].memory) = kept[0].region;
    EXPECT_EQ(found(kept[0].memory, menu, window), Region(menu));
    EXPECT_EQ(found(below, menu, desktop), Region(menu));
}

TEST_F(CoveredPixelsTest, is_empty_after_clear) {
    const Picture picture(1);
    keep(picture);
    covered.clear();
    EXPECT_EQ(cover(kPicture, picture).size(), 1u);
}

TEST_F(CoveredPixelsTest, tells_few_rectangles) {
    Picture picture(1);
    const size_t memory = keep(picture);
    Region changed;
    for (int32_t y = 0; y < kPictureHeight; y += 40) {
        for (int32_t x = 0; x < kPictureWidth; x += 40) {
            changed |= Rect{x, y, x + 30, y + 30};
            picture.at(x + 35, y + 35) ^= 1; // between them
        }
    }
    CoveredPixels::Regions valid;
    valid.at(memory) = kPicture;
    const auto pieces = covered.find(changed, valid, picture);
    EXPECT_FALSE(pieces.empty());
    EXPECT_LE(pieces.size(), CoveredPixels::kMaxFound);
    EXPECT_FALSE(area_of(pieces).contains(Point{35, 35}));
}

} // namespace
} // namespace spice::display
