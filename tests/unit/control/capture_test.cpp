#include "control/capture.hpp"

#include "base/reports.hpp"
#include "support/recording_log.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <memory>
#include <random>
#include <system_error>
#include <vector>

namespace spice::control {
namespace {

class NoDesktop final : public Desktop {
public:
    bool post_input(const InputEvent&) override { return true; }
    void set_watched(bool value) override { watched = value; }
    void wake_for_commit() override {}
    void want_commit(uint64_t) override {}
    void want_monitors(std::vector<Head>, uint64_t) override {}

    bool watched = false;
};

std::vector<uint32_t> content(const PictureFile& picture) {
    const UniqueFd file = picture.descriptor();
    const auto count = static_cast<size_t>(picture.size().width) * static_cast<size_t>(picture.size().height);
    std::vector<uint32_t> pixels(count);
    EXPECT_EQ(::pread(file.value(), pixels.data(), count * 4, 0), static_cast<ssize_t>(count * 4));
    return pixels;
}

class CaptureTest : public testing::Test {
protected:
    CaptureTest() { resize({40, 30}); }

    display::ScreenUpdate apply(Commit commit) {
        const display::ScreenUpdate update = session.screen.apply(commit);
        if (commit.cursor) {
            session.cursor = *commit.cursor;
        }
        if (capture) {
            capture->screen_updated(update);
            if (commit.cursor) {
                capture->cursor_changed();
            }
        }
        return update;
    }
    void resize(Size size) {
        Commit commit;
        commit.surface = Surface{0, size};
        apply(commit);
        draw({0, 0, size.width, size.height}, 0x101010);
    }
    void draw(Rect area, uint32_t first_colour) {
        const auto count = static_cast<size_t>(area.area());
        std::shared_ptr<uint32_t[]> pixels(new uint32_t[count]);
        for (size_t i = 0; i < count; ++i) {
            pixels[i] = (first_colour + static_cast<uint32_t>(i) * 0x010203) & 0xffffff;
        }
        Commit commit;
        commit.changed.push_back({area, pixels});
        apply(commit);
    }
    void show_cursor(Point position, uint32_t pixel, Size size = {4, 3}, Point hot_spot = {1, 1}) {
        const auto count = static_cast<size_t>(size.width) * static_cast<size_t>(size.height);
        std::shared_ptr<uint32_t[]> pixels(new uint32_t[count]);
        std::fill_n(pixels.get(), count, pixel);
        Commit commit;
        commit.cursor = Cursor{CursorShape{size, hot_spot, pixels}, position};
        apply(commit);
    }
    std::vector<uint32_t> shown() const {
        return {session.screen.pixels().begin(), session.screen.pixels().end()};
    }
    // As `pixel` over what is shown in `area`, by the definition.
    std::vector<uint32_t> shown_with(Rect area, uint32_t pixel) const {
        std::vector<uint32_t> pixels = shown();
        for (int y = area.y1; y < area.y2; ++y) {
            for (int x = area.x1; x < area.x2; ++x) {
                uint32_t& below =
                    pixels[static_cast<size_t>(y) * session.screen.stride() + static_cast<size_t>(x)];
                uint32_t mixed = 0;
                for (unsigned shift = 0; shift < 24; shift += 8) {
                    const double rest = ((below >> shift) & 0xff) * (255.0 - (pixel >> 24)) / 255.0;
                    const auto sum = static_cast<uint32_t>(rest + 0.5) + ((pixel >> shift) & 0xff);
                    mixed |= std::min<uint32_t>(sum, 255) << shift;
                }
                below = mixed;
            }
        }
        return pixels;
    }
    void capture_now(bool with_cursor) {
        capture = std::make_unique<Capture>(session, session.watchers.watch(), with_cursor);
    }

