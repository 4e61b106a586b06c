// What was covered on the screen comes from surfaces of the client.
#include "display_channel_harness.hpp"

namespace spice::channels {
namespace {

using channels::test::kGtk;
using spice::test::TestImage;

class CoveredDisplay : public channels::test::DisplayChannelTest {};

// A menu of 200x150 over a detailed desktop, and away again.
TEST_F(CoveredDisplay, draws_what_was_covered_from_the_clients_memory) {
    view(600, 400);
    const TestImage before = frame;
    const Rect menu{100, 100, 300, 250};
    frame.fill(100, 100, 300, 250, 0xeeeeee);
    builder.add_changed(menu);
    commit(kLong);
    settle();
    EXPECT_EQ(model.surfaces.size(), 1u);
    model.bytes = 0;
    model.images.clear();
    frame.pixels = before.pixels;
    builder.add_changed(menu);
    commit();
    settle();
    EXPECT_EQ(model.images, (std::map<uint8_t, int>{{SPICE_IMAGE_TYPE_SURFACE, 1}}));
    EXPECT_LT(model.bytes, 100);
}

TEST_F(CoveredDisplay, shows_two_desktops_in_turns_without_a_new_image) {
    view(600, 400);
    const TestImage one = frame;
    const TestImage two = spice::test::photo_image(600, 400);
    show(two);
    show(one);
    EXPECT_EQ(model.surfaces.size(), 1u);
    for (int i = 0; i < 4; ++i) {
        model.bytes = 0;
        model.images.clear();
        const bool kept = i % 2 == 1;
        show(kept ? one : two);
        EXPECT_EQ(model.images.size(), 1u);
        EXPECT_GT(model.images[kept ? SPICE_IMAGE_TYPE_SURFACE : SPICE_IMAGE_TYPE_FROM_CACHE], 0);
        EXPECT_LT(model.bytes, kept ? 100 : 600);
    }
}

// What was told lossy and what was not told at all cannot come back from there.
TEST_F(CoveredDisplay, keeps_nothing_that_the_client_does_not_show_exactly) {
    config.jpeg_wan_compression = WanCompression::always;
    view(600, 400);
    const TestImage one = frame;
    const TestImage photograph = spice::test::photo_image(600, 400);
    frame.pixels = photograph.pixels;
    builder.add_changed(Rect{0, 0, 600, 400});
    commit(kLong);
    ASSERT_TRUE(run_until([this] {
        read();
        return model.images[SPICE_IMAGE_TYPE_JPEG] > 0;
    }));
    frame.pixels = one.pixels;
    builder.add_changed(Rect{0, 0, 600, 400});
    commit(kLong);
    show(photograph);
    settle();
}

TEST_F(CoveredDisplay, asks_nothing_of_a_client_that_may_know_no_surfaces) {
    resize(600, 400);
    commit();
    connect({.caps = kGtk});
    say_init(1 << 20, 0); // no GLZ: spice-html5
    settle();
    show(spice::test::photo_image(600, 400));
    EXPECT_EQ(model.messages[SPICE_MSG_DISPLAY_SURFACE_CREATE], 1);
    EXPECT_EQ(model.images[SPICE_IMAGE_TYPE_SURFACE], 0);
}

} // namespace
} // namespace spice::channels
