#include "display/motion_search.hpp"

#include "display/screen.hpp"
#include "support/random.hpp"
#include "support/test_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

namespace spice::display {
namespace {

using test::Random;
using test::TestImage;

Rect whole(const TestImage& image) {
    return {0, 0, static_cast<int32_t>(image.width), static_cast<int32_t>(image.height)};
}

uint32_t& pixel(TestImage& image, int32_t x, int32_t y) {
    return image.at(static_cast<uint32_t>(x), static_cast<uint32_t>(y));
}

uint32_t pixel(const TestImage& image, int32_t x, int32_t y) {
    return image.pixels[static_cast<size_t>(y) * image.stride + static_cast<size_t>(x)];
}

template <typename Colour>
void paint(TestImage& image, const Rect& area, Colour colour) {
    for (int32_t y = area.y1; y < area.y2; ++y) {
        for (int32_t x = area.x1; x < area.x2; ++x) {
            pixel(image, x, y) = colour(x, y);
        }
    }
}

// The part of a document that begins at (x, y), shown in `view`.
void show(TestImage& image, const Rect& view, const TestImage& document, int32_t x, int32_t y) {
    paint(image, view, [&](int32_t px, int32_t py) {
        return pixel(document, x + px - view.x1, y + py - view.y1) & 0xffffff;
    });
}

// What a copy means: all sources are read before any destination is written.
void apply(TestImage& image, const Copy& copy) {
    const TestImage before = image;
    for (const Rect& rect : copy.destination.rects()) {
        paint(image, rect, [&](int32_t x, int32_t y) { return pixel(before, x - copy.dx, y - copy.dy); });
    }
}

Commit commit_of(const TestImage& image, const Region& claimed) {
    Commit commit;
    commit.surface = Surface{0, {whole(image).x2, whole(image).y2}};
    for (const Rect& area : claimed.rects()) {
        std::shared_ptr<uint32_t[]> pixels = std::make_shared<uint32_t[]>(static_cast<size_t>(area.area()));
        for (int32_t y = area.y1; y < area.y2; ++y) {
            std::copy_n(&image.pixels[static_cast<size_t>(y) * image.stride + static_cast<size_t>(area.x1)],
                        area.width(),
                        &pixels[static_cast<size_t>(y - area.y1) * static_cast<size_t>(area.width())]);
        }
        commit.changed.push_back({area, pixels});
    }
    return commit;
}

int64_t differing(const TestImage& a, const TestImage& b) {
    int64_t count = 0;
    for (size_t i = 0; i < a.pixels.size(); ++i) {
        count += a.pixels[i] != b.pixels[i];
    }
    return count;
}

// A step from one picture to the next, through a Screen, against a model of what the answer means.
struct Step {
    Step(const TestImage& before, const TestImage& after, const Region& claimed) {
        Screen screen;
        screen.apply(commit_of(before, whole(before)));
        update = screen.apply(commit_of(after, claimed));
        EXPECT_TRUE(std::ranges::equal(screen.pixels(), after.pixels));
        TestImage model = before;
        for (const Copy& copy : update.copies) {
            EXPECT_TRUE(claimed.contains(copy.destination));
            EXPECT_TRUE(Region(whole(before)).contains(copy.source()));
            apply(model, copy);
        }
        for (const Rect& rect : update.changed.rects()) {
            paint(model, rect, [&](int32_t x, int32_t y) { return pixel(after, x, y); });
        }
        EXPECT_EQ(differing(model, after), 0);
        EXPECT_TRUE(Region(whole(before)).contains(update.changed));
    }
    Step(const TestImage& before, const TestImage& after) : Step(before, after, whole(before)) {}

    int64_t changed() const { return update.changed.area(); }
    size_t rects() const {
        size_t count = 0;
        for (const Copy& copy : update.copies) {
            count += copy.destination.rect_count();
        }
        return count;
    }

