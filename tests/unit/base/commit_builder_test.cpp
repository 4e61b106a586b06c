#include "spice-core/commit_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace spice {
namespace {

// A framebuffer whose rows are longer than the surface, as Xorg's may be.
struct Framebuffer {
    explicit Framebuffer(Size surface)
        : size(surface), pixels(stride() * static_cast<size_t>(surface.height)) {
        for (size_t i = 0; i < pixels.size(); ++i) {
            pixels[i] = 0xff000000u | static_cast<uint32_t>(i);
        }
    }
    size_t stride() const { return static_cast<size_t>(size.width) + 3; }
    uint32_t at(int x, int y) const {
        return pixels[static_cast<size_t>(y) * stride() + static_cast<size_t>(x)];
    }
    FramebufferView view() const { return {pixels.data(), stride(), size}; }

    Size size;
    std::vector<uint32_t> pixels;
};

Region area_of(const Commit& commit) {
    Region region;
    for (const PixelBlock& block : commit.changed) {
        EXPECT_FALSE(region.overlaps(block.area));
        region |= block.area;
    }
    return region;
}

class CommitBuilderTest : public ::testing::Test {
protected:
    CommitBuilderTest() {
        builder_.set_surface({0, {101, 77}});
        builder_.set_watched(true);
        builder_.build(framebuffer_.view());
    }

