// Random operations and random moments of sending, against a receiver that does what it is told: the rules of
// PendingUpdate are right exactly when the receiver's picture ends equal.
#include "spice-core/pending_update.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace spice {
namespace {

class Picture {
public:
    explicit Picture(int edge)
        : edge_(edge), pixels_(static_cast<size_t>(edge) * static_cast<size_t>(edge)) {}

    uint32_t& at(int x, int y) {
        return pixels_.at(static_cast<size_t>(y) * static_cast<size_t>(edge_) + static_cast<size_t>(x));
    }

    void copy(const Copy& copy) {
        Picture before(*this);
        for (const Rect& rect : copy.destination.rects()) {
            for (int y = rect.y1; y < rect.y2; ++y) {
                for (int x = rect.x1; x < rect.x2; ++x) {
                    at(x, y) = before.at(x - copy.dx, y - copy.dy);
                }
            }
        }
    }

    template <class Value>
    void fill(const Region& region, Value value) {
        for (const Rect& rect : region.rects()) {
            for (int y = rect.y1; y < rect.y2; ++y) {
                for (int x = rect.x1; x < rect.x2; ++x) {
                    at(x, y) = value(x, y);
                }
            }
        }
    }

    friend bool operator==(const Picture&, const Picture&) = default;

private:
    int edge_;
    std::vector<uint32_t> pixels_;
};

class World {
public:
    World(uint32_t seed, int edge) : random_(seed), edge_(edge), screen_(edge), receiver_(edge) {}

    int below(int limit) { return static_cast<int>(random_() % static_cast<uint32_t>(limit)); }

    Rect random_rect() {
        const int x = below(edge_);
        const int y = below(edge_);
        return {x, y, x + 1 + below(edge_ - x), y + 1 + below(edge_ - y)};
    }

    Region random_region() {
        Region region = random_rect();
        for (int more = below(3); more > 0; --more) {
            region |= random_rect();
        }
        if (below(3) == 0) {
            region -= random_rect();
        }
        return region;
    }

    void draw() {
        const Region region = random_region();
        const bool noise = below(2) == 0;
        const uint32_t colour = next_++;
        screen_.fill(region, [&](int, int) { return noise ? next_++ : colour; });
        pending_.add_changed(region);
    }

    void copy(int dx, int dy) {
        const Region surface = Rect{0, 0, edge_, edge_};
        const Copy copy{random_region() & surface & surface.translated(dx, dy), dx, dy};
        screen_.copy(copy);
        pending_.add_copy(copy);
    }

    void copy_somewhere() { copy(below(2 * edge_ - 1) - edge_ + 1, below(2 * edge_ - 1) - edge_ + 1); }

    void scroll_and_draw_strip(int rows) {
        const Copy scroll{Rect{0, 0, edge_, edge_ - rows}, 0, -rows};
        screen_.copy(scroll);
        pending_.add_copy(scroll);
        const Region strip = Rect{0, edge_ - rows, edge_, edge_};
        screen_.fill(strip, [&](int, int) { return next_++; });
        pending_.add_changed(strip);
    }

    void tell(const PendingUpdate::Taken& taken) {
        ASSERT_LE(taken.copies.size(), PendingUpdate::kMaxCopies);
        for (const Copy& copy : taken.copies) {
            ASSERT_FALSE(copy.destination.empty());
            receiver_.copy(copy);
        }
        receiver_.fill(taken.changed, [&](int x, int y) { return screen_.at(x, y); });
    }

    void check_bounds() const {
        size_t rects = 0;
        for (const Copy& copy : pending_.copies()) {
            rects += copy.destination.rect_count();
        }
        ASSERT_LE(pending_.copies().size(), PendingUpdate::kMaxCopies);
        ASSERT_LE(rects, PendingUpdate::kMaxCopyRects);
        ASSERT_LE(pending_.changed().rect_count(), PendingUpdate::kMaxChangedRects);
        ASSERT_TRUE(Region(Rect{0, 0, edge_, edge_}).contains(pending_.changed()));
    }

    // Everything that was not sent is wrong only where the state says so.
    void check_invariant() {
        Picture shown(receiver_);
        for (const Copy& copy : pending_.copies()) {
            shown.copy(copy);
        }
        shown.fill(pending_.changed(), [&](int x, int y) { return screen_.at(x, y); });
        ASSERT_EQ(shown, screen_);
    }

    void random_step() {
        switch (below(8)) {
        case 0:
        case 1:
            draw();
            break;
        case 2:
        case 3:
            copy_somewhere();
            break;
        case 4:
            copy(below(5) - 2, below(5) - 2); // overlaps itself
            break;
        case 5:
            scroll_and_draw_strip(1 + below(3));
            break;
        case 6:
            if (below(4) == 0) {
                tell(pending_.take());
                ASSERT_EQ(receiver_, screen_);
                ASSERT_TRUE(pending_.empty());
            }
            break;
        default:
            if (below(2) == 0) {
                tell(pending_.take(random_region()));
            }
            break;
        }
    }

