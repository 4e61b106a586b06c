#include "display/update_planner.hpp"

#include "display/cell_grid.hpp"

#include "support/random.hpp"
#include "support/test_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace spice::display {
namespace {

Screen screen_of(const test::TestImage& image) {
    const std::vector<uint32_t> rows = image.packed();
    std::shared_ptr<uint32_t[]> pixels = std::make_shared<uint32_t[]>(rows.size());
    std::ranges::copy(rows, pixels.get());
    const Size size{static_cast<int>(image.width), static_cast<int>(image.height)};
    Commit commit;
    commit.surface = Surface{0, size};
    commit.changed.push_back({{0, 0, size.width, size.height}, std::move(pixels)});
    Screen screen;
    screen.apply(commit);
    return screen;
}

bool never(const Rect& /*cell*/, int64_t /*changed_pixels*/) {
    return false;
}

// Every plan must hold this: all of the region, nothing outside the surface, fills that are really solid.
void check(const UpdatePlan& plan, const Region& changed, const Screen& screen) {
    const Size size = screen.surface()->size;
    Region covered;
    for (const Fill& fill : plan.fills) {
        covered |= fill.area;
        ASSERT_FALSE(fill.area.empty());
        for (int y = fill.area.y1; y < fill.area.y2; ++y) {
            for (int x = fill.area.x1; x < fill.area.x2; ++x) {
                ASSERT_EQ(screen.pixels()[static_cast<size_t>(y) * screen.stride() + static_cast<size_t>(x)],
                          fill.colour);
            }
        }
    }
    for (const Rect& part : plan.parts) {
        covered |= part;
        ASSERT_TRUE(part.area() <= kMaxImagePixels || part.height() == 1);
        ASSERT_FALSE(part.empty());
    }
    for (const Rect& cell : plan.cells) {
        covered |= cell;
        const Rect whole = cell_at(cell.x1 / kCell, cell.y1 / kCell);
        ASSERT_EQ(cell, intersect(whole, {0, 0, size.width, size.height}));
    }
    ASSERT_EQ(covered, plan.covered());
    ASSERT_TRUE(covered.contains(changed));
    ASSERT_TRUE(Region(Rect{0, 0, size.width, size.height}).contains(covered));
}

TEST(UpdatePlanner, has_nothing_to_do_for_nothing) {
    const Screen screen = screen_of(test::ui_image(50, 50));
    const UpdatePlan plan = plan_update(Region(), screen, never);
    EXPECT_TRUE(plan.fills.empty());
    EXPECT_TRUE(plan.parts.empty());
    EXPECT_TRUE(plan.cells.empty());
}

TEST(UpdatePlanner, fills_a_plain_screen_with_one_rectangle) {
    test::TestImage image(333, 222);
    image.fill(0, 0, 333, 222, 0x808080);
    const Screen screen = screen_of(image);
    const UpdatePlan plan = plan_update(Rect{0, 0, 333, 222}, screen, never);
    ASSERT_EQ(plan.fills.size(), 1u);
    EXPECT_EQ(plan.fills[0].area, (Rect{0, 0, 333, 222}));
    EXPECT_EQ(plan.fills[0].colour, 0x808080u);
    EXPECT_TRUE(plan.parts.empty());
    EXPECT_TRUE(plan.cells.empty());
}

TEST(UpdatePlanner, fills_the_background_around_a_window) {
    test::TestImage image(3 * kCell, 2 * kCell);
    image.fill(0, 0, 3 * kCell, 2 * kCell, 0x2e3436);
    const test::TestImage window = test::photo_image(200, 150);
    for (uint32_t y = 0; y < 150; ++y) {
        for (uint32_t x = 0; x < 200; ++x) {
            image.at(kCell + 40 + x, kCell - 60 + y) = window.pixels[y * window.stride + x];
        }
    }
    const Screen screen = screen_of(image);
    const Region whole = Rect{0, 0, 3 * kCell, 2 * kCell};
    const UpdatePlan plan = plan_update(whole, screen, never);
    check(plan, whole, screen);
    // The window lies in two cells; those around them are plain.
    EXPECT_EQ(plan.cells, (std::vector<Rect>{cell_at(1, 0), cell_at(1, 1)}));
    EXPECT_TRUE(plan.parts.empty());
    EXPECT_LE(plan.fills.size(), 5u);
}

TEST(UpdatePlanner, leaves_small_areas_to_the_codec) {
    test::TestImage image(64, 63);
    image.fill(0, 0, 64, 62, 0xffffff);
    const UpdatePlan plan = plan_update(Rect{0, 0, 64, 63}, screen_of(image), never);
    EXPECT_TRUE(plan.fills.empty());
    EXPECT_EQ(plan.parts, (std::vector<Rect>{{0, 0, 64, 63}}));
}

TEST(UpdatePlanner, fills_what_is_of_one_colour_however_small) {
    test::TestImage image(64, 63);
    image.fill(0, 0, 64, 62, 0xffffff);
    const UpdatePlan plan = plan_update(Rect{3, 4, 5, 9}, screen_of(image), never);
    ASSERT_EQ(plan.fills.size(), 1u);
    EXPECT_EQ(plan.fills[0].area, (Rect{3, 4, 5, 9}));
    EXPECT_EQ(plan.fills[0].colour, 0xffffffu);
    EXPECT_TRUE(plan.parts.empty());
}

TEST(UpdatePlanner, cuts_large_images_into_cells) {
    const Screen screen = screen_of(test::photo_image(1920, 1080));
    const Region whole = Rect{0, 0, 1920, 1080};
    const UpdatePlan plan = plan_update(whole, screen, never);
    check(plan, whole, screen);
    EXPECT_EQ(plan.cells.size(), 6u * 4u);
    EXPECT_TRUE(plan.parts.empty());
}

TEST(UpdatePlanner, cuts_a_wide_strip_into_parts_of_bounded_size) {
    const Screen screen = screen_of(test::photo_image(1920, 300));
    const Region strip = Rect{0, 10, 1920, 110};
    const UpdatePlan plan = plan_update(strip, screen, never);
    check(plan, strip, screen);
    EXPECT_TRUE(plan.cells.empty());
    EXPECT_EQ(plan.parts.size(), 2u);
}

TEST(UpdatePlanner, cuts_a_high_strip_where_its_content_may_be_another) {
    const Screen screen = screen_of(test::photo_image(300, 900));
    const Region strip = Rect{0, 0, 128, 900};
    const UpdatePlan plan = plan_update(strip, screen, never);
    check(plan, strip, screen);
    EXPECT_TRUE(plan.cells.empty());
    EXPECT_EQ(plan.parts.size(), 3u);
    const Region thin = Rect{0, 0, 8, 900}; // what a dragged window uncovers
    EXPECT_EQ(plan_update(thin, screen, never).parts, (std::vector<Rect>{{0, 0, 8, 900}}));
}

TEST(UpdatePlanner, asks_whether_a_cell_that_changed_in_part_goes_as_a_whole) {
    const Screen screen = screen_of(test::photo_image(2 * kCell, kCell));
    const Region changed = Rect{kCell, 0, 2 * kCell, 100};
    std::vector<Rect> asked;
    const UpdatePlan plan = plan_update(changed, screen, [&](const Rect& cell, int64_t changed_pixels) {
        EXPECT_EQ(changed_pixels, kCell * 100);
        asked.push_back(cell);
        return true;
    });
    EXPECT_EQ(asked, std::vector<Rect>{cell_at(1, 0)});
    EXPECT_EQ(plan.cells, asked);
    EXPECT_TRUE(plan.parts.empty());
    EXPECT_EQ(plan_update(changed, screen, never).parts,
              std::vector<Rect>(changed.rects().begin(), changed.rects().end()));
}

TEST(UpdatePlanner, does_not_ask_about_cells_that_changed_a_little) {
    const Screen screen = screen_of(test::text_image(600, 300));
    plan_update(Rect{300, 20, 380, 40}, screen, [](const Rect&, int64_t) {
        ADD_FAILURE();
        return true;
    });
}

TEST(UpdatePlanner, does_not_ask_about_cells_around_one_colour) {
    test::TestImage image = test::photo_image(600, 300);
    image.fill(300, 20, 400, 120, 0x204060);
    const Screen screen = screen_of(image);
    const Region changed = Rect{300, 20, 400, 120};
    const UpdatePlan plan = plan_update(changed, screen, [](const Rect&, int64_t) {
        ADD_FAILURE();
        return true;
    });
    check(plan, changed, screen);
    EXPECT_EQ(plan.fills.size(), 1u);
    EXPECT_EQ(plan.covered(), changed);
}

// A window is cleared before its program draws: nobody need see the cell around it, however much of it that
// is.
TEST(UpdatePlanner, fills_what_is_of_one_colour_in_most_of_a_cell) {
    test::TestImage image = test::photo_image(kCell, kCell);
    image.fill(10, 10, kCell, kCell, 0x204060);
    const Screen screen = screen_of(image);
    const Region changed = Rect{10, 10, kCell, kCell};
    const UpdatePlan plan = plan_update(changed, screen, never);
    check(plan, changed, screen);
    EXPECT_EQ(plan.fills.size(), 1u);
    EXPECT_EQ(plan.covered(), changed);
}

TEST(UpdatePlanner, covers_random_regions_of_every_content) {
    for (uint32_t seed = 0; seed < 60; ++seed) {
        test::Random random(seed);
        const Screen screen = screen_of(test::mixed_image(100 + random() % 500, 100 + random() % 300));
        const Size size = screen.surface()->size;
        Region changed;
        for (uint32_t i = random() % 100; i > 0; --i) {
            const int x = static_cast<int>(random() % static_cast<uint32_t>(size.width));
            const int y = static_cast<int>(random() % static_cast<uint32_t>(size.height));
            changed |= Rect{x, y, x + 1 + static_cast<int>(random() % static_cast<uint32_t>(size.width - x)),
                            y + 1 + static_cast<int>(random() % 20)};
        }
        changed &= Rect{0, 0, size.width, size.height};
        const auto choice = [&random](const Rect&, int64_t) { return random() % 2 == 0; };
        check(plan_update(changed, screen, choice), changed, screen);
        if (HasFatalFailure()) {
            FAIL() << "seed " << seed;
        }
    }
}

} // namespace
} // namespace spice::display
