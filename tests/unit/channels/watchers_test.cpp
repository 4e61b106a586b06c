#include "channels/watchers.hpp"

#include "channel_harness.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace spice::channels {
namespace {

using Told = std::vector<bool>;

class WatchersTest : public testing::Test {
protected:
    Told told() { return std::exchange(desktop.watched, {}); }

    test::FakeDesktop desktop;
    std::optional<Watchers> watchers{std::in_place, desktop};
};

TEST_F(WatchersTest, tells_of_the_first_and_of_the_last) {
    {
        const auto first = watchers->watch();
        EXPECT_EQ(told(), Told{true});
        { const auto second = watchers->watch(); }
        EXPECT_EQ(told(), Told());
    }
    EXPECT_EQ(told(), Told{false});
    { const auto third = watchers->watch(); }
    EXPECT_EQ(told(), (Told{true, false}));
}

TEST_F(WatchersTest, tells_the_server_of_the_last) {
    int rests = 0;
    watchers->set_rest_handler([&] { ++rests; });
    {
        const auto first = watchers->watch();
        { const auto second = watchers->watch(); }
        EXPECT_EQ(rests, 0);
        EXPECT_TRUE(watchers->any());
    }
    EXPECT_EQ(rests, 1);
    EXPECT_FALSE(watchers->any());
    watchers->look_anew(); // nobody does
    EXPECT_EQ(rests, 1);
}

TEST_F(WatchersTest, counts_one_that_is_handed_on_once) {
    auto first = watchers->watch();
    Watchers::Watch second = std::move(first);
    first.end(); // has nothing any more
    EXPECT_EQ(told(), Told{true});
    second.end();
    second.end();
    EXPECT_EQ(told(), Told{false});
    second = watchers->watch();
    EXPECT_EQ(told(), Told{true});
    second = Watchers::Watch();
    EXPECT_EQ(told(), Told{false});
}

TEST_F(WatchersTest, has_everything_come_again_only_for_somebody) {
    watchers->look_anew();
    EXPECT_EQ(told(), Told());
    const auto watch = watchers->watch();
    told();
    watchers->look_anew();
    EXPECT_EQ(told(), (Told{false, true}));
}

TEST_F(WatchersTest, may_go_before_those_who_watch) {
    auto watch = watchers->watch();
    told();
    watchers.reset();
    watch.end();
    EXPECT_EQ(told(), Told());
}

} // namespace
} // namespace spice::channels
