// The handshake over a memory stream. Each test's name is a requirement on the link: protocol-level ones
// first (every SPICE_LINK_ERR_* code that we send), then truncation, chunk sizes and failures of the
// connection.
#include "auth/link_handshake.hpp"

#include "base/byte_writer.hpp"
#include "link_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

namespace spice::auth {
namespace {

namespace asio = boost::asio;
using test::auth_stage;
using test::LinkReply;
using test::LinkRequest;
using test::MemoryStreamOptions;

struct Outcome {
    std::optional<LinkedStream> link;
    boost::system::error_code broken;
    bool done = false;

    static asio::awaitable<void> run(std::unique_ptr<transport::Stream> stream, LinkPolicy policy,
                                     Outcome& self) {
        try {
            self.link = co_await link_handshake(std::move(stream), policy);
        } catch (const boost::system::system_error& error) {
            self.broken = error.code();
        }
        self.done = true;
    }
};

class LinkHandshake : public testing::Test, public test::LinkFixture {
protected:
    void begin(MemoryStreamOptions options = {}) {
        options.peer = "192.0.2.7:51234";
        auto [server, client] = test::memory_stream_pair(context.get_executor(), options);
        client_ = std::move(client);
        outcome_ = std::make_unique<Outcome>();
        asio::co_spawn(context, Outcome::run(std::move(server), policy(), *outcome_), asio::detached);
        test::run_ready(context);
    }
    void send(std::span<const uint8_t> bytes) {
        client_->push(bytes);
        test::run_ready(context);
    }
    LinkReply take_reply() {
        const auto bytes = client_->take();
        const LinkReply reply = test::parse_reply(bytes);
        EXPECT_EQ(reply.size, bytes.size());
        return reply;
    }
    uint32_t take_result() {
        const auto bytes = client_->take();
        EXPECT_EQ(bytes.size(), 4u);
        return ByteReader(bytes).u32();
    }
    // Sends a request and expects to be refused with a full reply of this code.
    void expect_refusal(std::span<const uint8_t> bytes, uint32_t code, std::string_view reason) {
        begin();
        send(bytes);
        const auto answer = client_->take();
        EXPECT_EQ(answer, protocol::link_error_reply(code));
        expect_ended(reason);
    }
    void expect_ended(std::string_view reason) {
        EXPECT_TRUE(outcome_->done);
        EXPECT_FALSE(outcome_->link);
        EXPECT_FALSE(outcome_->broken);
        EXPECT_TRUE(client_->ended());
        ASSERT_FALSE(log.lines().empty());
        const std::string& line = log.lines().back().text;
        EXPECT_EQ(line.find("link 192.0.2.7:51234: "), 0u) << line;
        EXPECT_NE(line.find("refused: " + std::string(reason)), std::string::npos) << line;
    }

    std::unique_ptr<test::MemoryStream> client_;
    std::unique_ptr<Outcome> outcome_;
};

TEST_F(LinkHandshake, links_a_client_with_the_right_ticket) {
    LinkRequest request;
    request.connection_id = 0x12345678;
    request.channel = {SPICE_CHANNEL_DISPLAY, 3};
    request.channel_caps = {5};
    begin();
    send(request.bytes());
    const LinkReply reply = take_reply();
    EXPECT_EQ(reply.code, uint32_t{SPICE_LINK_ERR_OK});
    EXPECT_EQ(reply.size, 16u + 178 + 4 * 2);
    EXPECT_EQ(reply.key, keys.current()->public_key());
    EXPECT_EQ(reply.common_caps.words(), (std::vector<uint32_t>{0b1011}));
    EXPECT_EQ(reply.channel_caps.words(), (std::vector<uint32_t>{0b1010010}));
    EXPECT_FALSE(outcome_->done);
    send(auth_stage(reply.key, "secret"));
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_OK});
    ASSERT_TRUE(outcome_->link);
    const LinkedStream& link = *outcome_->link;
    EXPECT_EQ(link.connection_id, 0x12345678u);
    EXPECT_EQ(link.channel, (protocol::ChannelId{SPICE_CHANNEL_DISPLAY, 3}));
    EXPECT_TRUE(link.mini_header);
    EXPECT_TRUE(link.common_caps.has(SPICE_COMMON_CAP_MINI_HEADER));
    EXPECT_TRUE(link.channel_caps.has(5));
    EXPECT_EQ(link.stream->peer(), "192.0.2.7:51234");
    EXPECT_FALSE(client_->ended());
    EXPECT_EQ(asked_known, (std::vector<protocol::ChannelId>{{SPICE_CHANNEL_DISPLAY, 3}}));
    ASSERT_EQ(asked_admit.size(), 1u);
    EXPECT_EQ(asked_admit[0].second, 0x12345678u);
    ASSERT_EQ(log.lines().size(), 1u);
    EXPECT_EQ(log.lines()[0].text, "link 192.0.2.7:51234: display:3 accepted: ticket");
}

