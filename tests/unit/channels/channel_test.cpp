#include "channels/channel.hpp"

#include "channel_harness.hpp"
#include "protocol/base_messages.hpp"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace spice::channels {
namespace {

namespace asio = boost::asio;
using test::Received;

constexpr uint16_t kHello = 101;
constexpr uint16_t kTrouble = 102; // received() returns an error
constexpr uint16_t kBug = 103;     // received() throws
constexpr uint16_t kSlow = 104;    // received() waits for the test
constexpr size_t kMaxBody = 100'000;

class PlainChannel final : public Channel {
public:
    using Channel::Channel;
    using Channel::has_room;
    using Channel::kPingInterval;
    using Channel::outbox_bytes;
    using Channel::round_trip_ms;
    using Channel::send;
    static constexpr size_t kLimit = kMaxOutbox;
    static constexpr size_t kLowWater = kOutboxLowWater;

    std::vector<Received> got;
    int rooms = 0;
    int closings = 0;
    std::function<void()> on_room;
    std::chrono::seconds later{0}; // what this channel's clock is ahead
    bool clock_stands = false;

private:
    TimePoint now() const override {
        return (clock_stands ? start_ : std::chrono::steady_clock::now()) + later;
    }
    void started() override { send(kHello, {1, 2, 3}); }
    asio::awaitable<Result<>> received(uint16_t type, Bytes body) override {
        if (type == kTrouble) {
            co_return Error{"trouble"};
        }
        if (type == kBug) {
            throw std::runtime_error("a bug\nin two lines");
        }
        if (type == kSlow) {
            asio::steady_timer pause(executor(), std::chrono::milliseconds(5));
            co_await pause.async_wait(asio::use_awaitable);
        }
        got.push_back({type, {body.begin(), body.end()}});
        co_return Result<>();
    }
    void room() override {
        ++rooms;
        if (on_room) {
            on_room();
        }
    }
    void closing() override { ++closings; }
    size_t max_message_size(uint16_t) const override { return kMaxBody; }

    const TimePoint start_ = std::chrono::steady_clock::now();
};

class BaseChannelTest : public test::ChannelTest {
protected:
    void open(test::LinkOptions options = {}, uint8_t type = SPICE_CHANNEL_PORT) {
        if (channel) {
            channel->close("another one comes");
            run();
        }
        reasons.clear();
        channel = std::make_shared<PlainChannel>(link(type, peer, std::move(options)), session,
                                                 [this](Channel& closed, std::string_view reason) {
                                                     EXPECT_EQ(&closed, channel.get());
                                                     reasons.emplace_back(reason);
                                                 });
        channel->start();
        run();
    }
    void expect_closed(const std::string& reason) {
        run();
        EXPECT_TRUE(channel->closed());
        EXPECT_EQ(reasons, std::vector<std::string>{reason});
        EXPECT_EQ(channel->closings, 1);
        EXPECT_TRUE(peer->ended());
    }
    // SET_ACK's generation, which the client confirms.
    void confirm_ack() {
        for (const Received& message : peer->take()) {
            if (message.type == SPICE_MSG_SET_ACK) {
                ByteReader in(message.body);
                peer->say(SPICE_MSGC_ACK_SYNC, ByteWriter().u32(in.u32()));
            }
        }
        run();
    }

    // A display channel over a connection whose kernel says what `facts` holds.
    void open_display() {
        open({.link_facts =
                  [this] {
                      ++asked;
                      return facts;
                  }},
             SPICE_CHANNEL_DISPLAY);
        peer->take();
    }
    void run_for(std::chrono::milliseconds time) {
        io.restart();
        io.run_for(time);
    }

    transport::LinkFacts facts;
    int asked = 0;
    std::unique_ptr<test::Peer> peer;
    std::shared_ptr<PlainChannel> channel;
    std::vector<std::string> reasons;
};

TEST_F(BaseChannelTest, begins_with_set_ack_then_its_own_then_a_ping) {
    open();
    const std::vector<Received> messages = peer->take();
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[0].type, SPICE_MSG_SET_ACK);
    ByteReader set_ack(messages[0].body);
    EXPECT_NE(set_ack.u32(), 0u);
    EXPECT_EQ(set_ack.u32(), 20u);
    EXPECT_EQ(messages[1].type, kHello);
    EXPECT_EQ(messages[1].body, (std::vector<uint8_t>{1, 2, 3}));
    EXPECT_EQ(messages[2].type, SPICE_MSG_PING);
    EXPECT_EQ(messages[2].body.size(), 12u);
}