    ServerConfig config;
    NoDesktop desktop;
    spice::test::RecordingLog log;
    NullReport report;
    channels::Session session{config, desktop, log, report, {}};
    std::unique_ptr<Capture> capture;
};

TEST_F(CaptureTest, shows_the_screen_and_has_it_watched_while_it_lives) {
    capture_now(false);
    EXPECT_TRUE(desktop.watched);
    EXPECT_EQ(content(capture->picture()), shown());
    EXPECT_FALSE(capture->differs());
    capture.reset();
    EXPECT_FALSE(desktop.watched);
}

TEST_F(CaptureTest, shows_an_old_picture_until_it_follows) {
    capture_now(false);
    const std::vector<uint32_t> before = shown();
    const TimePoint begin = capture->changed_at();
    draw({5, 5, 12, 9}, 0xabcdef);
    EXPECT_TRUE(capture->differs());
    EXPECT_GE(capture->changed_at(), begin);
    EXPECT_EQ(content(capture->picture()), before);
    capture->follow();
    EXPECT_FALSE(capture->differs());
    EXPECT_EQ(content(capture->picture()), shown());
}

TEST_F(CaptureTest, is_exact_after_any_changes) {
    capture_now(false);
    std::mt19937 random(7);
    const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
    for (int round = 0; round < 300; ++round) {
        const Point corner{below(40), below(30)};
        const Rect area{corner.x, corner.y, corner.x + 1 + below(40 - corner.x),
                        corner.y + 1 + below(30 - corner.y)};
        if (round % 3 == 0) {
            Commit copy;
            copy.copies.push_back({area, below(9) - 4, below(9) - 4});
            apply(copy);
        } else {
            draw(area, static_cast<uint32_t>(random()));
        }
        if (round % 4 == 0) {
            capture->follow();
            ASSERT_EQ(content(capture->picture()), shown()) << round;
        }
    }
}

TEST_F(CaptureTest, keeps_what_it_could_not_write) {
    capture_now(true);
    show_cursor({10, 10}, 0xff402010);
    draw({5, 5, 12, 9}, 0xabcdef);
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
    const rlimit none{0, limit.rlim_max};
    const auto before = std::signal(SIGXFSZ, SIG_IGN); // as in the core thread, where it is blocked
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
    EXPECT_THROW(capture->follow(), std::system_error);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    std::signal(SIGXFSZ, before);
    EXPECT_TRUE(capture->differs());
    capture->follow();
    EXPECT_EQ(content(capture->picture()), shown_with({9, 9, 13, 12}, 0xff402010));
}

TEST_F(CaptureTest, is_exact_after_more_changes_than_it_remembers_one_by_one) {
    resize({64, 64});
    capture_now(false);
    for (int y = 0; y < 64; y += 2) {
        for (int x = (y / 2) % 2; x < 64; x += 2) {
            draw({x, y, x + 1, y + 1}, 0xabcdef);
        }
    }
    capture->follow();
    EXPECT_FALSE(capture->differs());
    EXPECT_EQ(content(capture->picture()), shown());
}

TEST_F(CaptureTest, has_the_pointer_only_when_asked) {
    show_cursor({10, 10}, 0x80402010);
    capture_now(false);
    EXPECT_EQ(content(capture->picture()), shown());
    show_cursor({11, 10}, 0x80402010);
    EXPECT_FALSE(capture->differs());
    capture_now(true);
    EXPECT_EQ(content(capture->picture()), shown_with({10, 9, 14, 12}, 0x80402010));
    EXPECT_EQ(content(screenshot(session, true)), content(capture->picture()));
    EXPECT_EQ(content(screenshot(session, false)), shown());
}

TEST_F(CaptureTest, draws_the_pointer_where_it_is_and_nowhere_else) {
    capture_now(true);
    const struct {
        Point position;
        Rect area;
    } places[] = {{{10, 10}, {9, 9, 13, 12}},
                  {{0, 0}, {0, 0, 3, 2}},
                  {{39, 29}, {38, 28, 40, 30}},
                  {{12, 11}, {11, 10, 15, 13}},
                  {{60, 60}, {}}};
    for (const auto& place : places) {
        for (const uint32_t pixel : {0xff112233u, 0x80402010u, 0x00000000u, 0x10ff00ffu}) {
            show_cursor(place.position, pixel);
            draw({9, 9, 20, 15}, pixel);
            capture->follow();
            ASSERT_EQ(content(capture->picture()), shown_with(place.area, pixel));
        }
    }
    Commit hidden;
    hidden.cursor = Cursor{};
    apply(hidden);
    capture->follow();
    EXPECT_EQ(content(capture->picture()), shown());
}

TEST_F(CaptureTest, cannot_follow_to_another_size) {
    capture_now(false);
    EXPECT_FALSE(capture->resized());
    resize({50, 30});
    EXPECT_TRUE(capture->resized());
    EXPECT_TRUE(capture->differs());
}

TEST_F(CaptureTest, gives_files_that_cannot_be_cut_short) {
    capture_now(false);
    const UniqueFd file = capture->picture().descriptor();
    EXPECT_NE(::ftruncate(file.value(), 0), 0);
    EXPECT_EQ(errno, EPERM);
    const UniqueFd sealed = screenshot(session, false).descriptor();
    EXPECT_EQ(::fcntl(sealed.value(), F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    EXPECT_LT(::pwrite(sealed.value(), "x", 1, 0), 0);
}

} // namespace
} // namespace spice::control
