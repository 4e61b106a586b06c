#include "auth/pending_links.hpp"

#include "link_fixture.hpp"
#include "support/web_client.hpp"

#include <gtest/gtest.h>

namespace spice::auth {
namespace {

using std::chrono::milliseconds;
using test::auth_stage;
using test::bytes_of_text;
using test::LinkRequest;
using test::MemoryStream;
using test::run_ready;
using test::run_until;

class PendingLinksTest : public testing::Test, public test::LinkFixture {
protected:
    void make(PendingLinks::Limits limits = {}) {
        pending_ =
            std::make_unique<PendingLinks>(context.get_executor(), policy(), limits,
                                           [this](LinkedStream link) { linked_.push_back(std::move(link)); });
    }
    std::unique_ptr<MemoryStream> connect(const std::string& peer) {
        test::MemoryStreamOptions options;
        options.peer = peer;
        auto [server, client] = test::memory_stream_pair(context.get_executor(), options);
        pending_->add(std::move(server));
        return std::move(client);
    }
    void link(MemoryStream& client) {
        client.push(LinkRequest{}.bytes());
        run_ready(context);
        const auto reply = test::parse_reply(client.take());
        client.push(auth_stage(reply.key, "secret"));
        run_ready(context);
    }

    std::vector<LinkedStream> linked_;
    std::unique_ptr<PendingLinks> pending_;
};

TEST_F(PendingLinksTest, hands_on_a_link_and_forgets_it) {
    make();
    auto client = connect("192.0.2.1:1");
    EXPECT_EQ(pending_->size(), 1u);
    link(*client);
    ASSERT_EQ(linked_.size(), 1u);
    EXPECT_EQ(pending_->size(), 0u);
    EXPECT_EQ(linked_[0].stream->peer(), "192.0.2.1:1");
    EXPECT_EQ(log.lines().size(), 1u);
}

TEST_F(PendingLinksTest, forgets_refused_ones_with_one_line_each) {
    make();
    auto client = connect("192.0.2.1:1");
    client->push(std::vector<uint8_t>(16, 'x'));
    run_ready(context);
    EXPECT_EQ(pending_->size(), 0u);
    EXPECT_TRUE(client->ended());
    auto leaver = connect("192.0.2.1:2");
    leaver->close();
    run_ready(context);
    EXPECT_EQ(pending_->size(), 0u);
    ASSERT_EQ(log.lines().size(), 2u);
    EXPECT_EQ(log.lines()[0].text, "link 192.0.2.1:1: refused: not a SPICE client (wrong magic)");
    EXPECT_EQ(log.lines()[1].text, "link 192.0.2.1:2: refused: the client closed the connection");
    EXPECT_TRUE(linked_.empty());
}

TEST_F(PendingLinksTest, closes_what_has_not_linked_by_the_deadline) {
    make({milliseconds(30), 10});
    auto silent = connect("192.0.2.1:1");
    auto slow = connect("192.0.2.1:2");
    const auto request = LinkRequest{}.bytes();
    slow->push(Bytes(request).first(20));
    auto half = connect("192.0.2.1:3");
    half->push(request);
    run_ready(context);
    EXPECT_EQ(pending_->size(), 3u);
    EXPECT_TRUE(run_until(context, [&] { return pending_->size() == 0; }));
    EXPECT_TRUE(silent->ended());
    EXPECT_TRUE(slow->ended());
    EXPECT_TRUE(half->ended());
    EXPECT_EQ(log.count("refused: not linked within its time"), 3u);
    EXPECT_EQ(log.lines().size(), 3u);
}

TEST_F(PendingLinksTest, leaves_linked_ones_alone_after_the_deadline) {
    make({milliseconds(30), 10});
    auto client = connect("192.0.2.1:1");
    link(*client);
    ASSERT_EQ(linked_.size(), 1u);
    auto silent = connect("192.0.2.1:2");
    EXPECT_TRUE(run_until(context, [&] { return silent->ended(); })); // later than the first one's deadline
    EXPECT_FALSE(client->ended());
}

TEST_F(PendingLinksTest, bounds_their_number_and_the_oldest_goes) {
    make({milliseconds(60000), 3});
    std::vector<std::unique_ptr<MemoryStream>> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(connect("192.0.2.1:" + std::to_string(i)));
        run_ready(context);
        EXPECT_LE(pending_->size(), 3u);
    }
    for (size_t i = 0; i < clients.size(); ++i) {
        EXPECT_EQ(clients[i]->ended(), i < 2) << i;
    }
    EXPECT_EQ(log.count("too many connections"), 2u);
}

TEST_F(PendingLinksTest, bounds_them_without_a_turn_of_the_loop_in_between) {
    make({milliseconds(60000), 3});
    std::vector<std::unique_ptr<MemoryStream>> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(connect("192.0.2.1:" + std::to_string(i)));
        EXPECT_LE(pending_->size(), 3u);
    }
    run_ready(context);
    EXPECT_EQ(pending_->size(), 3u);
    EXPECT_EQ(std::ranges::count_if(clients, [](const auto& client) { return client->ended(); }), 97);
    link(*clients.back());
    EXPECT_EQ(linked_.size(), 1u);
}