    Framebuffer framebuffer_{{101, 77}};
    CommitBuilder builder_;
};

TEST_F(CommitBuilderTest, has_nothing_to_say_when_nothing_was_done) {
    EXPECT_FALSE(builder_.dirty());
}

TEST_F(CommitBuilderTest, carries_pixels_with_the_upper_byte_cleared) {
    builder_.add_changed(Region(Rect{3, 4, 9, 6}) | Region(Rect{90, 70, 500, 500}));
    ASSERT_TRUE(builder_.dirty());
    const Commit commit = builder_.build(framebuffer_.view());
    EXPECT_FALSE(builder_.dirty());
    EXPECT_EQ(area_of(commit), Region(Rect{3, 4, 9, 6}) | Region(Rect{90, 70, 101, 77}));
    for (const PixelBlock& block : commit.changed) {
        const uint32_t* pixel = block.pixels.get();
        for (int y = block.area.y1; y < block.area.y2; ++y) {
            for (int x = block.area.x1; x < block.area.x2; ++x) {
                ASSERT_EQ(*pixel++, framebuffer_.at(x, y) & 0x00ffffff);
            }
        }
    }
    EXPECT_FALSE(commit.surface);
    EXPECT_FALSE(commit.cursor);
    EXPECT_FALSE(commit.lock_keys);
}

TEST_F(CommitBuilderTest, keeps_copies_from_inside_and_sends_the_rest_as_pixels) {
    builder_.add_copy(Rect{0, 0, 101, 60}, 0, 10); // rows 0 to 9 come from outside
    const Commit commit = builder_.build(framebuffer_.view());
    ASSERT_EQ(commit.copies.size(), 1u);
    EXPECT_EQ(commit.copies[0].destination, Region(Rect{0, 10, 101, 60}));
    EXPECT_EQ(commit.copies[0].dy, 10);
    EXPECT_EQ(area_of(commit), Region(Rect{0, 0, 101, 10}));
}

TEST_F(CommitBuilderTest, sends_small_copies_as_pixels) {
    builder_.add_copy(Rect{0, 0, 8, 16}, -20, 0);
    const Commit commit = builder_.build(framebuffer_.view());
    EXPECT_TRUE(commit.copies.empty());
    EXPECT_EQ(area_of(commit), Region(Rect{0, 0, 8, 16}));
}

TEST_F(CommitBuilderTest, wants_no_more_copies_than_one_commit_can_tell) {
    for (size_t i = 0; i < PendingUpdate::kMaxCopies; ++i) {
        EXPECT_TRUE(builder_.wants_copies());
        builder_.add_copy(Rect{0, 0, 101, 60}, 0, -1);
    }
    EXPECT_FALSE(builder_.wants_copies());
    builder_.build(framebuffer_.view());
    EXPECT_TRUE(builder_.wants_copies());
}

TEST_F(CommitBuilderTest, forgets_what_was_done_to_a_surface_that_is_gone) {
    builder_.add_copy(Rect{0, 0, 101, 60}, 0, -10);
    builder_.set_surface({0, {33, 20}});
    const Framebuffer smaller({33, 20});
    const Commit commit = builder_.build(smaller.view());
    ASSERT_TRUE(commit.surface);
    EXPECT_EQ(commit.surface->size, (Size{33, 20}));
    EXPECT_TRUE(commit.copies.empty());
    EXPECT_EQ(area_of(commit), Region(Rect{0, 0, 33, 20}));
}

TEST_F(CommitBuilderTest, separates_pointer_motion_from_pointer_shape) {
    builder_.set_cursor_position({5, 6});
    builder_.set_cursor_position({7, 8});
    Commit commit = builder_.build(framebuffer_.view());
    EXPECT_FALSE(commit.cursor);
    ASSERT_TRUE(commit.cursor_position);
    EXPECT_EQ(*commit.cursor_position, (Point{7, 8}));
    EXPECT_TRUE(commit.changed.empty());

    builder_.set_cursor({std::nullopt, {9, 9}});
    builder_.set_cursor_position({10, 11});
    commit = builder_.build(framebuffer_.view());
    ASSERT_TRUE(commit.cursor);
    EXPECT_EQ(commit.cursor->position, (Point{10, 11}));
    EXPECT_FALSE(commit.cursor_position);

    builder_.set_cursor_position({10, 11});
    EXPECT_FALSE(builder_.dirty());
}

TEST_F(CommitBuilderTest, mentions_monitors_and_locks_only_when_they_differ) {
    MonitorsConfig monitors;
    monitors.heads.push_back({0, {0, 0, 101, 77}});
    builder_.set_monitors(monitors);
    builder_.set_lock_keys(4);
    const Commit commit = builder_.build(framebuffer_.view());
    ASSERT_TRUE(commit.monitors);
    EXPECT_EQ(*commit.monitors, monitors);
    EXPECT_EQ(commit.lock_keys, LockKeys{4});
    builder_.set_monitors(monitors);
    builder_.set_lock_keys(4);
    EXPECT_FALSE(builder_.dirty());
}

TEST(CommitBuilder, tells_everything_when_somebody_begins_to_watch) {
    const Framebuffer framebuffer({40, 30});
    CommitBuilder builder;
    builder.set_surface({0, {40, 30}});
    builder.set_monitors({{{0, {0, 0, 40, 30}}}, 1});
    builder.set_cursor_position({3, 4});
    builder.set_lock_keys(2);
    builder.add_changed(Rect{0, 0, 1, 1});
    builder.add_copy(Rect{0, 0, 20, 20}, 1, 1);
    EXPECT_FALSE(builder.dirty());
    for (int time = 0; time < 2; ++time) {
        builder.set_watched(true);
        ASSERT_TRUE(builder.dirty());
        const Commit commit = builder.build(framebuffer.view());
        EXPECT_TRUE(commit.surface);
        EXPECT_TRUE(commit.copies.empty());
        EXPECT_EQ(area_of(commit), Region(Rect{0, 0, 40, 30}));
        EXPECT_TRUE(commit.monitors);
        ASSERT_TRUE(commit.cursor);
        EXPECT_EQ(commit.cursor->position, (Point{3, 4}));
        EXPECT_EQ(commit.lock_keys, LockKeys{2});
        EXPECT_FALSE(builder.dirty());
        builder.add_changed(Rect{0, 0, 5, 5});
        builder.set_watched(false);
        EXPECT_FALSE(builder.dirty());
    }
}

TEST_F(CommitBuilderTest, answers_wishes_even_if_nothing_was_done) {
    builder_.set_reached(4);
    builder_.set_reached(5);
    ASSERT_TRUE(builder_.dirty());
    Commit commit = builder_.build(framebuffer_.view());
    EXPECT_EQ(commit.reached, uint64_t{5});
    EXPECT_FALSE(commit.monitors_answer);
    EXPECT_FALSE(commit.surface);
    EXPECT_TRUE(commit.changed.empty());
    EXPECT_FALSE(builder_.dirty());

    builder_.set_monitors_answer({6, "too large"});
    ASSERT_TRUE(builder_.dirty());
    commit = builder_.build(framebuffer_.view());
    EXPECT_FALSE(commit.reached);
    EXPECT_EQ(commit.monitors_answer, (MonitorsAnswer{6, "too large"}));
    EXPECT_FALSE(builder_.dirty());
}

TEST_F(CommitBuilderTest, keeps_answers_for_whoever_watches_next) {
    builder_.set_reached(7); // and nobody was told before the last one left
    builder_.set_watched(false);
    builder_.set_monitors_answer({8, {}});
    EXPECT_FALSE(builder_.dirty());
    for (int time = 0; time < 2; ++time) { // a commit may be lost on its way: then everything is told again
        builder_.set_watched(true);
        const Commit commit = builder_.build(framebuffer_.view());
        EXPECT_EQ(commit.reached, uint64_t{7});
        EXPECT_EQ(commit.monitors_answer, (MonitorsAnswer{8, {}}));
        EXPECT_EQ(area_of(commit), Region(Rect{0, 0, 101, 77}));
        builder_.set_watched(false);
    }
}

// Large enough for commits whose memory comes back.
class CommitMemoryTest : public ::testing::Test {
protected:
    CommitMemoryTest() {
        builder_.set_surface({0, framebuffer_.size});
        builder_.set_watched(true);
        builder_.build(framebuffer_.view());
    }