TEST_F(BaseChannelTest, counts_serials_from_one_in_full_headers) {
    open({.mini = false});
    channel->send(kHello, {});
    run();
    const std::vector<Received> messages = peer->take();
    ASSERT_EQ(messages.size(), 4u);
    for (size_t i = 0; i < messages.size(); ++i) {
        EXPECT_EQ(messages[i].serial, i + 1);
    }
}

TEST_F(BaseChannelTest, hands_over_messages_whatever_pieces_they_come_in) {
    for (const bool mini : {true, false}) {
        for (const size_t chunk : {1, 2, 5, 7, 1000, 100'000}) {
            open({.mini = mini, .read_chunk = chunk});
            std::vector<uint8_t> large(30'000);
            for (size_t i = 0; i < large.size(); ++i) {
                large[i] = static_cast<uint8_t>(i * 7);
            }
            peer->say(200);
            peer->say(201, large);
            peer->say(202, ByteWriter().u32(5));
            run();
            ASSERT_EQ(channel->got.size(), 3u) << chunk;
            EXPECT_EQ(channel->got[0].body.size(), 0u);
            EXPECT_EQ(channel->got[1].body, large);
            EXPECT_EQ(channel->got[2].type, 202);
            EXPECT_FALSE(channel->closed());
        }
    }
}

TEST_F(BaseChannelTest, handles_messages_in_order_while_one_takes_its_time) {
    open();
    peer->say(kSlow, ByteWriter().u8(1));
    peer->say(200);
    run();
    EXPECT_TRUE(channel->got.empty());
    ASSERT_TRUE(run_until([&] { return channel->got.size() == 2; }));
    EXPECT_EQ(channel->got[0].type, kSlow);
    EXPECT_EQ(channel->got[0].body, std::vector<uint8_t>{1});
}

TEST_F(BaseChannelTest, closes_on_an_error_of_the_derived_channel) {
    open();
    peer->say(kTrouble);
    peer->say(200);
    expect_closed("trouble");
    EXPECT_TRUE(channel->got.empty());
}

TEST_F(BaseChannelTest, closes_itself_alone_on_an_exception) {
    open();
    peer->say(kBug);
    expect_closed("internal error: a bug\\x0ain two lines");
}

TEST_F(BaseChannelTest, refuses_an_oversized_message_before_it_has_come) {
    open();
    peer->say_raw(ByteWriter().u16(200).u32(kMaxBody + 1).take());
    expect_closed("message larger than its type may be");
}

TEST_F(BaseChannelTest, refuses_a_size_beyond_all_messages) {
    open();
    peer->say_raw(ByteWriter().u16(200).u32(0xffffffff).take());
    run();
    EXPECT_TRUE(channel->closed());
    EXPECT_EQ(reasons.size(), 1u);
}

TEST_F(BaseChannelTest, refuses_unknown_and_migration_base_messages) {
    for (const int kind : {0, SPICE_MSGC_MIGRATE_FLUSH_MARK + 0, SPICE_MSGC_MIGRATE_DATA + 0}) {
        const auto type = static_cast<uint16_t>(kind);
        open();
        peer->say(type, ByteWriter().zeros(6));
        run();
        EXPECT_TRUE(channel->closed()) << type;
        EXPECT_TRUE(channel->got.empty());
    }
}

TEST_F(BaseChannelTest, refuses_every_truncated_base_message) {
    const std::pair<uint16_t, size_t> messages[] = {{SPICE_MSGC_ACK_SYNC, 4}, {SPICE_MSGC_PONG, 12}};
    for (const auto& [type, size] : messages) {
        for (size_t length = 0; length < size; ++length) {
            open();
            peer->say(type, ByteWriter().zeros(length));
            run();
            EXPECT_TRUE(channel->closed()) << type << " with " << length;
        }
    }
}

TEST_F(BaseChannelTest, says_who_hung_up) {
    open();
    peer->hang_up();
    expect_closed("closed by the client");
}

TEST_F(BaseChannelTest, takes_the_clients_goodbye) {
    open();
    peer->say(SPICE_MSGC_DISCONNECTING, ByteWriter().zeros(12));
    expect_closed("the client says goodbye");
}

TEST_F(BaseChannelTest, close_calls_its_handler_once_and_later) {
    open();
    channel->close("first");
    channel->close("second");
    EXPECT_TRUE(reasons.empty());
    channel->send(kHello, {});
    expect_closed("first");
}

TEST_F(BaseChannelTest, survives_a_failure_of_every_single_read_and_write) {
    for (size_t operations = 0;; ++operations) {
        ASSERT_LT(operations, 1000u);
        const auto failures = std::make_shared<spice::test::FailureCounter>(operations);
        open({.read_chunk = 3, .failures = failures});
        peer->say(200, ByteWriter().zeros(10));
        peer->say(kSlow);
        channel->send(kHello, std::vector<uint8_t>(10));
        run_until([&] { return channel->closed() || channel->got.size() == 2; });
        if (!failures->failed()) {
            EXPECT_EQ(channel->got.size(), 2u);
            break;
        }
        run();
        EXPECT_EQ(reasons.size(), 1u);
        EXPECT_EQ(channel->closings, 1);
    }
}

TEST_F(BaseChannelTest, has_no_room_after_one_and_two_windows_without_ack) {
    open();
    confirm_ack();
    EXPECT_TRUE(channel->has_room());
    int sent = 0;
    while (channel->has_room() && sent < 100) {
        channel->send(kHello, {});
        run();
        ++sent;
    }
    EXPECT_EQ(sent, 41 - 2); // hello and ping were the first two
    channel->rooms = 0;
    peer->say(SPICE_MSGC_ACK);
    run();
    EXPECT_EQ(channel->rooms, 1);
    EXPECT_TRUE(channel->has_room());
    peer->say(SPICE_MSGC_ACK);
    peer->say(SPICE_MSGC_ACK);
    peer->say(SPICE_MSGC_ACK);
    run();
    EXPECT_FALSE(channel->closed()); // more ACKs than there is to acknowledge are harmless
}

TEST_F(BaseChannelTest, has_no_room_while_the_outbox_is_full_and_asks_for_more_when_it_drains) {
    open({.send_buffer = 10'000});
    channel->rooms = 0;
    channel->send(kHello, std::vector<uint8_t>(2 * PlainChannel::kLowWater));
    EXPECT_FALSE(channel->has_room());
    run();
    EXPECT_EQ(channel->rooms, 0);
    size_t taken = 0;
    while (channel->rooms == 0 && taken < 20) {
        peer->take();
        run();
        ++taken;
    }
    EXPECT_GT(taken, 5u);
    EXPECT_TRUE(channel->has_room());
    EXPECT_EQ(channel->outbox_bytes(), 0u);
}

TEST_F(BaseChannelTest, keeps_the_order_of_what_room_sends) {
    open();
    peer->take();
    int left = 10;
    channel->on_room = [&] {
        if (left > 0) {
            --left;
            channel->send(kHello, {static_cast<uint8_t>(left)});
        }
    };
    channel->send(kHello, {100});
    run();
    std::vector<uint8_t> order;
    for (const Received& message : peer->take()) {
        order.push_back(message.body.at(0));
    }
    EXPECT_EQ(order, (std::vector<uint8_t>{100, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}));
}

TEST_F(BaseChannelTest, sends_a_shared_payload_behind_its_head_as_one_message) {
    for (const bool mini : {true, false}) {
        open({.mini = mini, .send_buffer = 10});
        const auto image = std::make_shared<const std::vector<uint8_t>>(300, uint8_t{7});
        const uint64_t before = channel->bytes_sent() + channel->outbox_bytes();
        channel->send(200, {1, 2, 3}, image);
        channel->send(201, {}, image);
        channel->send(202, {4});
        EXPECT_EQ(image.use_count(), 3);
        EXPECT_EQ(channel->bytes_sent() + channel->outbox_bytes() - before, 3 * (mini ? 6 : 18) + 604u);
        std::vector<Received> messages;
        while (messages.empty() || messages.back().type != 202) {
            run();
            for (Received& message : peer->take()) {
                messages.push_back(std::move(message));
            }
        }
        run();
        EXPECT_EQ(image.use_count(), 1);
        EXPECT_EQ(channel->outbox_bytes(), 0u);
        ASSERT_EQ(messages.size(), 6u); // after SET_ACK, hello and PING
        std::vector<uint8_t> expected{1, 2, 3};
        expected.insert(expected.end(), 300, 7);
        EXPECT_EQ(messages[3].body, expected);
        EXPECT_EQ(messages[4].body, *image);
        EXPECT_EQ(messages[5].body, std::vector<uint8_t>{4});
    }
}

TEST_F(BaseChannelTest, closes_when_its_producer_ignores_the_limit) {
    open({.send_buffer = 1000});
    for (int i = 0; i < 40; ++i) {
        channel->send(kHello, std::vector<uint8_t>(1024 * 1024));
    }
    EXPECT_LE(channel->outbox_bytes(), PlainChannel::kLimit + 1024 * 1024 + 18);
    expect_closed("too much waits for a client that does not read");
}

TEST_F(BaseChannelTest, measures_the_round_trip_of_the_ping_it_sent_and_of_nothing_else) {
    open();
    std::vector<uint8_t> ping;
    for (const Received& message : peer->take()) {
        if (message.type == SPICE_MSG_PING) {
            ping = message.body;
        }
    }
    ASSERT_EQ(ping.size(), 12u);
    peer->say(SPICE_MSGC_PONG, ByteWriter().u32(0).u64(1));
    peer->say(SPICE_MSGC_PONG, ByteWriter().u32(0xffffffff).u64(~uint64_t{0}));
    run();
    EXPECT_EQ(channel->round_trip_ms(), 0u);
    peer->say(SPICE_MSGC_PONG, Bytes(ping));
    run();
    const uint32_t measured = channel->round_trip_ms();
    EXPECT_GE(measured, 1u);
    EXPECT_LT(measured, 2000u);
    peer->say(SPICE_MSGC_PONG, Bytes(ping));
    run();
    EXPECT_EQ(channel->round_trip_ms(), measured);
    EXPECT_FALSE(channel->closed());
}

TEST_F(BaseChannelTest, measures_again_later_when_something_else_is_sent) {
    open();
    const auto pings = [&] {
        run();
        std::vector<std::vector<uint8_t>> bodies;
        for (const Received& message : peer->take()) {
            if (message.type == SPICE_MSG_PING) {
                bodies.push_back(message.body);
            }
        }
        return bodies;
    };
    const auto first = pings();
    ASSERT_EQ(first.size(), 1u);
    channel->later = 2 * PlainChannel::kPingInterval;
    channel->send(kHello, {});
    EXPECT_TRUE(pings().empty()); // the first one is not answered
    channel->later = std::chrono::seconds(4);
    peer->say(SPICE_MSGC_PONG, Bytes(first[0]));
    run();
    EXPECT_EQ(channel->round_trip_ms() / 1000, 4u);
    EXPECT_EQ(channel->link().round_trip.count() / 1'000'000, 4);
    channel->later = PlainChannel::kPingInterval - std::chrono::seconds(5);
    channel->send(kHello, {});
    EXPECT_TRUE(pings().empty()); // too early
    channel->later = PlainChannel::kPingInterval;
    EXPECT_TRUE(pings().empty()); // not by itself
    channel->send(kHello, {});
    const auto second = pings();
    ASSERT_EQ(second.size(), 1u);
    EXPECT_NE(second[0], first[0]);
    peer->say(SPICE_MSGC_PONG, Bytes(second[0]));
    run();
    EXPECT_EQ(channel->round_trip_ms() / 1000, 3u); // a quarter of the way to nothing
}

TEST_F(BaseChannelTest, waits_for_the_network_and_tells_who_asked) {
    open_display();
    EXPECT_TRUE(channel->has_room());
    facts.outstanding = LinkEstimate::kFirstLimit;
    EXPECT_FALSE(channel->has_room());
    channel->rooms = 0;
    run_for(std::chrono::milliseconds(30));
    EXPECT_EQ(channel->rooms, 0);
    facts.outstanding = 0;
    EXPECT_TRUE(run_until([&] { return channel->rooms == 1; }));
    EXPECT_TRUE(channel->has_room());
}

TEST_F(BaseChannelTest, is_not_woken_up_for_who_did_not_ask) {
    open_display();
    facts.outstanding = LinkEstimate::kFirstLimit;
    asked = 0;
    run_for(std::chrono::milliseconds(60));
    EXPECT_EQ(asked, 0);
    EXPECT_FALSE(channel->has_room());
    facts.outstanding = 0;
    EXPECT_TRUE(run_until([&] { return channel->has_room(); }));
    run_for(std::chrono::milliseconds(60)); // the last look
    asked = 0;
    run_for(std::chrono::milliseconds(60));
    EXPECT_EQ(asked, 0);
}

TEST_F(BaseChannelTest, gives_the_network_no_more_than_it_takes) {
    uint64_t arrived = 0;
    open({.link_facts =
              [&] {
                  return transport::LinkFacts{.outstanding = channel->bytes_sent() - arrived,
                                              .delivered = arrived};
              }},
         SPICE_CHANNEL_DISPLAY);
    peer->take();
    channel->clock_stands = true; // no rate is measured
    const auto image = std::make_shared<const std::vector<uint8_t>>(200'000, uint8_t{7});
    channel->send(kHello, {}, image);
    const uint64_t all = channel->bytes_sent() + channel->outbox_bytes();
    run();
    EXPECT_EQ(channel->bytes_sent(), LinkEstimate::kFirstLimit);
    run_for(std::chrono::milliseconds(30));
    EXPECT_EQ(channel->bytes_sent(), LinkEstimate::kFirstLimit);
    EXPECT_FALSE(channel->has_room());
    while (arrived < all) {
        arrived += 10'000;
        arrived = std::min(arrived, all);
        const uint64_t expected = std::min(arrived + LinkEstimate::kFirstLimit, all);
        ASSERT_TRUE(run_until([&] { return channel->bytes_sent() == expected; })) << arrived;
    }
    EXPECT_TRUE(run_until([&] { return channel->has_room(); }));
    const std::vector<Received> messages = peer->take();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].body, *image);
}

TEST_F(BaseChannelTest, closes_while_it_waits_for_the_network) {
    for (const bool with_data : {false, true}) {
        open_display();
        facts.outstanding = LinkEstimate::kFirstLimit;
        facts.delivered += 1;
        if (with_data) {
            channel->send(kHello, {1});
            run();
        } else {
            EXPECT_FALSE(channel->has_room());
        }
        run_for(std::chrono::milliseconds(5));
        channel->close("enough");
        expect_closed("enough");
        EXPECT_EQ(channel.use_count(), 1); // nothing waits any more
        facts.outstanding = 0;
    }
}

TEST_F(BaseChannelTest, sends_small_channels_messages_whatever_the_network_says) {
    open({.link_facts =
              [this] {
                  ++asked;
                  return facts;
              }},
         SPICE_CHANNEL_CURSOR);
    peer->take();
    facts.outstanding = 100'000'000;
    EXPECT_TRUE(channel->has_room());
    channel->send(kHello, {});
    run();
    EXPECT_EQ(peer->take().size(), 1u);
    EXPECT_EQ(asked, 0);
}

TEST_F(BaseChannelTest, summarizes_the_link_as_the_kernel_sees_it) {
    open_display();
    EXPECT_EQ(channel->link().round_trip.count(), 0);
    EXPECT_FALSE(channel->link().bytes_per_second);
    facts = {.delivered = 1000,
             .round_trip = std::chrono::milliseconds(30),
             .min_round_trip = std::chrono::milliseconds(10)};
    EXPECT_TRUE(channel->has_room());
    EXPECT_EQ(channel->link().round_trip, std::chrono::milliseconds(30));
}

TEST_F(BaseChannelTest, asks_for_fewer_acks_where_they_take_long) {
    open_display();
    facts = {.delivered = 1,
             .round_trip = std::chrono::milliseconds(30),
             .min_round_trip = std::chrono::milliseconds(20)};
    EXPECT_TRUE(channel->has_room());
    channel->send(kHello, {});
    channel->send(kHello, {});
    run();
    const std::vector<Received> messages = peer->take();
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[0].type, SPICE_MSG_SET_ACK);
    ByteReader set_ack(messages[0].body);
    EXPECT_EQ(set_ack.u32(), 2u);
    EXPECT_EQ(set_ack.u32(), AckWindow::kWideWindow);
    for (int i = 2; i < 161; ++i) {
        ASSERT_TRUE(channel->has_room()) << i;
        channel->send(kHello, {});
        run();
    }
    EXPECT_FALSE(channel->has_room());
}

TEST_F(BaseChannelTest, keeps_little_for_a_client_that_stops_reading) {
    constexpr size_t kUpdate = 300'000;
    open({.send_buffer = 50'000, .link_facts = [this] { return facts; }}, SPICE_CHANNEL_DISPLAY);
    peer->take();
    channel->on_room = [&] {
        while (channel->has_room()) {
            channel->send(kHello, std::vector<uint8_t>(kUpdate));
        }
    };
    channel->on_room();
    size_t most = 0;
    for (int frame = 0; frame < 3600; ++frame) { // a minute of video, without its pauses
        channel->on_room();
        run();
        most = std::max(most, channel->outbox_bytes());
    }
    EXPECT_FALSE(channel->closed());
    EXPECT_LE(most, PlainChannel::kLowWater + kUpdate + 6);
}

TEST_F(BaseChannelTest, sends_nothing_by_itself_when_idle) {
    open();
    peer->take();
    io.restart();
    io.run_for(std::chrono::milliseconds(150));
    EXPECT_TRUE(peer->take().empty());
}

} // namespace
} // namespace spice::channels