TEST_F(PendingLinksTest, an_address_that_floods_pushes_out_its_own) {
    make({milliseconds(60000), 4});
    auto honest = connect("192.0.2.1:1");
    auto honest_six = connect("[2001:db8::1]:1");
    std::vector<std::unique_ptr<MemoryStream>> flood;
    for (int i = 0; i < 50; ++i) {
        flood.push_back(connect("[2001:db8:0:1::2]:" + std::to_string(i)));
        run_ready(context);
    }
    EXPECT_FALSE(honest->ended());
    EXPECT_FALSE(honest_six->ended());
    EXPECT_EQ(std::ranges::count_if(flood, [](const auto& client) { return client->ended(); }), 48);
    link(*honest);
    link(*honest_six);
    EXPECT_EQ(linked_.size(), 2u);
}

TEST_F(PendingLinksTest, bounds_the_connections_of_each_address) {
    make({milliseconds(60000), 100, 2});
    auto other = connect("192.0.2.2:1");
    std::vector<std::unique_ptr<MemoryStream>> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(connect("192.0.2.1:" + std::to_string(i)));
    }
    EXPECT_EQ(pending_->size(), 3u);
    for (size_t i = 0; i < clients.size(); ++i) {
        EXPECT_EQ(clients[i]->ended(), i < 3) << i;
    }
    EXPECT_FALSE(other->ended());
    run_ready(context);
    EXPECT_EQ(log.count("too many connections"), 3u);
    link(*clients.back());
    EXPECT_EQ(linked_.size(), 1u);
}

TEST_F(PendingLinksTest, addresses_of_one_ipv6_network_count_together) {
    make({milliseconds(60000), 100, 2});
    std::vector<std::unique_ptr<MemoryStream>> flood;
    for (int i = 0; i < 10; ++i) {
        flood.push_back(connect("[2001:db8:0:1::" + std::to_string(i) + "]:1"));
    }
    auto other = connect("[2001:db8:0:2::1]:1");
    EXPECT_EQ(pending_->size(), 3u);
    EXPECT_FALSE(other->ended());
}

