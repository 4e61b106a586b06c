// Random drawings, read by clients of every kind: at rest, their picture is the screen's.
#include "display_channel_harness.hpp"
#include "support/random.hpp"

#include <deque>

namespace spice::channels {
namespace {

using channels::test::DisplayChannelTest;
using channels::test::kGtk;
using spice::test::Random;
using spice::test::TestImage;

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

} // namespace
} // namespace spice::channels
