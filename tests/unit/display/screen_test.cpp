#include "display/screen.hpp"

#include "display/copy_order.hpp"
#include "display/image_area.hpp"
#include "support/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace spice::display {
namespace {

// A framebuffer beside the Screen, changed in the plainest possible way.
class Model {
public:
    Model(int width, int height)
        : size_{width, height}, pixels_(static_cast<size_t>(width) * static_cast<size_t>(height)) {}

    uint32_t& at(int x, int y) {
        return pixels_.at(static_cast<size_t>(y) * static_cast<size_t>(size_.width) + static_cast<size_t>(x));
    }
    Rect bounds() const { return {0, 0, size_.width, size_.height}; }

    PixelBlock block(const Rect& area) {
        const auto count = static_cast<size_t>(area.area());
        std::shared_ptr<uint32_t[]> pixels = std::make_shared<uint32_t[]>(count);
        size_t i = 0;
        for (int y = area.y1; y < area.y2; ++y) {
            for (int x = area.x1; x < area.x2; ++x) {
                pixels[i++] = bounds().x2 > x && bounds().y2 > y && x >= 0 && y >= 0 ? at(x, y) : 0xabcdef;
            }
        }
        return {area, std::move(pixels)};
    }

    void copy(const Copy& copy) {
        Model before(*this);
        for (const Rect& rect : copy.destination.rects()) {
            for (int y = rect.y1; y < rect.y2; ++y) {
                for (int x = rect.x1; x < rect.x2; ++x) {
                    at(x, y) = before.at(x - copy.dx, y - copy.dy);
                }
            }
        }
    }

    Commit whole() {
        Commit commit;
        commit.surface = Surface{0, size_};
        commit.changed.push_back(block(bounds()));
        return commit;
    }

    PixelArea area() const { return {bounds(), pixels_.data(), static_cast<size_t>(size_.width)}; }

    bool same_as(const Screen& screen) const { return std::ranges::equal(screen.pixels(), pixels_); }

