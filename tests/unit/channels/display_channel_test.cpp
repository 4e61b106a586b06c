// The display channel against a model client that draws what it is told: at rest, its picture is the
// screen's.
#include "channels/display_channel.hpp"

#include "channel_harness.hpp"
#include "spice-core/commit_builder.hpp"
#include "support/model_display.hpp"
#include "support/random.hpp"
#include "support/test_images.hpp"

#include <spice/protocol.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>

namespace spice::channels {
namespace {

using channels::test::LinkOptions;
using channels::test::Peer;
using channels::test::Received;
using spice::test::ModelDisplay;
using spice::test::Random;
using spice::test::TestImage;

const protocol::Capabilities kGtk{SPICE_DISPLAY_CAP_SIZED_STREAM, SPICE_DISPLAY_CAP_MONITORS_CONFIG,
                                  SPICE_DISPLAY_CAP_COMPOSITE, SPICE_DISPLAY_CAP_LZ4_COMPRESSION};

class DisplayChannelTest : public channels::test::ChannelTest {
protected:
    DisplayChannelTest() {
        builder.set_watched(true);
        session.screen.keep_covered(true);
        session.encode_pool = &encode_pool;
    }
    ~DisplayChannelTest() override {
        if (channel) {
            channel->close("the test ends");
            run();
        }
    }

    void resize(uint32_t width, uint32_t height) {
        frame = spice::test::mixed_image(width, height, 3);
        builder.set_surface({0, {static_cast<int>(width), static_cast<int>(height)}});
    }

    // `later`: than the commit before.
    void commit(std::chrono::milliseconds later = {}) {
        now += later;
        const Size size{static_cast<int>(frame.width), static_cast<int>(frame.height)};
        const Commit value = builder.build({frame.pixels.data(), frame.stride, size});
        const display::ScreenUpdate update = session.screen.apply(value, now);
        if (channel) {
            channel->screen_updated(update);
        }
    }

    void connect(LinkOptions options) {
        if (channel) {
            channel->close("another one comes");
            run();
            reason.reset();
            unacknowledged = 0;
        }
        auth::LinkedStream linked = link(SPICE_CHANNEL_DISPLAY, peer, std::move(options));
        channel = std::make_shared<DisplayChannel>(
            std::move(linked), session,
            [this](Channel&, std::string_view why) { reason = std::string(why); });
        channel->start();
        run();
    }

    void say_init(int64_t cache = 1 << 20, int32_t window = 1 << 20) {
        model.cache_budget = cache;
        ByteWriter init;
        init.u8(1).u64(static_cast<uint64_t>(cache)).u8(1).u32(static_cast<uint32_t>(window));
        peer->say(SPICE_MSGC_DISPLAY_INIT, init);
        run();
    }

    // The client reads what is there, and acknowledges it as it should.
    void read() {
        for (const Received& message : peer->take()) {
            if (message.type == SPICE_MSG_SET_ACK) {
                ByteReader in(message.body);
                ByteWriter sync;
                sync.u32(in.u32());
                peer->say(SPICE_MSGC_ACK_SYNC, sync);
                continue;
            }
            if (++unacknowledged == AckWindow::kWindow) {
                unacknowledged = 0;
                peer->say(SPICE_MSGC_ACK);
            }
            if (message.type == SPICE_MSG_PING) {
                continue;
            }
            types.push_back(message.type);
            model.handle(message.type, message.body);
        }
    }

    // Lets everything go its way until nothing more comes.
    void settle() {
        const bool equal = run_until([this] {
            read();
            return reason.has_value() || shows_the_screen();
        });
        run();
        read();
        EXPECT_FALSE(reason) << *reason;
        EXPECT_EQ(model.complaint, "");
        EXPECT_TRUE(equal);
        EXPECT_TRUE(shows_the_screen());
    }

    bool shows_the_screen() const {
        return model.marked && session.screen.surface() && model.size == session.screen.surface()->size &&
               std::ranges::equal(model.pixels, session.screen.pixels());
    }

    // The whole frame shows something else.
    void show(const TestImage& picture) {
        frame.pixels = picture.pixels;
        builder.add_changed(Rect{0, 0, static_cast<int>(frame.width), static_cast<int>(frame.height)});
        commit(kLong);
        settle();
    }

