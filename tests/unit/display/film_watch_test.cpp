#include "display/film_watch.hpp"

#include "support/test_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace spice::display {
namespace {

constexpr int kScreenWidth = 2048;
constexpr int kScreenHeight = 1024;
constexpr std::chrono::milliseconds kFrame{33};

class FilmWatchTest : public testing::Test {
protected:
    FilmWatchTest() { show(test::photo_image(kScreenWidth, kScreenHeight)); }

    void show(const test::TestImage& image) {
        const std::vector<uint32_t> rows = image.packed();
        std::shared_ptr<uint32_t[]> pixels = std::make_shared<uint32_t[]>(rows.size());
        std::ranges::copy(rows, pixels.get());
        Commit commit;
        commit.surface = Surface{0, {kScreenWidth, kScreenHeight}};
        commit.changed.push_back({{0, 0, kScreenWidth, kScreenHeight}, std::move(pixels)});
        screen.apply(commit);
    }

    // True: the last one of the frames was film.
    bool play(const Rect& area, ContentClass content, int frames) {
        bool film = false;
        for (int i = 0; i < frames; ++i) {
            now += kFrame;
            film = watch.shown(area, content, now);
        }
        return film;
    }

    std::vector<Rect> take(const Region& region) {
        changed = region;
        now += kFrame;
        return watch.take(changed, screen, now);
    }

    Screen screen;
    FilmWatch watch;
    FilmWatch::Time now{};
    Region changed;
};

TEST_F(FilmWatchTest, takes_a_photograph_that_goes_on_changing_for_film) {
    const Rect area{256, 256, 512, 512};
    EXPECT_FALSE(play(area, ContentClass::photographic, FilmWatch::kVideoFrames - 1));
    EXPECT_TRUE(take(area).empty());
    EXPECT_EQ(changed, Region(area));
    EXPECT_TRUE(play(area, ContentClass::photographic, 1));
    EXPECT_TRUE(watch.goes_on(area, now));
    EXPECT_EQ(take(area), std::vector{area});
    EXPECT_TRUE(changed.empty());
    now += std::chrono::seconds(1);
    EXPECT_FALSE(watch.goes_on(area, now));
    EXPECT_TRUE(take(area).empty());
}

TEST_F(FilmWatchTest, is_patient_with_patterns_and_leaves_them_to_those_who_know_them) {
    const Rect area{0, 0, 256, 256};
    EXPECT_FALSE(play(area, ContentClass::patterns, FilmWatch::kPatternFrames - 1));
    EXPECT_TRUE(play(area, ContentClass::patterns, 1));
    EXPECT_TRUE(take(area).empty());
}

TEST_F(FilmWatchTest, counts_the_frames_and_not_the_images_of_one) {
    const Rect left{0, 0, 128, 256};
    const Rect right{128, 0, 256, 256};
    for (int i = 0; i < FilmWatch::kVideoFrames; ++i) {
        now += kFrame;
        const bool last = i + 1 == FilmWatch::kVideoFrames;
        EXPECT_EQ(watch.shown(left, ContentClass::photographic, now), last);
        EXPECT_EQ(watch.shown(right, ContentClass::photographic, now), last);
    }
}

TEST_F(FilmWatchTest, makes_few_pieces_of_bounded_size) {
    const Rect film{320, 180, 1600, 900};
    play(film, ContentClass::photographic, FilmWatch::kVideoFrames);
    const std::vector<Rect> pieces = take(film);
    EXPECT_LE(pieces.size(), 2u);
    EXPECT_EQ(Region(pieces), Region(film));
    EXPECT_TRUE(
        std::ranges::all_of(pieces, [](const Rect& piece) { return piece.area() <= FilmWatch::kMaxPiece; }));
    const Rect all{0, 0, kScreenWidth, kScreenHeight};
    play(all, ContentClass::photographic, FilmWatch::kVideoFrames);
    EXPECT_EQ(take(all).size(), 4u);
}

TEST_F(FilmWatchTest, leaves_what_is_small_or_scattered) {
    const Rect film{0, 0, 512, 256};
    play(film, ContentClass::photographic, FilmWatch::kVideoFrames);
    const Region small = Rect{100, 100, 200, 200};
    EXPECT_TRUE(take(small).empty());
    EXPECT_EQ(changed, small);
    Region scattered = Rect{0, 0, 256, 60};
    scattered |= Rect{0, 190, 256, 256};
    EXPECT_TRUE(take(scattered).empty());
    EXPECT_EQ(changed, scattered);
}

TEST_F(FilmWatchTest, sees_that_a_film_has_become_something_else) {
    const Rect area{0, 0, 512, 512};
    play(area, ContentClass::photographic, FilmWatch::kVideoFrames);
    show(test::text_image(kScreenWidth, kScreenHeight));
    int frames = 0;
    while (!take(area).empty()) {
        ASSERT_LT(++frames, 20);
    }
}

} // namespace
} // namespace spice::display
