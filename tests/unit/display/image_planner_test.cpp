#include "display/image_planner.hpp"

#include "display/cell_grid.hpp"

#include "support/photo_image.hpp"
#include "support/test_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace spice::display {
namespace {

using codecs::Codec;
using test::TestImage;

Rect bounds(const TestImage& image) {
    return {0, 0, static_cast<int>(image.width), static_cast<int>(image.height)};
}

void show(Screen& screen, const TestImage& image) {
    const std::vector<uint32_t> rows = image.packed();
    std::shared_ptr<uint32_t[]> pixels = std::make_shared<uint32_t[]>(rows.size());
    std::ranges::copy(rows, pixels.get());
    Commit commit;
    commit.surface = Surface{0, {static_cast<int>(image.width), static_cast<int>(image.height)}};
    commit.changed.push_back({bounds(image), std::move(pixels)});
    screen.apply(commit);
}

ImagePlanner planner_for(ImageCompression compression = ImageCompression::automatic) {
    CodecPreferences preferences;
    preferences.configured = compression;
    preferences.has_glz = true;
    ImagePlanner planner(preferences);
    planner.set_cache_budget(1 << 22);
    return planner;
}

// As the channel does when the images have been encoded.
void keep(ImagePlanner& planner, const ImagePlanner::Plan& plan) {
    for (const PlannedImage& image : plan.images) {
        if (image.keep) {
            planner.cache().add(image.key);
        }
    }
}

int64_t cached(const ImagePlanner::Plan& plan) {
    return std::ranges::count_if(plan.images, [](const auto& image) { return image.cached.has_value(); });
}

TEST(ImagePlanner, covers_what_changed) {
    Screen screen;
    const TestImage image = test::mixed_image(900, 700);
    show(screen, image);
    ImagePlanner planner = planner_for();
    const Region changed = Region(Rect{10, 10, 500, 600}) | Rect{700, 30, 710, 40};
    const auto plan = planner.plan(changed, screen, changed.area(), std::nullopt, true);
    Region told;
    for (const Fill& fill : plan.fills) {
        told |= fill.area;
    }
    for (const PlannedImage& planned : plan.images) {
        told |= planned.area;
    }
    EXPECT_EQ(told, plan.covered);
    EXPECT_TRUE(told.contains(changed));
}

TEST(ImagePlanner, draws_a_screen_that_comes_back_from_the_cache) {
    Screen screen;
    ImagePlanner planner = planner_for();
    const TestImage one = test::ui_image(1024, 768);
    const TestImage other = test::text_image(1024, 768);
    for (const TestImage* image : {&one, &other}) {
        show(screen, *image);
        const auto plan = planner.plan(bounds(one), screen, 1024 * 768, std::nullopt, true);
        EXPECT_EQ(cached(plan), 0);
        keep(planner, plan);
    }
    show(screen, one);
    const auto plan = planner.plan(bounds(one), screen, 1024 * 768, std::nullopt, true);
    EXPECT_EQ(cached(plan), 12);
    EXPECT_EQ(plan.images.size(), 12u);
}

TEST(ImagePlanner, finds_what_was_under_a_menu) {
    Screen screen;
    ImagePlanner planner = planner_for();
    TestImage image = test::text_image(512, 512);
    show(screen, image);
    keep(planner, planner.plan(bounds(image), screen, 512 * 512, std::nullopt, true));
    const Rect menu{30, 20, 190, 220};
    const TestImage before = image;
    image.fill(30, 20, 190, 220, 0xeeeeee);
    show(screen, image);
    keep(planner, planner.plan(menu, screen, menu.area(), std::nullopt, true));
    show(screen, before);
    const auto closed = planner.plan(menu, screen, menu.area(), std::nullopt, true);
    ASSERT_EQ(closed.images.size(), 1u);
    EXPECT_TRUE(closed.images[0].cached);
    EXPECT_EQ(closed.images[0].area, cell_at(0, 0));
}

TEST(ImagePlanner, keeps_a_part_that_comes_a_second_time) {
    Screen screen;
    ImagePlanner planner = planner_for();
    show(screen, test::text_image(300, 300));
    const Rect button{10, 10, 70, 40};
    const auto first = planner.plan(button, screen, button.area(), std::nullopt, true);
    ASSERT_EQ(first.images.size(), 1u);
    EXPECT_FALSE(first.images[0].keep);
    const auto second = planner.plan(button, screen, button.area(), std::nullopt, true);
    EXPECT_TRUE(second.images[0].keep);
    keep(planner, second);
    EXPECT_TRUE(planner.plan(button, screen, button.area(), std::nullopt, true).images[0].cached);
}

TEST(ImagePlanner, sends_a_large_photograph_lossy_at_first_and_keeps_none_of_it) {
    Screen screen;
    const TestImage photo = test::natural_image(1920, 1080);
    show(screen, photo);
    ImagePlanner planner = planner_for();
    const auto first = planner.plan(bounds(photo), screen, 1920 * 1080, 1e6, true);
    ASSERT_FALSE(first.images.empty());
    const auto lossy = std::ranges::count_if(first.images, &PlannedImage::lossy);
    EXPECT_GT(lossy, std::ssize(first.images) / 2);
    EXPECT_TRUE(
        std::ranges::none_of(first.images, [](const auto& image) { return image.lossy && image.keep; }));
    const auto then = planner.plan(bounds(photo), screen, 0, 1e6, false);
    EXPECT_TRUE(std::ranges::none_of(then.images, &PlannedImage::lossy));
    EXPECT_TRUE(std::ranges::any_of(then.images, [](const auto& image) {
        return image.choice.recipe.codec == codecs::codec(Codec::quic);
    }));
}

TEST(ImagePlanner, counts_what_waits_as_well) {
    Screen screen;
    const TestImage photo = test::natural_image(1920, 1080);
    show(screen, photo);
    ImagePlanner planner = planner_for();
    const Region part = Rect{0, 0, 256, 256};
    EXPECT_FALSE(planner.plan(part, screen, part.area(), 10e6, true).images[0].lossy);
    EXPECT_TRUE(planner.plan(part, screen, 1920 * 1080, 10e6, true).images[0].lossy);
}

TEST(ImagePlanner, never_blurs_text) {
    Screen screen;
    const TestImage text = test::text_image(1920, 1080);
    show(screen, text);
    ImagePlanner planner = planner_for();
    const auto plan = planner.plan(bounds(text), screen, 1920 * 1080, 0.2e6, true);
    EXPECT_TRUE(std::ranges::none_of(plan.images, &PlannedImage::lossy));
}

TEST(ImagePlanner, takes_what_goes_on_changing_for_video) {
    Screen screen;
    ImagePlanner planner = planner_for();
    TestImage photo = test::photo_image(256, 256);
    int lossy = 0;
    ImagePlanner::Time now{};
    for (int frame = 0; frame < 10; ++frame) {
        std::ranges::rotate(photo.pixels, photo.pixels.begin() + 700); // two rows and some pixels
        show(screen, photo);
        now += std::chrono::milliseconds(33);
        const auto plan = planner.plan(bounds(photo), screen, 256 * 256, 100e6, true, now);
        lossy += plan.images[0].lossy ? 1 : 0;
    }
    EXPECT_EQ(lossy, 10 - FilmWatch::kVideoFrames + 1);
    // After a rest it is a picture again.
    now += std::chrono::seconds(1);
    EXPECT_FALSE(planner.plan(bounds(photo), screen, 256 * 256, 100e6, true, now).images[0].lossy);
}

TEST(ImagePlanner, tells_film_in_few_images_and_what_is_beside_it_exact) {
    Screen screen;
    ImagePlanner planner = planner_for();
    const Rect film{320, 180, 1600, 900};
    const Rect text{20, 400, 200, 420};
    TestImage image = test::natural_image(1920, 1080);
    std::set<codecs::ContentKey> keys;
    ImagePlanner::Time now{};
    for (int frame = 0; frame < 40; ++frame) {
        std::ranges::rotate(image.pixels, image.pixels.begin() + 3853); // two rows and some pixels
        image.fill(20, 400, 200, 420, 0xffffff);
        image.fill(30 + frame, 405, 40 + frame, 415, 0);
        show(screen, image);
        now += std::chrono::milliseconds(33);
        const Region changed = Region(film) | text;
        const auto plan = planner.plan(changed, screen, changed.area(), 100e6, true, now);
        EXPECT_TRUE(plan.covered.contains(changed));
        if (frame < 2 * FilmWatch::kVideoFrames) {
            continue;
        }
        ASSERT_EQ(plan.images.size(), 3u) << frame;
        for (const PlannedImage& planned : plan.images) {
            EXPECT_EQ(planned.lossy, Region(film).contains(planned.area));
            EXPECT_FALSE(planned.lossy && planned.keep);
            EXPECT_TRUE(keys.insert(planned.key).second);
        }
    }
}

TEST(ImagePlanner, tells_film_exact_where_that_is_wanted) {
    Screen screen;
    CodecPreferences preferences;
    preferences.jpeg = WanCompression::never;
    ImagePlanner planner(preferences);
    TestImage photo = test::natural_image(256, 256);
    ImagePlanner::Time now{};
    for (int frame = 0; frame < 2 * FilmWatch::kVideoFrames; ++frame) {
        std::ranges::rotate(photo.pixels, photo.pixels.begin() + 700);
        show(screen, photo);
        now += std::chrono::milliseconds(33);
        const auto plan = planner.plan(bounds(photo), screen, 256 * 256, 100e6, true, now);
        ASSERT_EQ(plan.images.size(), 1u);
        EXPECT_FALSE(plan.images[0].lossy);
        EXPECT_EQ(plan.images[0].key, codecs::content_key(screen.view(bounds(photo))));
    }
}

TestImage page_with(const TestImage& photograph, uint32_t left, uint32_t top) {
    TestImage page = test::text_image(512, 512);
    page.fill(left - 12, top - 12, left + photograph.width + 12, top + photograph.height + 12, 0xffffff);
    page.paste(photograph, left, top);
    return page;
}

TEST(ImagePlanner, sends_a_photograph_and_the_text_around_it_by_codecs_of_their_own) {
    Screen screen;
    const TestImage page = page_with(test::natural_image(200, 100), 30, 40);
    show(screen, page);
    ImagePlanner planner = planner_for();
    const auto plan = planner.plan(bounds(page), screen, 512 * 512, std::nullopt, true);
    Region photographs;
    Region told;
    for (const PlannedImage& image : plan.images) {
        told |= image.area;
        if (image.choice.recipe.codec == codecs::codec(Codec::quic)) {
            photographs |= image.area;
        }
    }
    for (const Fill& fill : plan.fills) {
        told |= fill.area;
    }
    EXPECT_EQ(photographs, Region(Rect{30, 40, 230, 140}));
    EXPECT_EQ(told, Region(bounds(page)));
    // None but the automatic ones ask for it.
    ImagePlanner lz = planner_for(ImageCompression::lz);
    EXPECT_EQ(lz.plan(bounds(page), screen, 512 * 512, std::nullopt, true).images.size(), 4u);
}

TEST(ImagePlanner, finds_a_photograph_in_the_cache_whatever_changed_around_it) {
    Screen screen;
    ImagePlanner planner = planner_for();
    const TestImage photograph = test::natural_image(300, 150);
    show(screen, page_with(photograph, 100, 60));
    keep(planner, planner.plan(Rect{0, 0, 512, 512}, screen, 512 * 512, std::nullopt, true));
    TestImage page = page_with(photograph, 100, 60);
    page.fill(0, 230, 512, 256, 0x3366cc);
    page.fill(0, 0, 512, 30, 0x3366cc);
    show(screen, page);
    const Region changed = Rect{0, 0, 512, 256};
    Region from_cache;
    for (const PlannedImage& image : planner.plan(changed, screen, changed.area(), {}, true).images) {
        if (image.cached) {
            from_cache |= image.area;
        }
    }
    EXPECT_TRUE(from_cache.contains(Rect{100, 60, 400, 210}));
    EXPECT_FALSE(from_cache.overlaps(Rect{0, 230, 512, 256}));
}

TEST(ImagePlanner, takes_a_large_part_of_a_cell_for_the_whole_where_the_rest_costs_little) {
    Screen screen;
    const TestImage text = test::text_image(512, 512);
    show(screen, text);
    const Rect half{0, 0, kCell, kCell * 45 / 100};
    ImagePlanner planner = planner_for();
    EXPECT_EQ(planner.plan(half, screen, half.area(), {}, true).images[0].area, half);
    ImagePlanner alone = planner_for();
    alone.preferences().alone = true;
    EXPECT_EQ(alone.plan(half, screen, half.area(), {}, true).images[0].area, cell_at(0, 0));
}

TEST(ImagePlanner, does_not_divide_a_film) {
    Screen screen;
    ImagePlanner planner = planner_for();
    TestImage photo = test::natural_image(256, 150);
    ImagePlanner::Time now{};
    for (int frame = 0; frame < 3 * FilmWatch::kVideoFrames; ++frame) {
        std::ranges::rotate(photo.pixels, photo.pixels.begin() + 513);
        TestImage cell = test::text_image(256, 256);
        cell.paste(photo, 0, 0);
        cell.fill(0, 150, 256, 170, 0xffffff);
        show(screen, cell);
        now += std::chrono::milliseconds(33);
        const auto plan = planner.plan(bounds(cell), screen, 256 * 256, 100e6, true, now);
        EXPECT_EQ(plan.images.size(), frame < FilmWatch::kVideoFrames ? 2u : 1u) << frame;
        EXPECT_EQ(plan.images[0].lossy, frame >= FilmWatch::kVideoFrames - 1) << frame;
    }
}

TEST(ImagePlanner, divides_what_a_scroll_uncovers_however_long_that_goes_on) {
    Screen screen;
    ImagePlanner planner = planner_for();
    TestImage photo = test::natural_image(300, 200);
    ImagePlanner::Time now{};
    for (int frame = 0; frame < 3 * FilmWatch::kVideoFrames; ++frame) {
        std::ranges::rotate(photo.pixels, photo.pixels.begin() + 300 * 16);
        show(screen, page_with(photo, 190, 100));
        now += std::chrono::milliseconds(16);
        const Rect strip{0, 120, 512, 136};
        const auto plan = planner.plan(strip, screen, strip.area(), 100e6, true, now);
        EXPECT_EQ(plan.images[0].area, (Rect{190, 120, 490, 136})) << frame;
    }
}

} // namespace
} // namespace spice::display