class OpenedLinksTest : public PendingLinksTest {
protected:
    void make_with_web(PendingLinks::Limits limits) {
        transport::Opening how;
        how.web = &web_;
        pending_ = std::make_unique<PendingLinks>(
            context.get_executor(), policy(), limits,
            [this](LinkedStream link) { linked_.push_back(std::move(link)); }, how);
    }
    // The payload of what the server sent, in frames of at most 64 KiB.
    static std::vector<uint8_t> unframed(const std::vector<uint8_t>& bytes) {
        std::vector<uint8_t> payload;
        for (size_t at = 0; at + 2 <= bytes.size();) {
            EXPECT_EQ(bytes[at], 0x82);
            const bool longer = bytes[at + 1] == 126;
            const size_t size = longer ? size_t{bytes[at + 2]} << 8 | bytes[at + 3] : bytes[at + 1];
            at += longer ? 4 : 2;
            payload.insert(payload.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                           bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
            at += size;
        }
        return payload;
    }

    transport::WebPolicy web_ = transport::web_policy({}, log);
};

TEST_F(OpenedLinksTest, links_through_a_websocket) {
    make_with_web({});
    auto client = connect("192.0.2.1:1");
    client->push(bytes_of_text(test::WebRequest{}.text()));
    run_ready(context);
    EXPECT_FALSE(client->take().empty());
    client->push(test::client_frame(0x82, LinkRequest{}.bytes()));
    run_ready(context);
    const auto reply = test::parse_reply(unframed(client->take()));
    client->push(test::client_frame(0x82, auth_stage(reply.key, "secret")));
    run_ready(context);
    ASSERT_EQ(linked_.size(), 1u);
    EXPECT_EQ(unframed(client->take()), std::vector<uint8_t>(4));
}

TEST_F(OpenedLinksTest, deadline_covers_what_comes_before_the_link) {
    make_with_web({milliseconds(30), 10});
    auto undecided = connect("192.0.2.1:1");
    undecided->push(bytes_of_text("GE"));
    auto asking = connect("192.0.2.1:2");
    asking->push(bytes_of_text("GET / HTTP/1.1\r\nHost: "));
    auto framed = connect("192.0.2.1:3");
    framed->push(bytes_of_text(test::WebRequest{}.text()));
    framed->push(std::vector<uint8_t>{0x82});
    run_ready(context);
    EXPECT_EQ(pending_->size(), 3u);
    EXPECT_TRUE(run_until(context, [&] { return pending_->size() == 0; }));
    EXPECT_TRUE(undecided->ended() && asking->ended() && framed->ended());
    EXPECT_EQ(log.count("refused: not linked within its time"), 3u);
}

TEST_F(OpenedLinksTest, says_in_the_log_what_was_wrong) {
    make_with_web({});
    auto visitor = connect("192.0.2.1:1");
    visitor->push(bytes_of_text("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    auto unmasked = connect("192.0.2.1:2");
    unmasked->push(bytes_of_text(test::WebRequest{}.text()));
    unmasked->push(std::vector<uint8_t>{0x82, 1, 'x'});
    run_ready(context);
    EXPECT_EQ(pending_->size(), 0u);
    ASSERT_EQ(log.lines().size(), 2u);
    EXPECT_EQ(log.lines()[0].text,
              "link 192.0.2.1:1: refused: a web page was asked for, and told what this port is");
    EXPECT_EQ(log.lines()[1].text, "link 192.0.2.1:2: refused: WebSocket frame without mask");
}

TEST_F(PendingLinksTest, stop_closes_all_in_silence) {
    make();
    auto first = connect("192.0.2.1:1");
    auto second = connect("192.0.2.1:2");
    second->push(LinkRequest{}.bytes());
    run_ready(context);
    pending_->stop();
    pending_->stop();
    EXPECT_TRUE(first->ended());
    EXPECT_TRUE(second->ended());
    auto late = connect("192.0.2.1:3");
    EXPECT_TRUE(late->ended());
    run_ready(context);
    EXPECT_EQ(pending_->size(), 0u);
    EXPECT_TRUE(linked_.empty());
    EXPECT_TRUE(log.lines().empty());
}

TEST_F(PendingLinksTest, may_be_destroyed_with_links_in_progress) {
    make();
    auto first = connect("192.0.2.1:1");
    auto second = connect("192.0.2.1:2");
    run_ready(context);
    link(*second); // linked, and its owner goes with the fixture
    first->push(LinkRequest{}.bytes());
    pending_.reset();
    EXPECT_TRUE(first->ended());
    run_ready(context);
    EXPECT_EQ(linked_.size(), 1u);
}

TEST_F(PendingLinksTest, may_end_together_with_a_loop_that_never_runs_again) {
    make();
    auto first = connect("192.0.2.1:1");
    run_ready(context);
    auto never_started = connect("192.0.2.1:2");
    EXPECT_EQ(pending_->size(), 2u); // the sanitizers see to the rest
}

TEST_F(PendingLinksTest, survives_an_owner_that_throws) {
    pending_ = std::make_unique<PendingLinks>(context.get_executor(), policy(), PendingLinks::Limits{},
                                              [](LinkedStream) { throw std::runtime_error("no room"); });
    auto client = connect("192.0.2.1:1");
    link(*client);
    EXPECT_EQ(pending_->size(), 0u);
    EXPECT_TRUE(client->ended());
    EXPECT_EQ(log.count("no room"), 1u);
}

TEST_F(PendingLinksTest, takes_200_links_one_after_another) {
    make({milliseconds(60000), 4});
    for (int i = 0; i < 200; ++i) {
        auto client = connect("192.0.2.1:" + std::to_string(i));
        link(*client);
    }
    EXPECT_EQ(linked_.size(), 200u);
    EXPECT_EQ(pending_->size(), 0u);
}

} // namespace
} // namespace spice::auth