TEST_F(LinkHandshake, uses_mini_headers_only_when_the_client_announced_them) {
    LinkRequest request;
    request.common_caps = {SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION};
    begin();
    send(request.bytes());
    send(auth_stage(take_reply().key, "secret"));
    ASSERT_TRUE(outcome_->link);
    EXPECT_FALSE(outcome_->link->mini_header);
}

TEST_F(LinkHandshake, takes_the_ticket_at_once_from_a_client_that_cannot_select) {
    LinkRequest request;
    request.common_caps = {};
    begin();
    send(request.bytes());
    const LinkReply reply = take_reply();
    send(test::encrypt_ticket(reply.key, "secret"));
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_OK});
    EXPECT_TRUE(outcome_->link);
}

TEST_F(LinkHandshake, accepts_any_ticket_when_none_is_set) {
    tickets.clear();
    begin();
    send(LinkRequest{}.bytes());
    send(auth_stage(take_reply().key, "whatever"));
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_OK});
    ASSERT_TRUE(outcome_->link);
    EXPECT_FALSE(outcome_->link->view_only);
    EXPECT_EQ(log.lines().back().text, "link 192.0.2.7:51234: main:0 accepted: no ticket needed");
}

TEST_F(LinkHandshake, leaves_what_follows_the_ticket_to_the_channel) {
    begin();
    send(LinkRequest{}.bytes());
    auto bytes = auth_stage(take_reply().key, "secret");
    bytes.insert(bytes.end(), {1, 2, 3});
    send(bytes);
    ASSERT_TRUE(outcome_->link);
    auto* server = dynamic_cast<test::MemoryStream*>(outcome_->link->stream.get());
    ASSERT_NE(server, nullptr);
    EXPECT_EQ(server->take(), (std::vector<uint8_t>{1, 2, 3}));
}

TEST_F(LinkHandshake, refuses_a_wrong_ticket_with_permission_denied) {
    begin();
    send(LinkRequest{}.bytes());
    send(auth_stage(take_reply().key, "Secret"));
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    expect_ended("wrong ticket");
    EXPECT_EQ(log.lines().back().level, LogLevel::warning);
    EXPECT_NE(log.lines().back().text.find("main:0"), std::string::npos);
    EXPECT_EQ(log.count("ecret"), 0u) << "tickets are never logged";
    EXPECT_TRUE(asked_admit.empty()) << "nothing is asked about a session before the ticket";
}

// Nothing is protected by reading what does not matter, and some clients in browsers do not always encrypt it
// right.
TEST_F(LinkHandshake, does_not_read_the_ticket_when_none_is_set) {
    tickets.clear();
    begin();
    send(LinkRequest{}.bytes());
    take_reply();
    std::vector<uint8_t> garbage(4 + 128, 0x42);
    garbage[0] = SPICE_COMMON_CAP_AUTH_SPICE;
    garbage[1] = garbage[2] = garbage[3] = 0;
    send(garbage);
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_OK});
    EXPECT_TRUE(outcome_->link);
}

