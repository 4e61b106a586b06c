// The display channel against a model client that draws what it is told: at rest, its picture is the
// screen's.
#include "display_channel_harness.hpp"
#include "support/random.hpp"

namespace spice::channels {
namespace {

using channels::test::DisplayChannelTest;
using channels::test::kGtk;
using spice::test::Random;
using spice::test::TestImage;

TEST_F(DisplayChannelTest, says_nothing_before_the_client_does) {
    resize(64, 48);
    commit();
    connect({.caps = kGtk});
    commit();
    run();
    EXPECT_TRUE(peer->take_own_types().empty());
}

TEST_F(DisplayChannelTest, begins_in_the_order_of_the_protocol) {
    resize(200, 48);
    commit();
    connect({.caps = kGtk});
    say_init();
    settle();
    ASSERT_GE(types.size(), 5u);
    EXPECT_EQ(types[0], SPICE_MSG_DISPLAY_INVAL_ALL_PALETTES);
    EXPECT_EQ(types[1], SPICE_MSG_DISPLAY_SURFACE_CREATE);
    EXPECT_EQ(types[types.size() - 2], SPICE_MSG_DISPLAY_MONITORS_CONFIG);
    EXPECT_EQ(types.back(), SPICE_MSG_DISPLAY_MARK);
    EXPECT_EQ(model.heads, (std::vector<Rect>{{0, 0, 200, 48}}));
}

TEST_F(DisplayChannelTest, waits_for_the_first_commit) {
    connect({.caps = kGtk});
    say_init();
    read();
    EXPECT_EQ(types, (std::vector<uint16_t>{SPICE_MSG_DISPLAY_INVAL_ALL_PALETTES}));
    resize(300, 200);
    commit();
    settle();
}

TEST_F(DisplayChannelTest, does_not_tell_monitors_to_clients_without_the_capability) {
    resize(64, 48);
    connect({.caps = {}});
    say_init();
    builder.set_monitors({{{0, {0, 0, 64, 48}}}, 1});
    commit();
    settle();
    EXPECT_EQ(model.messages[SPICE_MSG_DISPLAY_MONITORS_CONFIG], 0);
    EXPECT_EQ(model.images[SPICE_IMAGE_TYPE_LZ4], 0);
}

TEST_F(DisplayChannelTest, keeps_heads_inside_the_surface) {
    resize(64, 48);
    connect({.caps = kGtk});
    say_init();
    builder.set_monitors({{{0, {0, 0, 100, 48}}, {1, {100, 0, 200, 48}}}, 4});
    commit();
    settle();
    EXPECT_EQ(model.heads, (std::vector<Rect>{{0, 0, 64, 48}}));
    builder.set_monitors({{{0, {0, 0, 30, 48}}, {1, {30, 0, 64, 40}}}, 4});
    commit();
    run();
    read();
    EXPECT_EQ(model.heads, (std::vector<Rect>{{0, 0, 30, 48}, {30, 0, 64, 40}}));
}

TEST_F(DisplayChannelTest, sends_scrolls_as_copies) {
    resize(400, 300);
    commit();
    connect({.caps = kGtk});
    say_init();
    settle();
    const int64_t before = model.image_pixels;
    for (int i = 0; i < 10; ++i) {
        for (uint32_t y = 0; y + 5 < 300; ++y) {
            std::copy_n(&frame.at(0, y + 5), 400, &frame.at(0, y));
        }
        frame.fill(0, 295, 400, 300, 0x102030u + static_cast<uint32_t>(i));
        builder.add_copy(Rect{0, 0, 400, 295}, 0, -5);
        builder.add_changed(Rect{0, 295, 400, 300});
        commit();
        settle();
    }
    EXPECT_EQ(model.messages[SPICE_MSG_DISPLAY_COPY_BITS], 10);
    EXPECT_LE(model.image_pixels - before, 10 * 400 * 5);
}

TEST_F(DisplayChannelTest, makes_a_new_surface_of_another_size) {
    resize(200, 100);
    commit();
    connect({.caps = kGtk});
    say_init();
    settle();
    types.clear();
    resize(123, 457);
    builder.set_monitors({{{0, {0, 0, 123, 457}}}, 1});
    commit();
    settle();
    ASSERT_GE(types.size(), 5u);
    EXPECT_EQ(std::vector<uint16_t>(types.begin(), types.begin() + 4),
              (std::vector<uint16_t>{SPICE_MSG_DISPLAY_SURFACE_DESTROY, SPICE_MSG_DISPLAY_SURFACE_CREATE,
                                     SPICE_MSG_DISPLAY_MARK, SPICE_MSG_DISPLAY_MONITORS_CONFIG}));
    EXPECT_EQ(model.heads, (std::vector<Rect>{{0, 0, 123, 457}}));
}

TEST_F(DisplayChannelTest, switches_the_encoder_when_the_client_wishes) {
    resize(320, 200);
    commit();
    connect({.caps = kGtk});
    say_init();
    settle();
    uint32_t turn = 0;
    const auto redraw_as = [&](uint8_t wish, uint8_t type) {
        model.images.clear();
        ++turn; // content that was shown before would come from the cache
        peer->say(SPICE_MSGC_DISPLAY_PREFERRED_COMPRESSION, ByteWriter().u8(wish));
        run();
        for (uint32_t& pixel : frame.pixels) {
            pixel = (pixel + turn) & 0xffffff;
        }
        builder.add_changed(Rect{0, 0, 320, 200});
        commit();
        settle();
        EXPECT_EQ(model.images.size(), 1u);
        EXPECT_GT(model.images[type], 0) << int{wish};
    };
    redraw_as(SPICE_IMAGE_COMPRESSION_LZ, SPICE_IMAGE_TYPE_LZ_RGB);
    redraw_as(SPICE_IMAGE_COMPRESSION_LZ4, SPICE_IMAGE_TYPE_LZ4);
    redraw_as(SPICE_IMAGE_COMPRESSION_OFF, SPICE_IMAGE_TYPE_BITMAP);
    redraw_as(200, SPICE_IMAGE_TYPE_BITMAP); // no such compression: ignored
    redraw_as(SPICE_IMAGE_COMPRESSION_GLZ, SPICE_IMAGE_TYPE_GLZ_RGB);
    redraw_as(SPICE_IMAGE_COMPRESSION_QUIC, SPICE_IMAGE_TYPE_QUIC);
}
TEST_F(DisplayChannelTest, sends_a_photograph_lossy_at_first_and_exact_when_it_is_still) {
    config.jpeg_wan_compression = WanCompression::always;
    resize(600, 400);
    connect({.caps = kGtk});
    say_init();
    commit();
    settle();
    model.images.clear();
    const TestImage photograph = spice::test::photo_image(600, 400);
    for (uint32_t y = 0; y < 400; ++y) {
        for (uint32_t x = 0; x < 600; ++x) {
            frame.at(x, y) = photograph.pixels[y * photograph.stride + x];
        }
    }
    builder.add_changed(Rect{0, 0, 600, 400});
    commit();
    ASSERT_TRUE(run_until([this] {
        read();
        return model.images[SPICE_IMAGE_TYPE_JPEG] > 0;
    }));
    EXPECT_FALSE(shows_the_screen());
    ClientFigures figures;
    channel->add_to(figures);
    EXPECT_GT(figures.lossy_pixels, 0u);
    settle();
    ClientFigures then;
    channel->add_to(then);
    EXPECT_EQ(then.lossy_pixels, 0u);
    EXPECT_GT(then.images_of(ImageKind::jpeg).bytes, 0u);
}

TEST_F(DisplayChannelTest, queues_a_bounded_amount_for_a_client_that_does_not_read) {
    config.image_compression = ImageCompression::off;
    resize(800, 600);
    connect({.caps = kGtk, .send_buffer = 10'000});
    say_init();
    commit();
    Random random(5);
    for (int i = 0; i < 60; ++i) {
        for (uint32_t& pixel : frame.pixels) {
            pixel = random();
        }
        builder.add_changed(Rect{0, 0, 800, 600});
        commit();
        run();
    }
    ASSERT_FALSE(reason) << *reason;
    settle(); // with few of the sixty pictures: the newest one
    EXPECT_LT(model.image_pixels, int64_t{800} * 600 * 4);
}

TEST_F(DisplayChannelTest, survives_being_closed_while_images_are_encoded) {
    codecs::EncodePool pool(1);
    session.encode_pool = &pool;
    resize(800, 600);
    commit();
    connect({.caps = kGtk});
    ByteWriter init;
    init.u8(1).u64(0).u8(1).u32(0);
    peer->say(SPICE_MSGC_DISPLAY_INIT, init);
    for (int turn = 0; turn < 3; ++turn) {
        io.restart();
        io.poll_one();
    }
    channel->close("enough");
    EXPECT_TRUE(run_until([this] { return reason.has_value(); }));
    channel.reset();
    run();
}

struct Wrong {
    const char* what;
    uint16_t type;
    std::vector<uint8_t> body;
};

TEST_F(DisplayChannelTest, closes_when_the_client_breaks_the_rules) {
    const std::vector<uint8_t> init(14, 0);
    const std::vector<Wrong> wrongs{
        {"short init", SPICE_MSGC_DISPLAY_INIT, std::vector<uint8_t>(13, 0)},
        {"report before init", SPICE_MSGC_DISPLAY_STREAM_REPORT, std::vector<uint8_t>(32, 0)},
        {"short report", SPICE_MSGC_DISPLAY_STREAM_REPORT, std::vector<uint8_t>(31, 0)},
        {"empty wish", SPICE_MSGC_DISPLAY_PREFERRED_COMPRESSION, {}},
        {"short list", SPICE_MSGC_DISPLAY_PREFERRED_VIDEO_CODEC_TYPE, {3, 1, 2}},
        {"draw done", SPICE_MSGC_DISPLAY_GL_DRAW_DONE, {}},
        {"unknown type", 199, {}},
        {"too long", SPICE_MSGC_DISPLAY_INIT, std::vector<uint8_t>(5000, 0)},
    };
    for (const Wrong& wrong : wrongs) {
        connect({.caps = kGtk});
        peer->say(wrong.type, wrong.body);
        run();
        EXPECT_TRUE(reason) << wrong.what;
    }
    connect({.caps = kGtk});
    peer->say(SPICE_MSGC_DISPLAY_INIT, init);
    run();
    EXPECT_FALSE(reason);
    peer->say(SPICE_MSGC_DISPLAY_INIT, init);
    run();
    EXPECT_EQ(reason, "second display init");
}

TEST_F(DisplayChannelTest, takes_any_sizes_in_the_clients_init) {
    resize(64, 48);
    commit();
    for (const int64_t cache : {int64_t{0}, int64_t{-1}, INT64_MAX, INT64_MIN}) {
        for (const int32_t window : {0, -1, INT32_MAX, INT32_MIN}) {
            model = {};
            connect({.caps = kGtk});
            say_init(cache, window);
            settle();
        }
    }
    peer->say(SPICE_MSGC_DISPLAY_STREAM_REPORT, std::vector<uint8_t>(32, 0xff));
    peer->say(SPICE_MSGC_DISPLAY_PREFERRED_VIDEO_CODEC_TYPE, std::vector<uint8_t>{2, 1, 2});
    run();
    EXPECT_FALSE(reason);
}

} // namespace
} // namespace spice::channels
