#include "display/update_tracker.hpp"

#include "display/cell_grid.hpp"

#include <gtest/gtest.h>

namespace spice::display {
namespace {

ScreenUpdate changed(const Region& region) {
    ScreenUpdate update;
    update.changed = region;
    return update;
}

TEST(UpdateTracker, tells_a_new_surface_in_portions_until_it_is_complete) {
    UpdateTracker tracker;
    EXPECT_TRUE(tracker.empty());
    tracker.reset({100, 50});
    Region told;
    int updates = 0;
    while (!tracker.empty()) {
        ASSERT_TRUE(tracker.incomplete());
        const PendingUpdate::Taken taken = tracker.take(1000);
        ASSERT_LE(taken.changed.area(), 1000);
        ASSERT_FALSE(taken.changed.empty());
        ASSERT_FALSE(told.overlaps(taken.changed));
        told |= taken.changed;
        ++updates;
    }
    EXPECT_EQ(updates, 5);
    EXPECT_EQ(told, Region(Rect{0, 0, 100, 50}));
    EXPECT_FALSE(tracker.incomplete());
}

TEST(UpdateTracker, tells_at_least_one_row_however_little_is_allowed) {
    UpdateTracker tracker;
    tracker.reset({100, 3});
    EXPECT_EQ(tracker.take(1).changed, Region(Rect{0, 0, 100, 1}));
    EXPECT_EQ(tracker.take(1).changed, Region(Rect{0, 1, 100, 2}));
}

TEST(UpdateTracker, lets_what_changes_all_the_time_starve_nothing) {
    UpdateTracker tracker;
    tracker.reset({100, 100});
    for (int i = 0; i < 12 && tracker.incomplete(); ++i) {
        tracker.add(changed(Rect{0, 0, 100, 20})); // a clock at the top
        tracker.take(1000);
    }
    EXPECT_FALSE(tracker.incomplete());
    EXPECT_FALSE(tracker.empty()); // the clock has moved since
}

TEST(UpdateTracker, forgets_the_old_surface) {
    UpdateTracker tracker;
    tracker.reset({100, 100});
    tracker.take(1000);
    tracker.add(changed(Rect{90, 90, 100, 100}));
    tracker.reset({10, 10});
    const PendingUpdate::Taken taken = tracker.take(1000000);
    EXPECT_EQ(taken.changed, Region(Rect{0, 0, 10, 10}));
    EXPECT_TRUE(tracker.empty());
}

TEST(UpdateTracker, hands_out_copies_with_the_first_portion) {
    UpdateTracker tracker;
    tracker.reset({100, 100});
    tracker.take(1000000);
    ScreenUpdate scroll = changed(Rect{0, 90, 100, 100});
    scroll.copies.push_back({Rect{0, 0, 100, 90}, 0, -10});
    tracker.add(scroll);
    const PendingUpdate::Taken first = tracker.take(500);
    EXPECT_EQ(first.copies.size(), 1u);
    EXPECT_EQ(first.changed, Region(Rect{0, 90, 100, 95}));
    const PendingUpdate::Taken second = tracker.take(500);
    EXPECT_TRUE(second.copies.empty());
    EXPECT_EQ(second.changed, Region(Rect{0, 95, 100, 100}));
}

TEST(UpdateTracker, lets_what_is_shown_move_on_while_the_rest_is_coming) {
    UpdateTracker tracker;
    tracker.reset({100, 100});
    EXPECT_EQ(tracker.take(2000).changed, Region(Rect{0, 0, 100, 20}));
    tracker.add(changed(Rect{0, 0, 100, 5})); // a clock at the top
    EXPECT_EQ(tracker.take(2000).changed, Region(Rect{0, 0, 100, 5}) | Region(Rect{0, 20, 100, 35}));
    // What scrolls there is shown with it. The copy brings up rows that were not told yet: they wait on.
    ScreenUpdate scroll = changed(Rect{0, 95, 100, 100});
    scroll.copies.push_back({Rect{0, 0, 100, 95}, 0, -5});
    tracker.add(scroll);
    tracker.add(changed(Rect{0, 0, 100, 5}));
    const PendingUpdate::Taken taken = tracker.take(2000);
    ASSERT_EQ(taken.copies.size(), 1u);
    EXPECT_EQ(taken.changed, Region(Rect{0, 0, 100, 5}) | Region(Rect{0, 35, 100, 50}));
}

TEST(UpdateTracker, begins_no_cell_that_the_next_portion_can_take_whole) {
    UpdateTracker tracker;
    tracker.reset({2 * kCell + 80, kCell});
    EXPECT_EQ(tracker.take(kCell * kCell + 20000).changed, Region(cell_at(0, 0)));
    EXPECT_EQ(tracker.take(kCell * kCell + 20000).changed, Region(cell_at(1, 0)));
}

} // namespace
} // namespace spice::display
