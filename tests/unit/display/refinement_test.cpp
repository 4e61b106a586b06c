#include "display/refinement.hpp"

#include "display/cell_grid.hpp"

#include <gtest/gtest.h>

namespace spice::display {
namespace {

const Rect kLeft{0, 0, 50, 100};
const Rect kRight{50, 0, 100, 100};

void grow_old(Refinement& refinement) {
    refinement.grow_older();
    refinement.grow_older();
}

TEST(Refinement, makes_due_what_was_still_for_a_tick) {
    Refinement refinement;
    EXPECT_TRUE(refinement.empty());
    refinement.sent_lossy(Rect{0, 0, 100, 100});
    EXPECT_TRUE(refinement.waits());
    EXPECT_TRUE(refinement.due().empty());
    EXPECT_EQ(refinement.pixels(), 10000);
    grow_old(refinement);
    EXPECT_FALSE(refinement.waits());
    EXPECT_EQ(refinement.due(), Region(Rect{0, 0, 100, 100}));
}

TEST(Refinement, never_makes_due_what_changed_since_the_last_tick) {
    Refinement refinement;
    refinement.sent_lossy(kLeft);
    refinement.grow_older();
    EXPECT_TRUE(refinement.due().empty());
    refinement.changed(Rect{0, 0, 50, 50});
    refinement.grow_older();
    EXPECT_EQ(refinement.due(), Region(Rect{0, 50, 50, 100}));
    refinement.grow_older();
    EXPECT_EQ(refinement.due(), Region(kLeft));
}

TEST(Refinement, waits_again_where_something_changes) {
    Refinement refinement;
    refinement.sent_lossy(Rect{0, 0, 100, 100});
    grow_old(refinement);
    refinement.changed(kLeft);
    EXPECT_EQ(refinement.due(), Region(kRight));
    EXPECT_EQ(refinement.pixels(), 10000);
    grow_old(refinement);
    EXPECT_EQ(refinement.due(), Region(Rect{0, 0, 100, 100}));
}

TEST(Refinement, waits_again_where_something_lossy_was_sent) {
    Refinement refinement;
    refinement.sent_lossy(kLeft);
    grow_old(refinement);
    refinement.sent_lossy(kLeft);
    EXPECT_TRUE(refinement.due().empty());
    EXPECT_EQ(refinement.pixels(), 5000);
}

TEST(Refinement, ends_where_exact_pixels_were_sent) {
    Refinement refinement;
    refinement.sent_lossy(kLeft);
    grow_old(refinement);
    refinement.sent_lossy(kRight);
    refinement.sent_exact(Rect{0, 0, 100, 50});
    EXPECT_EQ(refinement.due(), Region(Rect{0, 50, 50, 100}));
    EXPECT_EQ(refinement.pixels(), 5000);
    refinement.sent_exact(Rect{0, 50, 100, 100});
    EXPECT_TRUE(refinement.empty());
}

TEST(Refinement, follows_lossy_pixels_that_are_copied) {
    Refinement refinement;
    refinement.sent_lossy(kLeft);
    grow_old(refinement);
    // The lower half of the left side goes to the right side's upper half.
    refinement.sent_copy({Rect{50, 0, 100, 50}, 50, -50});
    EXPECT_EQ(refinement.pixels(), 7500);
    EXPECT_EQ(refinement.due(), Region(kLeft));
    grow_old(refinement);
    EXPECT_TRUE(refinement.due().contains(Rect{50, 0, 100, 50}));
}

TEST(Refinement, forgets_lossy_pixels_that_exact_ones_are_copied_over) {
    Refinement refinement;
    refinement.sent_lossy(kLeft);
    refinement.sent_copy({Region(kLeft), -50, 0});
    EXPECT_TRUE(refinement.empty());
}

TEST(Refinement, follows_a_scroll_over_itself) {
    Refinement refinement;
    refinement.sent_lossy(Rect{0, 10, 10, 20});
    refinement.sent_copy({Rect{0, 0, 10, 95}, 0, -5}); // five rows up
    grow_old(refinement);
    EXPECT_EQ(refinement.due(), Region(Rect{0, 5, 10, 15}));
}

TEST(Refinement, stays_bounded) {
    Refinement refinement;
    for (int i = 0; i < 2000; ++i) {
        const int x = i % 50 * 20;
        const int y = i / 50 * 20;
        refinement.sent_lossy(Rect{x, y, x + 10, y + 10});
    }
    grow_old(refinement);
    EXPECT_LE(refinement.due().rect_count(), 256u);
    EXPECT_GE(refinement.due().area(), 200000);
}

TEST(Refinement, goes_on_cell_by_cell) {
    Refinement refinement;
    refinement.sent_lossy(Rect{100, 100, 700, 400});
    grow_old(refinement);
    EXPECT_EQ(refinement.next(1), Region(Rect{100, 100, kCell, kCell})) << "at least one";
    EXPECT_EQ(refinement.next(120'000), Region(Rect{100, 100, 2 * kCell, kCell}));
    EXPECT_EQ(refinement.next(1'000'000), refinement.due());
    refinement.sent_exact(refinement.next(1));
    EXPECT_EQ(refinement.next(1), Region(Rect{kCell, 100, 2 * kCell, kCell}));
}

} // namespace
} // namespace spice::display