    ScreenUpdate update;
};

// How much the comparison alone would have to tell.
int64_t plain_difference(const TestImage& before, const TestImage& after) {
    std::vector<Rect> different;
    const PixelArea a{whole(before), before.pixels.data(), before.stride};
    const PixelArea b{whole(after), after.pixels.data(), after.stride};
    find_differences(a, b, whole(before), different);
    return Region(join_neighbours(different)).area();
}

constexpr uint32_t kWidth = 800;
constexpr uint32_t kHeight = 600;
constexpr Rect kView{101, 53, 701, 453};

const TestImage& desktop() {
    static const TestImage image = test::mixed_image(kWidth, kHeight);
    return image;
}

const TestImage& text() {
    static const TestImage image = test::text_image(1200, 1200);
    return image;
}

const TestImage& photo() {
    static const TestImage image = test::photo_image(1200, 1200);
    return image;
}

struct Scroll {
    const char* name;
    const TestImage& (*document)();
    int32_t dx;
    int32_t dy;
};

void PrintTo(const Scroll& scroll, std::ostream* out) {
    *out << scroll.name << " by " << scroll.dx << ", " << scroll.dy;
}

class ScrolledView : public ::testing::TestWithParam<Scroll> {};

TEST_P(ScrolledView, costs_one_copy_and_the_new_strip) {
    const Scroll& scroll = GetParam();
    TestImage before = desktop();
    TestImage after = desktop();
    show(before, kView, scroll.document(), 300, 300);
    show(after, kView, scroll.document(), 300 + scroll.dx, 300 + scroll.dy);
    const int64_t strip =
        std::abs(scroll.dx) * kView.height() + std::abs(scroll.dy) * kView.width() - scroll.dx * scroll.dy;
    for (const Rect& claimed : {kView, whole(desktop())}) {
        const Step step(before, after, claimed);
        ASSERT_EQ(step.update.copies.size(), 1u);
        EXPECT_EQ(step.update.copies[0].dx, -scroll.dx);
        EXPECT_EQ(step.update.copies[0].dy, -scroll.dy);
        EXPECT_EQ(step.rects(), 1u);
        EXPECT_LE(step.changed(), strip + strip / 50);
    }
}

INSTANTIATE_TEST_SUITE_P(MotionSearch, ScrolledView,
                         ::testing::Values(Scroll{"text", text, 0, 1}, Scroll{"text", text, 0, 8},
                                           Scroll{"text", text, 0, -13}, Scroll{"text", text, 0, 200},
                                           Scroll{"text", text, 1, 0}, Scroll{"text", text, -200, 0},
                                           Scroll{"text", text, 37, 21}, Scroll{"photo", photo, 0, 2},
                                           Scroll{"photo", photo, 0, -120}, Scroll{"photo", photo, 3, 0},
                                           Scroll{"photo", photo, 150, 0}));

TEST(MotionSearch, finds_several_views_that_move_differently) {
    constexpr Rect kViews[] = {{10, 20, 360, 290}, {390, 20, 790, 290}, {10, 310, 790, 590}};
    TestImage before = desktop();
    TestImage after = desktop();
    show(before, kViews[0], text(), 0, 200);
    show(after, kViews[0], text(), 0, 216);
    show(before, kViews[1], photo(), 100, 100);
    show(after, kViews[1], photo(), 88, 100);
    show(before, kViews[2], text(), 300, 700);
    show(after, kViews[2], text(), 300, 661);
    const Step step(before, after);
    EXPECT_EQ(step.update.copies.size(), 3u);
    EXPECT_EQ(step.rects(), 3u);
    EXPECT_LE(step.changed(), (16 * 350 + 12 * 270 + 39 * 780) * 51 / 50);
}

TEST(MotionSearch, leaves_header_side_bar_and_counter_alone) {
    TestImage before = desktop();
    TestImage after = desktop();
    show(before, whole(before), text(), 0, 0);
    show(after, whole(after), text(), 0, 24);
    for (TestImage* image : {&before, &after}) {
        show(*image, {0, 0, 800, 70}, photo(), 0, 0);    // header
        show(*image, {0, 70, 150, 600}, photo(), 0, 70); // side bar
    }
    const Rect counter{740, 570, 795, 595};
    show(before, counter, photo(), 20, 20);
    show(after, counter, photo(), 320, 320);
    const Step step(before, after);
    ASSERT_EQ(step.update.copies.size(), 1u);
    EXPECT_EQ(step.rects(), 1u);
    // The strip, the counter, and where the copy has taken the counter to.
    EXPECT_LE(step.changed(), 24 * 650 + 3 * counter.area());
}

// An xterm of 80x24 that got four more lines; half of its lines are equal.
TEST(MotionSearch, follows_a_terminal_with_many_equal_lines) {
    TestImage lines(640, 600);
    for (int32_t y = 0; y < 600; y += 15) {
        show(lines, {0, y, 640, y + 15}, text(), y % 30 == 0 ? 0 : 500, y % 30 == 0 ? 1 : y / 15 * 16 + 1);
    }
    TestImage before = desktop();
    TestImage after = desktop();
    show(before, {30, 40, 670, 400}, lines, 0, 0);
    show(after, {30, 40, 670, 400}, lines, 0, 60);
    const Step step(before, after);
    ASSERT_EQ(step.update.copies.size(), 1u);
    EXPECT_EQ(step.update.copies[0].dy, -60);
    EXPECT_LE(step.changed(), 60 * 640);
}

TEST(MotionSearch, follows_a_window_dragged_across_a_picture) {
    TestImage before = desktop();
    show(before, whole(before), photo(), 0, 0);
    TestImage after = before;
    const Rect from{200, 150, 600, 450};
    const Rect to{207, 147, 607, 447};
    show(before, from, text(), 6, 4);
    show(after, to, text(), 6, 4);
    for (const Region& claimed : {Region(from) | Region(to), Region(whole(before))}) {
        const Step step(before, after, claimed);
        ASSERT_EQ(step.update.copies.size(), 1u);
        EXPECT_EQ(step.update.copies[0].dx, 7);
        EXPECT_EQ(step.update.copies[0].dy, -3);
        EXPECT_LE(step.changed(), 2 * (7 * 300 + 3 * 400));
    }
}

// Each reads what the other writes: one of them cannot be whole.
TEST(MotionSearch, exchanges_two_windows) {
    TestImage before = desktop();
    TestImage after = desktop();
    show(before, {20, 20, 320, 420}, photo(), 0, 0);
    show(before, {400, 20, 700, 420}, text(), 300, 300);
    show(after, {400, 20, 700, 420}, photo(), 0, 0);
    show(after, {20, 20, 320, 420}, text(), 300, 300);
    const Step step(before, after);
    ASSERT_EQ(step.update.copies.size(), 1u);
    EXPECT_LE(step.changed(), 300 * 400);
}

TEST(MotionSearch, finds_nothing_where_nothing_moved) {
    TestImage before = desktop();
    TestImage after = desktop();
    Random random(5);
    for (TestImage* image : {&before, &after}) {
        paint(*image, kView, [&](int32_t, int32_t) { return random() & 0xffffff; });
    }
    const Step film(before, after);
    EXPECT_TRUE(film.update.copies.empty());
    EXPECT_EQ(film.update.changed, Region(kView));
    paint(after, whole(after), [](int32_t, int32_t) { return 0x334455u; });
    EXPECT_TRUE(Step(before, after).update.copies.empty());
    EXPECT_TRUE(Step(after, before).update.copies.empty());
}

TEST(MotionSearch, does_not_bother_about_small_changes) {
    TestImage before = desktop();
    TestImage after = desktop();
    show(before, {100, 100, 220, 220}, photo(), 0, 0);
    show(after, {100, 100, 220, 220}, photo(), 0, 8);
    EXPECT_TRUE(Step(before, after).update.copies.empty());
}

TEST(MotionSearch, does_its_work_on_surfaces_of_any_shape) {
    for (const auto& [width, height] : {std::pair{1200u, 17u}, {40u, 1200u}, {1199u, 63u}, {70u, 1187u}}) {
        TestImage before(width, height);
        TestImage after(width, height);
        const bool wide = width > height;
        show(before, whole(before), photo(), 0, 0);
        paint(after, whole(after), [&](int32_t x, int32_t y) {
            return wide ? pixel(before, (x + 9) % static_cast<int32_t>(width), y)
                        : pixel(before, x, (y + 9) % static_cast<int32_t>(height));
        });
        const Step step(before, after);
        EXPECT_LE(step.changed(), plain_difference(before, after));
    }
}

// Large enough that the tiles are, too.
TEST(MotionSearch, follows_a_scroll_on_a_very_large_surface) {
    const TestImage tall = test::photo_image(300, 5000);
    TestImage before(300, 4900);
    TestImage after(300, 4900);
    show(before, whole(before), tall, 0, 0);
    show(after, whole(after), tall, 0, 64);
    const Step step(before, after);
    EXPECT_EQ(step.rects(), 1u);
    EXPECT_EQ(step.changed(), 64 * 300);
}

// Whatever is proposed, Step checks that copies and changed pixels make the new picture, for pictures in
// which windows of all kinds move at random under random claims.
// A view scrolled step by step: what each step makes of it, and what is to be told.
struct ScrolledSteps {
    explicit ScrolledSteps(const Rect& scrolled) : view(scrolled) {
        image = desktop();
        show(image, view, text(), 300, 0);
        screen.apply(commit_of(image, whole(image)));
    }
    ScreenUpdate to(int32_t y) {
        show(image, view, text(), 300, y);
        const ScreenUpdate update = screen.apply(commit_of(image, view));
        EXPECT_TRUE(std::ranges::equal(screen.pixels(), image.pixels));
        return update;
    }