TEST_F(LinkHandshake, refuses_an_unreadable_ticket_when_one_is_set) {
    begin();
    send(LinkRequest{}.bytes());
    take_reply();
    std::vector<uint8_t> garbage(4 + 128, 0x42);
    garbage[0] = SPICE_COMMON_CAP_AUTH_SPICE;
    garbage[1] = garbage[2] = garbage[3] = 0;
    send(garbage);
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    expect_ended("unreadable ticket");
}

TEST_F(LinkHandshake, refuses_a_ticket_message_that_was_seen_before) {
    begin();
    send(LinkRequest{}.bytes());
    const auto overheard = auth_stage(take_reply().key, "secret");
    send(overheard);
    ASSERT_TRUE(outcome_->link);
    begin();
    send(LinkRequest{}.bytes());
    take_reply();
    send(overheard);
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    expect_ended("ticket message used before");
}

TEST_F(LinkHandshake, tells_an_expired_ticket_from_a_wrong_one_in_the_log_only) {
    tickets[0].expires = std::chrono::steady_clock::now();
    begin();
    send(LinkRequest{}.bytes());
    send(auth_stage(take_reply().key, "secret"));
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    expect_ended("expired ticket");
}

TEST_F(LinkHandshake, lets_one_client_in_with_a_ticket_for_one) {
    tickets[0].one_shot = true;
    begin();
    send(LinkRequest{}.bytes());
    send(auth_stage(take_reply().key, "secret"));
    ASSERT_TRUE(outcome_->link);
    const auto first = std::move(outcome_->link);
    begin();
    send(LinkRequest{}.bytes());
    send(auth_stage(take_reply().key, "secret"));
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    expect_ended("ticket used up");
}

TEST_F(LinkHandshake, a_ticket_for_one_survives_a_link_that_breaks_before_its_result) {
    tickets[0].one_shot = true;
    MemoryStreamOptions options;
    options.failures = std::make_shared<test::FailureCounter>(5); // the result
    begin(options);
    send(LinkRequest{}.bytes());
    send(auth_stage(take_reply().key, "secret"));
    EXPECT_TRUE(outcome_->broken);
    begin();
    send(LinkRequest{}.bytes());
    send(auth_stage(take_reply().key, "secret"));
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_OK});
}

TEST_F(LinkHandshake, marks_the_links_of_those_who_may_only_watch) {
    tickets[0].view_only = true;
    begin();
    send(LinkRequest{}.bytes());
    send(auth_stage(take_reply().key, "secret"));
    ASSERT_TRUE(outcome_->link);
    EXPECT_TRUE(outcome_->link->view_only);
    EXPECT_EQ(log.lines().back().text, "link 192.0.2.7:51234: main:0 accepted: ticket, view only");
}

TEST_F(LinkHandshake, checks_other_channels_against_what_their_client_came_in_with) {
    tickets[0].one_shot = tickets[0].view_only = true;
    client_pass = book().let_in(book().match("secret"));
    tickets = {{.password = "new", .expires = {}}};
    book().replace(tickets);
    LinkRequest request;
    request.connection_id = client_id;
    request.channel = {SPICE_CHANNEL_INPUTS, 0};
    for (const auto& [ticket, right] : {std::pair{"secret", true}, std::pair{"new", false}}) {
        begin();
        send(request.bytes());
        send(auth_stage(take_reply().key, ticket));
        EXPECT_EQ(take_result() == SPICE_LINK_ERR_OK, right) << ticket;
        ASSERT_EQ(outcome_->link.has_value(), right) << ticket;
        EXPECT_TRUE(!right || outcome_->link->view_only);
    }
    EXPECT_EQ(delays.size(), 0u) << "nobody has to wait for a turn";
}