    Size size_;
    std::vector<uint32_t> pixels_;
};

Rect random_rect(test::Random& random, const Rect& bounds) {
    const auto width = static_cast<uint32_t>(bounds.x2);
    const auto height = static_cast<uint32_t>(bounds.y2);
    const uint32_t x = random.below(width);
    const uint32_t y = random.below(height);
    return {static_cast<int>(x), static_cast<int>(y), static_cast<int>(x + 1 + random.below(width - x)),
            static_cast<int>(y + 1 + random.below(height - y))};
}

TEST(Screen, is_empty_before_the_first_commit) {
    Screen screen;
    Commit commit;
    commit.copies.push_back({Rect{0, 0, 5, 5}, 1, 1});
    commit.monitors = MonitorsConfig{{{0, {0, 0, 5, 5}}}, 1};
    const ScreenUpdate update = screen.apply(commit);
    EXPECT_FALSE(screen.surface());
    EXPECT_TRUE(update.monitors_changed);
    EXPECT_TRUE(update.copies.empty());
    EXPECT_TRUE(update.changed.empty());
}

TEST(Screen, takes_a_new_surface_whole) {
    Screen screen;
    Model model(33, 21);
    model.at(3, 4) = 0x112233;
    const ScreenUpdate update = screen.apply(model.whole());
    EXPECT_TRUE(update.surface_changed);
    EXPECT_EQ(update.changed, Region(model.bounds()));
    EXPECT_TRUE(model.same_as(screen));
    EXPECT_EQ(screen.stride(), 33u);
    // The same again is no news at all.
    const ScreenUpdate again = screen.apply(model.whole());
    EXPECT_FALSE(again.surface_changed);
    EXPECT_TRUE(again.changed.empty());
    // Another size is, even with nothing in it.
    Commit resized;
    resized.surface = Surface{0, {10, 10}};
    const ScreenUpdate smaller = screen.apply(resized);
    EXPECT_TRUE(smaller.surface_changed);
    EXPECT_EQ(smaller.changed, Region(Rect{0, 0, 10, 10}));
    EXPECT_EQ(screen.pixels().size(), 100u);
}

TEST(Screen, says_of_monitors_only_what_is_new) {
    Screen screen;
    Commit commit;
    commit.monitors = MonitorsConfig{{{0, {0, 0, 5, 5}}}, 2};
    EXPECT_TRUE(screen.apply(commit).monitors_changed);
    EXPECT_FALSE(screen.apply(commit).monitors_changed);
    EXPECT_EQ(screen.monitors().max_heads, 2u);
}

TEST(Screen, finds_single_pixels) {
    Screen screen;
    Model model(200, 100);
    screen.apply(model.whole());
    model.at(0, 0) = 1;
    model.at(130, 50) = 2;
    model.at(199, 99) = 3;
    Commit commit;
    commit.changed.push_back(model.block(model.bounds()));
    const uint64_t before = screen.generation();
    const ScreenUpdate update = screen.apply(commit);
    EXPECT_NE(screen.generation(), before);
    EXPECT_EQ(update.changed,
              Region(Rect{0, 0, 1, 1}) | Region(Rect{130, 50, 131, 51}) | Region(Rect{199, 99, 200, 100}));
    EXPECT_TRUE(model.same_as(screen));
}

TEST(Screen, gives_away_the_pixels_of_a_commit_until_that_may_go) {
    Screen screen;
    Model model(300, 200);
    screen.apply(model.whole());
    const Rect inside{20, 30, 90, 80};
    const Rect beside{0, 0, 50, 40};
    for (const Rect& rect : {inside, beside}) {
        model.at(rect.x1, rect.y1) = 0x445566;
        model.at(rect.x2 - 1, rect.y2 - 1) = 0x778899;
    }
    const auto same = [&](const Rect& area) {
        const Screen::StillPixels still = screen.still(area);
        for (int y = area.y1; y < area.y2; ++y) {
            for (int x = area.x1; x < area.x2; ++x) {
                const auto offset = static_cast<size_t>(y - area.y1) * still.stride;
                if (still.first[offset + static_cast<size_t>(x - area.x1)] != model.at(x, y)) {
                    return false;
                }
            }
        }
        return true;
    };
    Commit commit;
    commit.changed.push_back(model.block({10, 20, 100, 120}));
    commit.changed.push_back(model.block({0, 0, 10, 10}));
    screen.apply(commit);
    const std::shared_ptr<const uint32_t[]> pixels = commit.changed[0].pixels;
    EXPECT_EQ(screen.still(inside).first.get(), pixels.get() + 10 * 90 + 10);
    EXPECT_EQ(screen.still(inside).stride, 90u);
    EXPECT_TRUE(same(inside));
    EXPECT_EQ(screen.still(beside).stride, 50u);
    screen.let_commit_go();
    commit = {};
    EXPECT_EQ(pixels.use_count(), 1);
    EXPECT_EQ(screen.still(inside).stride, 70u);
    EXPECT_TRUE(same(inside));
}

TEST(Screen, tells_one_changed_window_as_one_rectangle) {
    Screen screen;
    Model model(640, 480);
    screen.apply(model.whole());
    for (int y = 101; y < 299; ++y) {
        for (int x = 77; x < 403; ++x) {
            model.at(x, y) = 0x445566;
        }
    }
    Commit commit;
    commit.changed.push_back(model.block(model.bounds()));
    EXPECT_EQ(screen.apply(commit).changed, Region(Rect{77, 101, 403, 299}));
}

TEST(Screen, ignores_what_lies_outside) {
    Screen screen;
    Model model(40, 30);
    screen.apply(model.whole());
    Commit commit;
    model.at(39, 29) = 7;
    commit.changed.push_back(model.block({30, 20, 90, 80}));
    commit.changed.push_back(model.block({-10, -10, 5, 5}));
    commit.changed.push_back(model.block({100, 100, 110, 110}));
    commit.copies.push_back({Rect{0, 0, 40, 30}, -35, 0});
    const ScreenUpdate update = screen.apply(commit);
    ASSERT_EQ(update.copies.size(), 1u);
    EXPECT_EQ(update.copies[0].destination, Region(Rect{0, 0, 5, 30}));
    EXPECT_EQ(update.changed, Region(Rect{39, 29, 40, 30}));
    EXPECT_TRUE(model.same_as(screen));
}

TEST(Screen, follows_random_commits_and_tells_all_that_differs) {
    int kept = 0;
    for (uint32_t seed = 0; seed < 150; ++seed) {
        test::Random random(seed);
        Model model(1 + static_cast<int>(random() % 190), 1 + static_cast<int>(random() % 70));
        Screen screen;
        screen.keep_covered(true);
        CoveredPixels::Time now{};
        std::ranges::generate(model.pixels_, [&] { return random() & 0xffffff; });
        screen.apply(model.whole(), now);
        for (int round = 0; round < 12; ++round) {
            Commit commit;
            const Model shown(model);
            for (uint32_t i = random() % 3; i > 0; --i) {
                const int dx = static_cast<int>(random() % 21) - 10;
                const int dy = static_cast<int>(random() % 21) - 10;
                Region destination = random_rect(random, model.bounds());
                destination |= random_rect(random, model.bounds());
                destination &= Region(model.bounds()).translated(dx, dy);
                commit.copies.push_back({destination, dx, dy});
                model.copy(commit.copies.back());
            }
            Model before(model);
            Region claimed;
            for (uint32_t i = random() % 4; i > 0; --i) {
                const Rect area = random_rect(random, model.bounds());
                for (uint32_t dots = random() % 20; dots > 0; --dots) {
                    const Rect dot = random_rect(random, area);
                    if (area.x1 <= dot.x1 && area.y1 <= dot.y1) {
                        model.at(dot.x1, dot.y1) = random() & 0xffffff;
                    }
                }
                for (int y = area.y1; y < area.y2 && i == 1; ++y) {
                    std::generate_n(&model.at(area.x1, y), area.width(), [&] { return random() & 0xffffff; });
                }
                claimed |= area;
            }
            for (const Rect& area : claimed.rects()) {
                commit.changed.push_back(model.block(area));
            }
            now += std::chrono::milliseconds{random() % 500};
            const ScreenUpdate update = screen.apply(commit, now);
            ASSERT_TRUE(model.same_as(screen)) << "seed " << seed;
            for (const auto& [memory, region] : update.kept) {
                ++kept;
                // What it has is what the screen showed before, pixel by pixel.
                CoveredPixels::Regions valid;
                valid.at(memory) = region;
                for (const Rect& rect : region.rects()) {
                    if (rect.area() >= CoveredPixels::kMinFound && !solid_colour(shown.area(), rect)) {
                        ASSERT_EQ(screen.covered().find(rect, valid, shown.area()),
                                  (std::vector<CoveredPixels::Found>{{memory, rect}}))
                            << "seed " << seed;
                    }
                }
            }
            for (int y = 0; y < model.size_.height; ++y) {
                for (int x = 0; x < model.size_.width; ++x) {
                    if (model.at(x, y) != before.at(x, y)) {
                        ASSERT_TRUE(update.changed.contains(Point{x, y})) << "seed " << seed;
                    }
                }
            }
            ASSERT_TRUE(Region(model.bounds()).contains(update.changed));
        }
    }
    EXPECT_GT(kept, 20);
}

TEST(CopyOrder, is_right_for_every_direction_of_random_regions) {
    for (uint32_t seed = 0; seed < 2000; ++seed) {
        test::Random random(seed);
        Model model(30, 30);
        for (uint32_t& pixel : model.pixels_) {
            pixel = random();
        }
        const int dx = static_cast<int>(random() % 17) - 8;
        const int dy = static_cast<int>(random() % 17) - 8;
        Region destination;
        for (int i = 0; i < 5; ++i) {
            destination |= random_rect(random, model.bounds());
        }
        destination -= random_rect(random, model.bounds());
        destination &= Region(model.bounds()).translated(dx, dy);
        const Copy copy{destination, dx, dy};
        Model expected(model);
        expected.copy(copy);
        for (const Rect& rect : copy_order(copy)) {
            model.copy({rect, dx, dy});
        }
        ASSERT_EQ(model.pixels_, expected.pixels_) << "seed " << seed;
    }
}

TEST(ImageArea, joins_what_is_close_and_leaves_apart_what_is_not) {
    const std::vector<Rect> lines{{0, 0, 100, 10}, {0, 12, 90, 22}, {500, 12, 600, 22}, {0, 24, 100, 34}};
    EXPECT_EQ(join_neighbours(lines), (std::vector<Rect>{{500, 12, 600, 22}, {0, 0, 100, 34}}));
}

TEST(ImageArea, splits_into_whole_rows) {
    std::vector<Rect> pieces;
    split_rows({10, 5, 20, 12}, 30, pieces);
    EXPECT_EQ(pieces, (std::vector<Rect>{{10, 5, 20, 8}, {10, 8, 20, 11}, {10, 11, 20, 12}}));
    pieces.clear();
    split_rows({0, 0, 1000, 2}, 30, pieces);
    EXPECT_EQ(pieces, (std::vector<Rect>{{0, 0, 1000, 1}, {0, 1, 1000, 2}}));
}

} // namespace
} // namespace spice::display