    Rect view;
    TestImage image{1, 1};
    Screen screen;
};

TEST(MotionSearch, expects_a_scroll_to_go_on_and_sees_when_it_does_not) {
    ScrolledSteps steps(kView);
    steps.to(16);
    for (const auto& [y, dy] : {std::pair{32, -16}, {48, -16}, {60, -12}, {72, -12}, {60, 12}}) {
        const ScreenUpdate update = steps.to(y);
        ASSERT_EQ(update.copies.size(), 1u) << "to " << y;
        EXPECT_EQ(update.copies[0].dy, dy);
        EXPECT_LE(update.changed.area(), 2 * std::abs(dy) * kView.width());
    }
    EXPECT_TRUE(steps.to(60).copies.empty()) << "nothing has moved";
    EXPECT_TRUE(steps.to(60).changed.empty());
}

TEST(MotionSearch, repeats_only_what_it_found_last) {
    const TestImage before = desktop();
    MotionSearch search;
    const PixelArea picture{whole(before), before.pixels.data(), before.stride};
    EXPECT_FALSE(search.repeated(picture, {&picture, 1}));
}

TEST(MotionSearch, answers_exactly_for_random_pictures) {
    size_t copies = 0;
    for (uint32_t seed = 0; seed < 100; ++seed) {
        Random random(seed);
        const auto number = [&](int32_t from, int32_t to) {
            return from + static_cast<int32_t>(random.below(static_cast<uint32_t>(to - from)));
        };
        TestImage before(static_cast<uint32_t>(number(150, 500)), static_cast<uint32_t>(number(100, 400)));
        const Rect bounds = whole(before);
        show(before, bounds, random() % 2 == 0 ? photo() : text(), 0, 0);
        TestImage after = before;
        Region claimed;
        for (int i = number(1, 5); i > 0; --i) {
            const int32_t x = number(0, bounds.x2 - 60);
            const int32_t y = number(0, bounds.y2 - 60);
            const Rect view{x, y, number(x + 50, bounds.x2), number(y + 50, bounds.y2)};
            const TestImage& document = random() % 3 == 0 ? photo() : text();
            const int32_t left = number(100, 400);
            const int32_t top = number(100, 400);
            show(before, view, document, left, top);
            show(after, view, document, left + number(-40, 40), top + number(-40, 40));
            claimed |= view;
        }
        for (int i = number(0, 30); i > 0; --i) {
            const int32_t x = number(0, bounds.x2);
            const int32_t y = number(0, bounds.y2);
            pixel(after, x, y) = random() & 0xffffff;
            claimed |= Rect{x, y, x + 1, y + 1};
        }
        // Before the windows came, the pictures differed nowhere; where one covers another, claims cover
        // both.
        const Step step(before, after, claimed);
        ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
        EXPECT_LE(step.changed(), plain_difference(before, after) * 17 / 16 + MotionSearch::kMinSaved)
            << "seed " << seed;
        copies += step.update.copies.size();
    }
    EXPECT_GT(copies, 40u);
}

} // namespace
} // namespace spice::display