TEST_F(LinkHandshake, lets_nobody_guess_without_delay_behind_a_known_connection_id) {
    client_pass = book().let_in(book().match("secret"));
    LinkRequest request;
    request.connection_id = client_id;
    request.channel = {SPICE_CHANNEL_INPUTS, 0};
    for (int i = 0; i < 4; ++i) {
        begin();
        send(request.bytes());
        send(auth_stage(take_reply().key, "guess"));
        EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    }
    EXPECT_EQ(delays.size(), 1u);
    const auto begun = std::chrono::steady_clock::now();
    begin();
    send(request.bytes());
    send(auth_stage(take_reply().key, "secret"));
    EXPECT_FALSE(outcome_->done);
    ASSERT_TRUE(test::run_until(context, [&] { return outcome_->done; }));
    EXPECT_TRUE(outcome_->link);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(250));
    EXPECT_EQ(delays.size(), 0u);
}

TEST_F(LinkHandshake, refuses_attempts_unseen_that_would_wait_too_long) {
    for (int i = 0; i < 40; ++i) {
        delays.attempt_of(*test::memory_stream_pair(context.get_executor(), {.peer = "192.0.2.7:1"}).first)
            .failed();
    }
    for (int i = 0; i < 3; ++i) {
        begin();
        send(LinkRequest{}.bytes());
        send(auth_stage(take_reply().key, "secret"));
        if (outcome_->done) {
            break;
        }
    }
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    expect_ended("too many attempts from this address");
}

TEST_F(LinkHandshake, sends_plain_links_to_secured_channels_elsewhere) {
    secured = true;
    expect_refusal(LinkRequest{}.bytes(), SPICE_LINK_ERR_NEED_SECURED,
                   "this channel takes encrypted links only");
    EXPECT_TRUE(asked_admit.empty());
}

TEST_F(LinkHandshake, takes_links_to_secured_channels_that_nobody_can_listen_to) {
    secured = true;
    for (const bool local : {false, true}) {
        MemoryStreamOptions options;
        options.encrypted = !local;
        if (local) {
            options.credentials = transport::PeerCredentials{1000, 1000, 1};
        }
        begin(options);
        send(LinkRequest{}.bytes());
        send(auth_stage(take_reply().key, "secret"));
        EXPECT_TRUE(outcome_->link) << local;
    }
}

TEST_F(LinkHandshake, refuses_other_mechanisms_with_a_full_reply) {
    for (uint32_t mechanism : {0u, uint32_t{SPICE_COMMON_CAP_AUTH_SASL}, 3u, 0xffffffffu}) {
        begin();
        send(LinkRequest{}.bytes());
        take_reply();
        send(ByteWriter().u32(mechanism).take());
        EXPECT_EQ(client_->take(), protocol::link_error_reply(SPICE_LINK_ERR_INVALID_DATA));
        expect_ended("unknown authentication mechanism");
    }
}

TEST_F(LinkHandshake, refuses_a_wrong_magic_at_the_first_wrong_byte) {
    for (std::string_view text : {"G", "GET / HTTP/1.1\r\n", "RFB 003.008\n", "REDX"}) {
        const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
        expect_refusal({bytes, text.size()}, SPICE_LINK_ERR_INVALID_MAGIC, "not a SPICE client");
    }
}

TEST_F(LinkHandshake, refuses_other_major_versions) {
    LinkRequest request;
    for (uint32_t major : {0u, 1u, 3u, 0xffffffffu}) {
        request.major = major;
        expect_refusal(request.bytes(), SPICE_LINK_ERR_VERSION_MISMATCH, "unknown major version");
    }
}

TEST_F(LinkHandshake, refuses_impossible_sizes_before_reading_on) {
    for (uint32_t size : {0u, 17u, 4097u, 0xffffffffu}) {
        const auto header = ByteWriter().u32(SPICE_MAGIC).u32(2).u32(2).u32(size).take();
        expect_refusal(header, SPICE_LINK_ERR_INVALID_DATA, "impossible size");
    }
}

TEST_F(LinkHandshake, refuses_capabilities_outside_of_the_message) {
    auto bytes = LinkRequest{}.bytes();
    bytes[16 + 6] = 200; // num_common_caps
    expect_refusal(bytes, SPICE_LINK_ERR_INVALID_DATA, "capabilities outside");
}