    Commit whole() {
        builder_.add_changed(Rect{0, 0, 401, 300});
        return builder_.build(framebuffer_.view());
    }
    Commit dot() {
        builder_.add_changed(Rect{5, 5, 6, 6});
        return builder_.build(framebuffer_.view());
    }
    size_t surface_pixels() const { return size_t{401} * 300; }

    Framebuffer framebuffer_{{401, 300}};
    CommitBuilder builder_;
};

TEST_F(CommitMemoryTest, serves_one_commit_after_the_other) {
    EXPECT_EQ(builder_.kept_pixels(), surface_pixels());
    const uint32_t* first = whole().changed.at(0).pixels.get();
    const Commit second = whole();
    EXPECT_EQ(second.changed.at(0).pixels.get(), first);
    EXPECT_EQ(builder_.kept_pixels(), 0u);
}

TEST_F(CommitMemoryTest, is_not_touched_while_anybody_has_a_block_of_it) {
    builder_.add_changed(Region(Rect{0, 0, 401, 200}) | Region(Rect{0, 210, 401, 300}));
    Commit held = builder_.build(framebuffer_.view());
    ASSERT_EQ(held.changed.size(), 2u);
    const PixelBlock last = held.changed[1];
    held = {};
    for (uint32_t& pixel : framebuffer_.pixels) {
        pixel = ~pixel;
    }
    whole();
    whole();
    EXPECT_EQ(last.pixels[3], ~framebuffer_.at(3, 210) & 0x00ffffff);
}

TEST_F(CommitMemoryTest, keeps_no_more_than_one_surface) {
    std::vector<Commit> held;
    for (int i = 0; i < 3; ++i) {
        held.push_back(whole());
    }
    held.clear();
    EXPECT_EQ(builder_.kept_pixels(), surface_pixels());
}

TEST_F(CommitMemoryTest, goes_after_many_small_commits) {
    for (int i = 1; i < CommitBuilder::kSmallCommits; ++i) {
        dot();
    }
    EXPECT_EQ(builder_.kept_pixels(), surface_pixels());
    dot();
    EXPECT_EQ(builder_.kept_pixels(), 0u);
    whole();
    EXPECT_EQ(builder_.kept_pixels(), surface_pixels());
}

TEST_F(CommitMemoryTest, is_not_asked_for_by_commits_without_pixels) {
    for (int i = 0; i < 2 * CommitBuilder::kSmallCommits; ++i) {
        builder_.set_reached(static_cast<uint64_t>(i));
        builder_.build(framebuffer_.view());
    }
    EXPECT_EQ(builder_.kept_pixels(), surface_pixels());
}

TEST_F(CommitMemoryTest, goes_with_the_surface_and_with_the_last_who_watched) {
    Commit under_way = whole();
    builder_.set_watched(false);
    under_way = {};
    EXPECT_EQ(builder_.kept_pixels(), 0u);
    builder_.set_watched(true);
    whole();
    EXPECT_EQ(builder_.kept_pixels(), surface_pixels());
    builder_.set_surface({0, {300, 300}});
    EXPECT_EQ(builder_.kept_pixels(), 0u);
}

TEST_F(CommitMemoryTest, may_outlive_the_builder) {
    Commit commit;
    {
        CommitBuilder builder;
        builder.set_surface({0, framebuffer_.size});
        builder.set_watched(true);
        commit = builder.build(framebuffer_.view());
    }
    EXPECT_EQ(commit.changed.at(0).pixels[7], framebuffer_.at(7, 0) & 0x00ffffff);
}

// As the core does: another thread reads a commit and drops it at any time.
TEST_F(CommitMemoryTest, comes_back_from_another_thread) {
    constexpr uint32_t kCommits = 200;
    std::mutex mutex;
    std::condition_variable told;
    std::vector<Commit> posted;
    uint32_t wrong = 0;
    std::thread core([&] {
        for (uint32_t i = 0; i < kCommits; ++i) {
            std::vector<Commit> taken;
            {
                std::unique_lock lock(mutex);
                told.wait(lock, [&] { return !posted.empty(); });
                taken.push_back(std::move(posted.back()));
                posted.clear();
            }
            told.notify_all();
            const uint32_t* pixels = taken[0].changed.at(0).pixels.get();
            for (size_t x = 0; x < surface_pixels(); x += 997) {
                wrong += pixels[x] != i;
            }
        }
    });
    for (uint32_t i = 0; i < kCommits; ++i) {
        std::fill(framebuffer_.pixels.begin(), framebuffer_.pixels.end(), i);
        Commit commit = whole();
        std::unique_lock lock(mutex);
        told.wait(lock, [&] { return posted.empty(); });
        posted.push_back(std::move(commit));
        told.notify_all();
    }
    core.join();
    EXPECT_EQ(wrong, 0u);
}

} // namespace
} // namespace spice