    static constexpr std::chrono::milliseconds kLong{2 * display::CoveredPixels::kStill};
    display::CoveredPixels::Time now{};
    codecs::EncodePool encode_pool{1};
    TestImage frame{1, 1};
    CommitBuilder builder;
    std::unique_ptr<Peer> peer;
    std::shared_ptr<DisplayChannel> channel;
    std::optional<std::string> reason;
    ModelDisplay model;
    std::vector<uint16_t> types;
    uint32_t unacknowledged = 0;
};

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

// A menu of 200x150 over a detailed desktop, and away again.
TEST_F(DisplayChannelTest, draws_what_was_covered_from_the_clients_memory) {
    resize(600, 400);
    commit();
    connect({.caps = kGtk});
    say_init();
    settle();
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

TEST_F(DisplayChannelTest, shows_two_desktops_in_turns_without_a_new_image) {
    resize(600, 400);
    commit();
    connect({.caps = kGtk});
    say_init();
    settle();
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
TEST_F(DisplayChannelTest, keeps_nothing_that_the_client_does_not_show_exactly) {
    config.jpeg_wan_compression = WanCompression::always;
    resize(600, 400);
    commit();
    connect({.caps = kGtk});
    say_init();
    settle();
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

TEST_F(DisplayChannelTest, asks_nothing_of_a_client_that_may_know_no_surfaces) {
    resize(600, 400);
    commit();
    connect({.caps = kGtk});
    say_init(1 << 20, 0); // no GLZ: spice-html5
    settle();
    show(spice::test::photo_image(600, 400));
    EXPECT_EQ(model.messages[SPICE_MSG_DISPLAY_SURFACE_CREATE], 1);
    EXPECT_EQ(model.images[SPICE_IMAGE_TYPE_SURFACE], 0);
}

struct Setting {
    const char* name;
    bool lz4;
    ImageCompression compression;
    WanCompression jpeg;
    size_t send_buffer;
};

class RandomDisplay : public DisplayChannelTest, public testing::WithParamInterface<Setting> {};

TEST_P(RandomDisplay, ends_equal_whatever_is_drawn_and_however_the_client_reads) {
    const Setting& setting = GetParam();
    config.image_compression = setting.compression;
    config.jpeg_wan_compression = setting.jpeg;
    Random random(17);
    const TestImage photograph = spice::test::photo_image(640, 480);
    resize(500, 300);
    commit();
    connect({.caps = setting.lz4 ? kGtk : protocol::Capabilities{}, .send_buffer = setting.send_buffer});
    say_init();
    std::deque<TestImage> shown{frame};
    for (int step = 0; step < 400; ++step) {
        const Rect bounds{0, 0, static_cast<int>(frame.width), static_cast<int>(frame.height)};
        const auto x = static_cast<int>(random.below(frame.width));
        const auto y = static_cast<int>(random.below(frame.height));
        const Rect area = intersect(
            {x, y, x + 1 + static_cast<int>(random.below(300)), y + 1 + static_cast<int>(random.below(200))},
            bounds);
        const auto draw = [&](auto value) {
            for (int row = area.y1; row < area.y2; ++row) {
                for (int column = area.x1; column < area.x2; ++column) {
                    frame.at(static_cast<uint32_t>(column), static_cast<uint32_t>(row)) = value();
                }
            }
            builder.add_changed(area);
        };
        switch (random.below(9)) {
        case 0:
        case 1:
            draw([&] { return random(); });
            break;
        case 2:
            draw([colour = random()] { return colour; });
            break;
        case 3: {
            size_t at = random.below(640 * 100);
            draw([&] { return photograph.pixels[at++ % photograph.pixels.size()]; });
            break;
        }
        case 4:
        case 5: {
            const int dx = static_cast<int>(random.below(41)) - 20;
            const int dy = static_cast<int>(random.below(41)) - 20;
            const Rect source{area.x1 - dx, area.y1 - dy, area.x2 - dx, area.y2 - dy};
            const TestImage before(frame);
            for (int row = area.y1; row < area.y2; ++row) {
                for (int column = area.x1; column < area.x2; ++column) {
                    if (Region(bounds).contains(Point{column - dx, row - dy})) {
                        frame.at(static_cast<uint32_t>(column), static_cast<uint32_t>(row)) =
                            before.pixels[static_cast<size_t>(row - dy) * before.stride +
                                          static_cast<size_t>(column - dx)];
                    }
                }
            }
            EXPECT_EQ(source.area(), area.area());
            builder.add_copy(area, dx, dy);
            break;
        }
        case 6:
            if (random.below(12) == 0) {
                resize(200 + random.below(400), 100 + random.below(300));
            }
            break;
        case 7: { // what was covered comes back, in part
            const TestImage& before = shown[random.below(4) % shown.size()];
            if (before.width == frame.width && before.height == frame.height) {
                draw([&, at = size_t{0}]() mutable {
                    const size_t column = at % static_cast<size_t>(area.width());
                    const size_t row = at++ / static_cast<size_t>(area.width());
                    return before.pixels[(static_cast<size_t>(area.y1) + row) * before.stride +
                                         static_cast<size_t>(area.x1) + column];
                });
            }
            break;
        }
        default:
            if (random.below(3) == 0) {
                settle();
                ASSERT_TRUE(shows_the_screen()) << "step " << step;
            } else {
                read();
            }
            break;
        }
        if (builder.dirty() && random.below(3) != 0) {
            shown.push_back(frame);
            if (shown.size() > 4) {
                shown.pop_front();
            }
            commit(std::chrono::milliseconds{random.below(300)});
        }
        if (random.below(2) == 0) {
            run();
        }
        ASSERT_EQ(model.complaint, "") << "step " << step;
    }
    if (builder.dirty()) {
        commit();
    }
    settle();
    EXPECT_GT(model.images[SPICE_IMAGE_TYPE_SURFACE], 0);
    channel->close("done");
    run();
    channel.reset();
}

INSTANTIATE_TEST_SUITE_P(
    All, RandomDisplay,
    testing::Values(
        Setting{"automatic", true, ImageCompression::automatic, WanCompression::automatic, SIZE_MAX},
        Setting{"lossy_first", true, ImageCompression::automatic, WanCompression::always, SIZE_MAX},
        Setting{"off", true, ImageCompression::off, WanCompression::always, SIZE_MAX},
        Setting{"auto_glz", true, ImageCompression::auto_glz, WanCompression::never, SIZE_MAX},
        Setting{"auto_lz", false, ImageCompression::auto_lz, WanCompression::always, SIZE_MAX},
        Setting{"quic", false, ImageCompression::quic, WanCompression::always, SIZE_MAX},
        Setting{"glz", false, ImageCompression::glz, WanCompression::automatic, SIZE_MAX},
        Setting{"lz", false, ImageCompression::lz, WanCompression::automatic, SIZE_MAX},
        Setting{"lz4", true, ImageCompression::lz4, WanCompression::automatic, SIZE_MAX},
        Setting{"slow_reader", true, ImageCompression::automatic, WanCompression::automatic, 5000},
        Setting{"slow_reader_lossy", false, ImageCompression::automatic, WanCompression::always, 5000}),
    [](const auto& setting) { return std::string(setting.param.name); });

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