TEST_F(LinkHandshake, refuses_unknown_channels_before_the_ticket) {
    known_result = SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE;
    LinkRequest request;
    request.channel = {77, 1};
    expect_refusal(request.bytes(), SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE, "no such channel here");
    EXPECT_NE(log.lines().back().text.find("channel type 77:1"), std::string::npos);
}

TEST_F(LinkHandshake, refuses_unknown_sessions_after_the_ticket) {
    admit_result = SPICE_LINK_ERR_BAD_CONNECTION_ID;
    begin();
    send(LinkRequest{}.bytes());
    const LinkReply reply = take_reply();
    EXPECT_EQ(reply.code, uint32_t{SPICE_LINK_ERR_OK});
    send(auth_stage(reply.key, "secret"));
    EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_BAD_CONNECTION_ID});
    expect_ended("unknown connection id");
}

TEST_F(LinkHandshake, passes_on_any_other_code_of_the_policy) {
    for (uint32_t code :
         {SPICE_LINK_ERR_ERROR, SPICE_LINK_ERR_PERMISSION_DENIED, SPICE_LINK_ERR_NEED_SECURED}) {
        known_result = code;
        expect_refusal(LinkRequest{}.bytes(), code, "");
    }
}

TEST_F(LinkHandshake, throws_when_the_client_leaves_at_any_byte) {
    const auto request = LinkRequest{}.bytes();
    const auto stage = auth_stage(keys.current()->public_key(), "secret");
    for (size_t sent = 0; sent < request.size() + stage.size(); ++sent) {
        begin();
        client_->push(Bytes(request).first(std::min(sent, request.size())));
        if (sent > request.size()) {
            client_->push(Bytes(stage).first(sent - request.size()));
        }
        client_->close();
        test::run_ready(context);
        ASSERT_TRUE(outcome_->done) << sent;
        EXPECT_FALSE(outcome_->link) << sent;
        EXPECT_TRUE(outcome_->broken) << sent;
    }
    EXPECT_TRUE(log.lines().empty()) << "the caller logs broken connections";
}

TEST_F(LinkHandshake, works_in_any_chunks) {
    for (size_t chunk : {1, 2, 3, 7, 18, 64}) {
        MemoryStreamOptions options;
        options.read_chunk = chunk;
        begin(options);
        send(LinkRequest{}.bytes());
        send(auth_stage(take_reply().key, "secret"));
        EXPECT_EQ(take_result(), uint32_t{SPICE_LINK_ERR_OK});
        EXPECT_TRUE(outcome_->link) << chunk;
    }
}

TEST_F(LinkHandshake, ends_wherever_the_connection_fails) {
    const auto key = keys.current()->public_key();
    size_t succeed = 0;
    for (bool failed = true; failed; ++succeed) {
        ASSERT_LT(succeed, 100u);
        MemoryStreamOptions options;
        options.failures = std::make_shared<test::FailureCounter>(succeed);
        begin(options);
        send(LinkRequest{}.bytes());
        send(auth_stage(key, "secret"));
        failed = options.failures->failed();
        ASSERT_TRUE(outcome_->done);
        EXPECT_EQ(outcome_->broken == asio::error::connection_reset, failed);
        EXPECT_EQ(outcome_->link.has_value(), !failed);
        EXPECT_EQ(client_->ended(), failed);
    }
    EXPECT_GE(succeed, 6u); // header, message, reply, mechanism, ticket, result
}

TEST_F(LinkHandshake, refusals_end_wherever_the_connection_fails) {
    LinkRequest request;
    request.major = 9;
    for (size_t succeed = 0; succeed < 2; ++succeed) {
        MemoryStreamOptions options;
        options.failures = std::make_shared<test::FailureCounter>(succeed);
        begin(options);
        send(request.bytes());
        EXPECT_TRUE(outcome_->done);
        EXPECT_EQ(outcome_->broken, asio::error::connection_reset);
        EXPECT_TRUE(client_->ended());
    }
}

} // namespace
} // namespace spice::auth