    std::mt19937 random_;
    int edge_;
    uint32_t next_ = 1;
    Picture screen_;
    Picture receiver_;
    PendingUpdate pending_;
};

TEST(PendingUpdate, brings_a_receiver_to_the_current_picture_whenever_it_is_told) {
    for (uint32_t seed = 0; seed < 1500; ++seed) {
        World world(seed, 8 + static_cast<int>(seed % 3) * 8);
        for (int step = 0; step < 40; ++step) {
            world.random_step();
            world.check_bounds();
            world.check_invariant();
            if (::testing::Test::HasFatalFailure()) {
                FAIL() << "seed " << seed << ", step " << step;
            }
        }
        world.tell(world.pending_.take());
        ASSERT_EQ(world.receiver_, world.screen_) << "seed " << seed;
    }
}

TEST(PendingUpdate, stays_bounded_and_right_when_nothing_is_taken_for_long) {
    for (uint32_t seed = 0; seed < 8; ++seed) {
        World world(seed, 24);
        for (int step = 0; step < 2000; ++step) {
            if (world.below(8) == 0) {
                world.draw();
            } else {
                world.copy_somewhere();
            }
            world.check_bounds();
            if (::testing::Test::HasFatalFailure()) {
                FAIL() << "seed " << seed << ", step " << step;
            }
        }
        world.tell(world.pending_.take());
        ASSERT_EQ(world.receiver_, world.screen_) << "seed " << seed;
    }
}

TEST(PendingUpdate, covers_scattered_pixels_with_few_rectangles) {
    PendingUpdate pending;
    Region all;
    for (int y = 0; y < 600; y += 3) {
        for (int x = 0; x < 800; x += 7) {
            pending.add_changed(Rect{x, y, x + 1, y + 1});
            ASSERT_LE(pending.changed().rect_count(), PendingUpdate::kMaxChangedRects);
        }
    }
    EXPECT_TRUE(pending.changed().contains(Rect{0, 0, 1, 1}));
    EXPECT_TRUE(pending.changed().contains(Rect{798, 597, 799, 598}));
    EXPECT_TRUE(Region(Rect{0, 0, 800, 600}).contains(pending.changed()));
}

TEST(PendingUpdate, folds_copies_that_are_too_many) {
    World world(1, 64);
    for (int i = 0; i < 200; ++i) {
        // Columns that are all alive at the end, with offsets of their own.
        const Copy copy{Rect{i % 32, 2 * (i % 16), i % 32 + 1, 2 * (i % 16) + 1}, -(i % 30) - 1, i % 2};
        const Copy inside{copy.destination & Region(Rect{0, 0, 64, 64}).translated(copy.dx, copy.dy), copy.dx,
                          copy.dy};
        world.screen_.copy(inside);
        world.pending_.add_copy(inside);
        world.check_bounds();
    }
    world.check_invariant();
}

TEST(PendingUpdate, turns_many_scrolls_into_one) {
    World world(3, 24);
    for (int i = 0; i < 5; ++i) {
        world.scroll_and_draw_strip(2);
    }
    const PendingUpdate::Taken taken = world.pending_.take();
    ASSERT_EQ(taken.copies.size(), 1u);
    EXPECT_EQ(taken.copies[0].dy, -10);
    EXPECT_EQ(taken.copies[0].destination, Region(Rect{0, 0, 24, 14}));
    EXPECT_EQ(taken.changed, Region(Rect{0, 14, 24, 24}));
}

TEST(PendingUpdate, forgets_a_window_that_was_dragged_there_and_back) {
    PendingUpdate pending;
    const Rect here{0, 0, 10, 10};
    const Rect there{30, 5, 40, 15};
    pending.add_copy({there, 30, 5});
    pending.add_changed(here);
    pending.add_copy({here, -30, -5});
    pending.add_changed(there);
    const PendingUpdate::Taken taken = pending.take();
    EXPECT_TRUE(taken.copies.empty());
    EXPECT_EQ(taken.changed, Region(there));
}

TEST(PendingUpdate, drops_a_copy_whose_destination_changed_afterwards) {
    PendingUpdate pending;
    pending.add_copy({Rect{10, 0, 20, 10}, 10, 0});
    pending.add_changed(Rect{5, 0, 20, 10});
    const PendingUpdate::Taken taken = pending.take();
    EXPECT_TRUE(taken.copies.empty());
    EXPECT_EQ(taken.changed, Region(Rect{5, 0, 20, 10}));
}

TEST(PendingUpdate, keeps_an_overwritten_copy_that_a_later_one_reads) {
    PendingUpdate pending;
    pending.add_copy({Rect{10, 0, 20, 10}, 10, 0});
    pending.add_copy({Rect{40, 0, 55, 10}, 30, 0}); // reads 10..25: what the first one wrote, and more
    pending.add_changed(Rect{10, 0, 20, 10});
    const PendingUpdate::Taken taken = pending.take();
    ASSERT_EQ(taken.copies.size(), 2u);
    EXPECT_EQ(taken.copies[0].destination, Region(Rect{10, 0, 20, 10}));
    EXPECT_EQ(taken.changed, Region(Rect{10, 0, 20, 10}));
}

TEST(PendingUpdate, copies_of_changed_pixels_are_changed) {
    PendingUpdate pending;
    pending.add_changed(Rect{0, 0, 10, 10});
    pending.add_copy({Rect{20, 0, 40, 10}, 20, 0});
    const PendingUpdate::Taken taken = pending.take();
    EXPECT_EQ(taken.changed, Region(Rect{0, 0, 10, 10}) | Region(Rect{20, 0, 30, 10}));
    ASSERT_EQ(taken.copies.size(), 1u);
    EXPECT_EQ(taken.copies[0].destination, Region(Rect{30, 0, 40, 10}));
}

TEST(PendingUpdate, known_pixels_copied_over_changed_ones_need_not_be_sent) {
    PendingUpdate pending;
    pending.add_changed(Rect{0, 0, 10, 10});
    pending.add_copy({Rect{0, 0, 10, 10}, -50, 0});
    const PendingUpdate::Taken taken = pending.take();
    EXPECT_TRUE(taken.changed.empty());
    EXPECT_EQ(taken.copies.size(), 1u);
}

} // namespace
} // namespace spice
