// SASL as SPICE frames it, over a memory stream and with a fake mechanism.
#include "auth/sasl_exchange.hpp"

#include "auth/link_handshake.hpp"
#include "base/byte_writer.hpp"
#include "fake_sasl.hpp"
#include "link_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace spice::auth {
namespace {

namespace asio = boost::asio;
using test::LinkRequest;
using test::MemoryStreamOptions;

Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::vector<uint8_t> said(std::string_view text) {
    return ByteWriter().u32(static_cast<uint32_t>(text.size() + 1)).bytes(bytes_of(text)).u8(0).take();
}

std::vector<uint8_t> mechanism(std::string_view name) {
    return ByteWriter()
        .u32(SPICE_COMMON_CAP_AUTH_SASL)
        .u32(static_cast<uint32_t>(name.size()))
        .bytes(bytes_of(name))
        .take();
}

std::vector<uint8_t> no_data() {
    return std::vector<uint8_t>(4);
}

std::vector<uint8_t> joined(std::vector<uint8_t> first, const std::vector<uint8_t>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

// What the server says before the client chooses, and at the end.
std::vector<uint8_t> offer(std::string_view names) {
    return ByteWriter().u32(static_cast<uint32_t>(names.size())).bytes(bytes_of(names)).take();
}
ByteWriter& step_answer(ByteWriter& out, std::string_view text, bool complete) {
    if (text.empty()) {
        out.u32(0);
    } else {
        out.u32(static_cast<uint32_t>(text.size() + 1)).bytes(bytes_of(text)).u8(0);
    }
    return out.u8(complete ? 1 : 0);
}

class SaslExchange : public testing::Test, public test::LinkFixture {
protected:
    SaslExchange() { sasl = &service; }

    static asio::awaitable<void> run(std::unique_ptr<transport::Stream> stream, LinkPolicy policy,
                                     SaslExchange& self) {
        try {
            self.link = co_await link_handshake(std::move(stream), policy);
        } catch (const boost::system::system_error&) {
            self.broken = true;
        } catch (const std::runtime_error& error) {
            self.failure = error.what();
        }
        self.done = true;
    }
    void begin(const LinkRequest& request = {}, MemoryStreamOptions options = {}) {
        link.reset();
        done = broken = false;
        options.peer = "192.0.2.7:51234";
        auto [server, near] = test::memory_stream_pair(context.get_executor(), options);
        client = std::move(near);
        asio::co_spawn(context, run(std::move(server), policy(), *this), asio::detached);
        send(request.bytes());
    }
    void send(std::span<const uint8_t> bytes) {
        client->push(bytes);
        test::run_ready(context);
    }
    // From the reply on: what the server sends to these bytes.
    std::vector<uint8_t> answer(const std::vector<uint8_t>& bytes) {
        client->take();
        send(bytes);
        return client->take();
    }
    std::string last_line() const { return log.lines().empty() ? "" : log.lines().back().text; }

    test::FakeSaslService service;
    std::unique_ptr<test::MemoryStream> client;
    std::optional<LinkedStream> link;
    bool done = false;
    bool broken = false;
    std::string failure;
};

TEST_F(SaslExchange, announces_sasl_and_nothing_else) {
    begin();
    EXPECT_EQ(test::parse_reply(client->take()).common_caps.words(), (std::vector<uint32_t>{0b1101}));
}

TEST_F(SaslExchange, lets_in_who_says_the_right_thing) {
    begin();
    ByteWriter expected;
    expected.bytes(offer("TEST,LAYERED"));
    step_answer(expected, "more?", true).u32(SPICE_LINK_ERR_OK).u32(SPICE_LINK_ERR_OK);
    EXPECT_EQ(answer(joined(mechanism("TEST"), said("alice:right"))), expected.take());
    ASSERT_TRUE(link);
    EXPECT_EQ(link->pass->user(), "alice");
    EXPECT_FALSE(link->view_only);
    EXPECT_FALSE(link->sasl_layer);
    EXPECT_EQ(last_line(), "link 192.0.2.7:51234: main:0 accepted: TEST, user alice");
}

TEST_F(SaslExchange, goes_through_as_many_steps_as_it_takes) {
    begin();
    ByteWriter first;
    first.bytes(offer("TEST,LAYERED"));
    step_answer(first, "who?", false);
    EXPECT_EQ(answer(joined(mechanism("TEST"), no_data())), first.take()) << "no data, which is not \"\"";
    ByteWriter second;
    EXPECT_EQ(answer(said("long:right")), step_answer(second, "more?", false).take());
    ByteWriter third;
    EXPECT_EQ(answer(no_data()), step_answer(third, "", true).u32(0).u32(0).take());
    EXPECT_TRUE(link);
}

TEST_F(SaslExchange, refuses_wrong_credentials_with_an_end_that_clients_understand) {
    begin();
    ByteWriter expected;
    expected.bytes(offer("TEST,LAYERED"));
    step_answer(expected, "", true).u32(SPICE_LINK_ERR_PERMISSION_DENIED);
    EXPECT_EQ(answer(joined(mechanism("TEST"), said("alice:wrong"))), expected.take());
    EXPECT_TRUE(done);
    EXPECT_FALSE(link);
    EXPECT_TRUE(client->ended());
    EXPECT_EQ(last_line(),
              "link 192.0.2.7:51234: main:0 refused: wrong credentials (TEST: not the password)");
    EXPECT_EQ(log.lines().size(), 1u);
    EXPECT_EQ(delays.size(), 1u) << "the next attempt waits";
}

TEST_F(SaslExchange, refuses_users_who_do_not_belong_here) {
    begin();
    const auto got = answer(joined(mechanism("TEST"), said("mallory:right")));
    ASSERT_GE(got.size(), 4u);
    EXPECT_EQ(ByteReader(Bytes(got).last(4)).u32(), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    EXPECT_FALSE(link);
    EXPECT_EQ(last_line(),
              "link 192.0.2.7:51234: main:0 refused: this user may not come in (TEST, user mallory)");
}

TEST_F(SaslExchange, lets_only_its_own_user_into_a_client) {
    client_pass = std::make_shared<Pass>("alice");
    LinkRequest request;
    request.connection_id = client_id;
    request.channel = {SPICE_CHANNEL_INPUTS, 0};
    for (const auto& [user, right] : {std::pair{"bob", false}, std::pair{"alice", true}}) {
        begin(request);
        answer(joined(mechanism("TEST"), said(std::string(user) + ":right")));
        EXPECT_EQ(link.has_value(), right) << user;
    }
    EXPECT_EQ(link->pass, client_pass);
}

TEST_F(SaslExchange, tells_what_the_session_says_after_the_end_of_the_mechanism) {
    admit_result = SPICE_LINK_ERR_BAD_CONNECTION_ID;
    begin();
    const auto got = answer(joined(mechanism("TEST"), said("alice:right")));
    EXPECT_EQ(ByteReader(Bytes(got).last(4)).u32(), uint32_t{SPICE_LINK_ERR_BAD_CONNECTION_ID});
    EXPECT_FALSE(link);
    EXPECT_EQ(log.count("unknown connection id"), 1u);
}

TEST_F(SaslExchange, protects_what_follows_with_the_mechanisms_layer) {
    begin();
    const auto got = answer(joined(mechanism("LAYERED"), said("alice:right")));
    const std::vector<uint8_t> tail(got.end() - 10, got.end());
    EXPECT_EQ(tail, (std::vector<uint8_t>{0, 0, 0, 0, 0x55, 4, 255, 255, 255, 255}))
        << "its own result as it is, the link result through the layer";
    ASSERT_TRUE(test::run_until(context, [&] { return done; }));
    ASSERT_TRUE(link);
    EXPECT_TRUE(link->sasl_layer);
    EXPECT_TRUE(link->stream->encrypted());
    EXPECT_EQ(link->stream->peer(), "192.0.2.7:51234");
}

TEST_F(SaslExchange, refuses_what_is_no_mechanism_of_ours) {
    const std::string long_name(101, 'A');
    for (const std::string& name : {std::string("PLAIN"), std::string("TES"), std::string("TEST,LAYERED"),
                                    std::string(","), std::string(), long_name}) {
        begin();
        answer(mechanism(name));
        EXPECT_TRUE(done) << name;
        EXPECT_FALSE(link) << name;
        EXPECT_TRUE(client->ended());
        EXPECT_EQ(last_line(), "link 192.0.2.7:51234: main:0 refused: unknown SASL mechanism");
    }
}

TEST_F(SaslExchange, refuses_sizes_before_it_makes_room_for_them) {
    for (const uint32_t size : {kMaxSaslData + 1, 0x7fffffffu, 0xffffffffu}) {
        begin();
        answer(joined(mechanism("TEST"), ByteWriter().u32(size).take()));
        EXPECT_TRUE(client->ended()) << size;
        EXPECT_EQ(log.count("too much SASL data"), 1u);
        log.clear();
        begin();
        answer(joined(mechanism("TEST"), no_data()));
        send(ByteWriter().u32(size).take());
        EXPECT_TRUE(client->ended()) << size;
        EXPECT_EQ(log.count("too much SASL data"), 1u);
        log.clear();
    }
}

TEST_F(SaslExchange, ends_a_mechanism_that_never_does) {
    begin();
    answer(joined(mechanism("TEST"), said("endless:right")));
    for (int i = 0; i < kMaxSaslSteps && !done; ++i) {
        send(no_data());
    }
    EXPECT_TRUE(done);
    EXPECT_EQ(log.count("no end of it"), 1u);
}

TEST_F(SaslExchange, refuses_tickets) {
    begin();
    const auto reply = test::parse_reply(client->take());
    send(test::auth_stage(reply.key, "secret"));
    EXPECT_EQ(client->take(), protocol::link_error_reply(SPICE_LINK_ERR_INVALID_DATA));
    LinkRequest plain;
    plain.common_caps = {};
    begin(plain);
    EXPECT_TRUE(client->ended()) << "a client that can select nothing";
}

TEST_F(SaslExchange, sends_links_that_no_mechanism_fits_to_tls) {
    service.mechanisms = "";
    begin();
    EXPECT_EQ(client->take(), protocol::link_error_reply(SPICE_LINK_ERR_NEED_SECURED));
    EXPECT_EQ(last_line(), "link 192.0.2.7:51234: main:0 refused: no SASL mechanism without TLS");
}

TEST_F(SaslExchange, passes_on_that_it_cannot_begin) {
    service.fails = true;
    begin();
    EXPECT_TRUE(done);
    EXPECT_EQ(failure, "SASL: cannot begin");
}

TEST_F(SaslExchange, works_in_any_chunks_and_ends_wherever_the_connection_fails) {
    for (const size_t chunk : {1, 3, 1000}) {
        size_t succeed = 0;
        for (bool failed = true; failed; ++succeed) {
            ASSERT_LT(succeed, 200u);
            MemoryStreamOptions options;
            options.read_chunk = chunk;
            options.failures = std::make_shared<test::FailureCounter>(succeed);
            begin({}, options);
            send(joined(mechanism("TEST"), no_data()));
            send(said("long:right"));
            send(no_data());
            failed = options.failures->failed();
            ASSERT_TRUE(done) << succeed;
            EXPECT_EQ(broken, failed);
            EXPECT_EQ(link.has_value(), !failed);
        }
    }
}

} // namespace
} // namespace spice::auth
