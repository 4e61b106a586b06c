#include "recorder/picture.hpp"

#include <gtest/gtest.h>

#include <random>

namespace spice::recorder {
namespace {

TEST(PictureTest, frames_are_even_and_lose_nothing) {
    EXPECT_EQ(frame_for({1920, 1080}), (Size{1920, 1080}));
    EXPECT_EQ(frame_for({1023, 767}), (Size{1024, 768}));
    EXPECT_EQ(frame_for({1, 1}), (Size{2, 2}));
}

TEST(PictureTest, the_first_size_fills_the_frame) {
    EXPECT_EQ(place({1920, 1080}, {1920, 1080}), (Placement{0, 0, {1920, 1080}}));
    EXPECT_EQ(place({1023, 767}, {1024, 768}), (Placement{0, 0, {1023, 767}}));
}

TEST(PictureTest, what_is_smaller_stays_as_it_is_in_the_middle) {
    EXPECT_EQ(place({800, 600}, {1920, 1080}), (Placement{560, 240, {800, 600}}));
    EXPECT_EQ(place({801, 1080}, {1920, 1080}), (Placement{558, 0, {801, 1080}}));
}

TEST(PictureTest, what_is_larger_is_made_as_much_smaller_as_it_must_be) {
    EXPECT_EQ(place({2560, 1440}, {1280, 720}), (Placement{0, 0, {1280, 720}}));
    EXPECT_EQ(place({1920, 1080}, {1024, 768}), (Placement{0, 96, {1024, 576}}));
    EXPECT_EQ(place({1080, 1920}, {1024, 768}), (Placement{296, 0, {432, 768}}));
    EXPECT_EQ(place({1920, 600}, {1024, 768}), (Placement{0, 224, {1024, 320}}));
}

TEST(PictureTest, every_picture_fits_into_every_frame) {
    std::mt19937 random(5);
    const auto side = [&] { return 1 + static_cast<int>(random() % (random() % 2 == 0 ? 16384 : 40)); };
    for (int i = 0; i < 100'000; ++i) {
        const Size frame = frame_for({side(), side()});
        const Size picture{side(), side()};
        const Placement placement = place(picture, frame);
        ASSERT_GE(placement.x, 0);
        ASSERT_GE(placement.y, 0);
        ASSERT_EQ(placement.x % 2 + placement.y % 2, 0);
        ASSERT_GE(placement.size.width, 1);
        ASSERT_GE(placement.size.height, 1);
        // With room for what is added to odd sizes.
        ASSERT_LE(placement.x + placement.size.width + placement.size.width % 2, frame.width);
        ASSERT_LE(placement.y + placement.size.height + placement.size.height % 2, frame.height);
    }
}

} // namespace
} // namespace spice::recorder
