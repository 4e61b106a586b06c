#include "transport/tls_stream.hpp"

#include "support/tls_records.hpp"
#include "tls_fixture.hpp"
#include "transport/tls_error.hpp"

#include <openssl/ssl3.h>

#include <limits>
#include <utility>

namespace spice::transport {
namespace {

using test::FailureCounter;
using test::MemoryStreamOptions;
using test::run_ready;
using test::TlsClientOptions;
using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

// Not the same in any two places that are a record apart.
std::string long_text(size_t size) {
    std::string text(size, '\0');
    uint32_t state = 1;
    for (char& letter : text) {
        state = state * 1664525 + 1013904223;
        letter = static_cast<char>(state >> 24);
    }
    return text;
}

class TlsStreamTest : public TlsTest, public testing::WithParamInterface<int> {
protected:
    // Sends what is no TLS, or half of it.
    void push(const std::string& bytes) {
        client_end_->push({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
        run_ready(context_);
    }
    static TlsClientOptions version(int version) {
        TlsClientOptions options;
        options.least = options.most = version;
        return options;
    }
};

class TlsStreamOfEachVersion : public TlsStreamTest {};
INSTANTIATE_TEST_SUITE_P(Versions, TlsStreamOfEachVersion, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(TlsStreamOfEachVersion, carries_bytes_both_ways) {
    establish(version(GetParam()));
    EXPECT_TRUE(stream_->encrypted());
    EXPECT_EQ(stream_->peer(), "memory:1");
    EXPECT_EQ(SSL_version(client_->ssl()), GetParam());
    read();
    client_->send("from the client");
    write({"from ", "", "the server"});
    exchange();
    EXPECT_TRUE(written_);
    EXPECT_EQ(received_, "from the client");
    EXPECT_EQ(client_->received(), "from the server");
    EXPECT_FALSE(ended_);
}

TEST_P(TlsStreamOfEachVersion, comes_in_pieces_of_one_byte) {
    MemoryStreamOptions bytewise;
    bytewise.read_chunk = 1;
    establish(version(GetParam()), bytewise);
    read();
    client_->send("hello");
    exchange();
    EXPECT_EQ(received_, "hello");
}

TEST_P(TlsStreamOfEachVersion, fails_cleanly_wherever_the_connection_does) {
    size_t succeed = 0;
    for (bool failed = true; failed; ++succeed) {
        MemoryStreamOptions failing;
        failing.failures = std::make_shared<FailureCounter>(succeed);
        failing.read_chunk = 300;
        client_ = std::make_unique<test::TlsClient>(version(GetParam()));
        received_.clear();
        ended_ = written_ = false;
        end_ = write_error_ = {};
        connect(failing);
        exchange();
        ASSERT_TRUE(accepted_) << succeed;
        if (stream_) {
            read();
            write({long_text(100'000)});
            client_->send("hello");
            exchange();
            EXPECT_TRUE(written_) << succeed;
        }
        failed = failing.failures->failed();
        const auto reset = make_error_code(asio::error::connection_reset);
        if (failed) {
            EXPECT_TRUE(error_ == reset || end_ == reset || write_error_ == reset) << succeed;
        } else {
            EXPECT_EQ(client_->received(), long_text(100'000));
            EXPECT_EQ(received_, "hello");
        }
        stream_.reset();
        run_ready(context_);
        EXPECT_TRUE(client_end_->ended());
    }
    EXPECT_GE(succeed, 8u) << "the handshake alone takes several reads and writes";
}

TEST_P(TlsStreamOfEachVersion, carries_much_both_ways_at_once_through_small_buffers) {
    MemoryStreamOptions small;
    small.send_buffer = 1000;
    small.read_chunk = 700;
    auto [server_end, client_end] = test::memory_stream_pair(context_.get_executor(), small, small);
    asio::co_spawn(context_, accept(*this, std::move(server_end)), asio::detached);
    const SslContextPtr context = test::tls_client_context(version(GetParam()));
    SslPtr ssl(SSL_new(context.get()));
    SSL_set_connect_state(ssl.get());
    TlsStream client(std::move(ssl), std::move(client_end));
    asio::co_spawn(context_, client.handshake(), asio::detached);
    run_ready(context_);
    ASSERT_NE(stream_, nullptr) << error_.message();

    const std::string down = long_text(3'000'000);
    const std::string up = down.substr(1, 1'000'000);
    write({down.substr(0, 6), down.substr(6, 70'000), down.substr(70'006)});
    read();
    std::string got;
    const auto reader = [](TlsStream& from, std::string& into, size_t expected) -> asio::awaitable<void> {
        std::vector<char> buffer(5000);
        while (into.size() < expected) {
            const size_t count = co_await from.read_some(asio::buffer(buffer));
            into.append(buffer.data(), count);
        }
    };
    const auto writer = [](TlsStream& to, const std::string& bytes) -> asio::awaitable<void> {
        const asio::const_buffer buffer = asio::buffer(bytes);
        co_await to.write({&buffer, 1});
    };
    asio::co_spawn(context_, reader(client, got, down.size()), asio::detached);
    asio::co_spawn(context_, writer(client, up), asio::detached);
    run_ready(context_);
    EXPECT_TRUE(got == down);
    EXPECT_TRUE(received_ == up);
    EXPECT_TRUE(written_);
    client.close();
    run_ready(context_);
    EXPECT_EQ(end_, make_error_code(asio::error::eof));
}

TEST_P(TlsStreamOfEachVersion, says_goodbye_and_hears_it) {
    establish(version(GetParam()));
    read();
    client_->say_goodbye();
    exchange();
    EXPECT_TRUE(ended_);
    EXPECT_EQ(end_, make_error_code(asio::error::eof));
    stream_->close();
    stream_->close();
    exchange();
    EXPECT_TRUE(client_->server_said_goodbye());
    EXPECT_TRUE(client_end_->ended());
}

TEST_P(TlsStreamOfEachVersion, takes_an_end_without_goodbye_for_an_end) {
    for (const bool in_a_record : {false, true}) {
        establish(version(GetParam()));
        ended_ = false;
        read();
        client_->send("never seen in full");
        const std::string record = client_->take_output();
        push(record.substr(0, in_a_record ? record.size() / 2 : 0));
        client_end_->close();
        run_ready(context_);
        EXPECT_TRUE(ended_);
        EXPECT_EQ(end_, make_error_code(asio::error::eof));
        EXPECT_EQ(received_, "");
    }
}

TEST_P(TlsStreamOfEachVersion, ends_when_a_record_was_changed_on_its_way) {
    establish(version(GetParam()));
    read();
    client_->send("hello");
    std::string record = client_->take_output();
    record.back() = static_cast<char>(record.back() ^ 1);
    push(record);
    EXPECT_TRUE(ended_);
    EXPECT_STREQ(end_.category().name(), "tls");
    EXPECT_THAT(end_.message(), StartsWith("TLS: "));
    EXPECT_EQ(received_, "");
    write({"too late"});
    run_ready(context_);
    EXPECT_EQ(write_error_, make_error_code(asio::error::connection_aborted));
    stream_.reset();
    exchange();
    EXPECT_THAT(client_->error(), HasSubstr("alert bad record mac"));
}

TEST_P(TlsStreamOfEachVersion, close_ends_what_is_under_way) {
    MemoryStreamOptions small;
    small.send_buffer = 5000;
    establish(version(GetParam()), small);
    read();
    write({long_text(100'000)});
    run_ready(context_);
    EXPECT_FALSE(written_);
    stream_->close();
    run_ready(context_);
    EXPECT_EQ(end_, make_error_code(asio::error::operation_aborted));
    EXPECT_EQ(write_error_, make_error_code(asio::error::operation_aborted));
    EXPECT_TRUE(client_end_->ended());
    read();
    run_ready(context_);
    EXPECT_EQ(end_, make_error_code(asio::error::operation_aborted));
}

TEST_P(TlsStreamOfEachVersion, may_be_destroyed_while_it_is_used) {
    MemoryStreamOptions small;
    small.send_buffer = 5000;
    establish(version(GetParam()), small);
    read();
    write({long_text(100'000)});
    run_ready(context_);
    stream_.reset();
    run_ready(context_);
    EXPECT_TRUE(ended_);
    EXPECT_TRUE(written_);
    EXPECT_TRUE(client_end_->ended());
}

TEST_P(TlsStreamOfEachVersion, begins_a_record_with_each_buffer) {
    establish(version(GetParam()));
    write({"header", std::string(20'000, 'x'), "", "next"});
    run_ready(context_);
    const std::vector<uint8_t> sent = client_end_->take();
    std::vector<size_t> records;
    for (size_t at = 0; at + 5 <= sent.size();) {
        const size_t size = size_t{sent[at + 3]} << 8 | sent[at + 4];
        records.push_back(size);
        at += 5 + size;
    }
    ASSERT_EQ(records.size(), 4u);
    const size_t overhead = records[0] - 6;
    EXPECT_LT(overhead, 30u);
    EXPECT_EQ(records, (std::vector<size_t>{6 + overhead, 16'384 + overhead, 20'000 - 16'384 + overhead,
                                            4 + overhead}));
}

TEST_P(TlsStreamOfEachVersion, keeps_little_of_what_a_peer_does_not_read) {
    MemoryStreamOptions small;
    small.send_buffer = 1000;
    establish(version(GetParam()), small);
    write({long_text(10'000'000)});
    run_ready(context_);
    EXPECT_FALSE(written_);
    // Waits with what it has encrypted: a batch, and not megabytes of it.
    size_t taken = 0;
    for (size_t count = 1; count != 0 && taken < 20'000; taken += count) {
        count = client_end_->take().size();
        run_ready(context_);
    }
    EXPECT_GE(taken, 20'000u);
    EXPECT_FALSE(written_);
}

// --- peers that are wrong ---

TEST_F(TlsStreamTest, answers_key_updates) {
    establish(version(TLS1_3_VERSION));
    read();
    for (int i = 0; i < 50; ++i) {
        client_->ask_for_new_keys();
        client_->send("x");
        write({"y"});
        exchange();
    }
    EXPECT_EQ(received_, std::string(50, 'x'));
    EXPECT_EQ(client_->received(), std::string(50, 'y'));
    EXPECT_EQ(client_->error(), "");
}

TEST_F(TlsStreamTest, writes_while_half_a_record_has_come_in) {
    establish(version(TLS1_3_VERSION));
    read();
    client_->ask_for_new_keys();
    const std::string update = client_->take_output();
    push(update.substr(0, update.size() / 2));
    write({"in between"});
    run_ready(context_);
    EXPECT_TRUE(written_);
    push(update.substr(update.size() / 2));
    exchange();
    EXPECT_EQ(client_->received(), "in between");
}

TEST_F(TlsStreamTest, a_write_waits_for_the_rest_of_a_key_update) {
    TlsClientOptions options = version(TLS1_3_VERSION);
    options.suites = "TLS_AES_128_GCM_SHA256";
    establish(options);
    read();
    test::TlsRecords records(client_->traffic_secret());
    const std::string update{24, 0, 0, 1, 0};
    push(records.record(23, "before it"));
    push(records.record(22, update.substr(0, 4)));
    EXPECT_EQ(received_, "before it");
    write({"in between"});
    run_ready(context_);
    EXPECT_FALSE(written_);
    push(records.record(22, update.substr(4)));
    exchange();
    EXPECT_TRUE(written_);
    EXPECT_EQ(client_->received(), "in between");
}

TEST_F(TlsStreamTest, a_write_ends_with_the_stream_while_it_waits_for_the_reader) {
    for (const bool by_us : {true, false}) {
        TlsClientOptions options = version(TLS1_3_VERSION);
        options.suites = "TLS_AES_128_GCM_SHA256";
        establish(options);
        read();
        push(test::TlsRecords(client_->traffic_secret()).record(22, std::string{24, 0, 0, 1}));
        write({"never sent"});
        run_ready(context_);
        EXPECT_FALSE(written_);
        if (by_us) {
            stream_->close();
        } else {
            client_end_->close();
        }
        run_ready(context_);
        EXPECT_TRUE(written_);
        EXPECT_TRUE(write_error_);
    }
}

TEST_F(TlsStreamTest, a_flood_of_key_updates_costs_no_memory) {
    MemoryStreamOptions small;
    small.send_buffer = 2000;
    establish(version(TLS1_3_VERSION), small);
    read();
    std::string flood;
    for (int i = 0; i < 2000; ++i) {
        client_->ask_for_new_keys();
        flood += client_->take_output();
    }
    push(flood);
    client_->send("after it");
    push(client_->take_output());
    // The answers wait for the peer to read them, and so does what comes behind.
    EXPECT_EQ(received_, "");
    exchange();
    EXPECT_EQ(received_, "after it");
}

TEST_F(TlsStreamTest, refuses_tls_1_0_and_1_1) {
    for (const int old : {TLS1_VERSION, TLS1_1_VERSION}) {
        client_ = std::make_unique<test::TlsClient>(version(old));
        connect();
        exchange();
        EXPECT_TRUE(accepted_);
        EXPECT_EQ(stream_, nullptr);
        EXPECT_THAT(error_.message(), StartsWith("TLS: the client's version of TLS is too old"));
        EXPECT_THAT(client_->error(), HasSubstr("alert protocol version"));
        EXPECT_TRUE(client_end_->ended());
    }
}

TEST_F(TlsStreamTest, refuses_weak_ciphers) {
    for (const char* weak : {"AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "eNULL", "aNULL", "AES128-GCM-SHA256"}) {
        TlsClientOptions options = version(TLS1_2_VERSION);
        options.ciphers = weak;
        client_ = std::make_unique<test::TlsClient>(options);
        connect();
        exchange();
        EXPECT_TRUE(accepted_) << weak;
        EXPECT_EQ(stream_, nullptr) << weak;
        EXPECT_THAT(error_.message(), HasSubstr("the client has no cipher that is allowed here"));
    }
}

TEST_F(TlsStreamTest, refuses_renegotiation) {
    establish(version(TLS1_2_VERSION));
    read();
    const long handshakes = SSL_total_renegotiations(client_->ssl());
    client_->renegotiate();
    exchange();
    EXPECT_EQ(client_->error(), "no renegotiation");
    EXPECT_EQ(SSL_total_renegotiations(client_->ssl()), handshakes + 1); // begun
    EXPECT_EQ(received_, "");
}

TEST_F(TlsStreamTest, does_not_resume_sessions) {
    establish(version(TLS1_2_VERSION));
    const SSL_SESSION* session = SSL_get_session(client_->ssl());
    EXPECT_EQ(SSL_SESSION_has_ticket(session), 0);
    unsigned id_length = 1;
    SSL_SESSION_get_id(session, &id_length);
    EXPECT_EQ(id_length, 0u);
    establish(version(TLS1_3_VERSION));
    client_->send("a ticket would come with the answer");
    exchange();
    EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get_session(client_->ssl())), 0);
}

TEST_F(TlsStreamTest, refuses_what_is_no_tls) {
    for (const auto& [bytes, why] :
         {std::pair{std::string("REDQ\2\0\0\0\2\0\0\0\x1a\0\0\0", 16), "TLS: the client does not speak TLS"},
          std::pair{std::string("GET / HTTP/1.1\r\n\r\n"), "TLS: the client does not speak TLS"},
          std::pair{std::string(100, '\0'), "TLS: "},
          std::pair{std::string("\x16\x03\x01\xff\xff", 5), "TLS: "},
          std::pair{std::string("\x16\x03\x01\0\5\1\xff\xff\xff\0", 10), "TLS: "}}) {
        connect();
        push(bytes);
        EXPECT_TRUE(accepted_);
        EXPECT_EQ(stream_, nullptr);
        EXPECT_THAT(error_.message(), StartsWith(why));
        EXPECT_TRUE(client_end_->ended());
    }
}

TEST_F(TlsStreamTest, survives_a_hello_damaged_at_any_byte) {
    client_ = std::make_unique<test::TlsClient>();
    connect();
    client_->step(*raw_); // to nobody: its output is made here
    const std::vector<uint8_t> hello = [&] {
        test::TlsClient fresh;
        auto [end, other] = test::memory_stream_pair(context_.get_executor());
        fresh.step(*end);
        return other->take();
    }();
    ASSERT_GT(hello.size(), 100u);
    for (size_t at = 0; at < hello.size(); ++at) {
        for (const int flip : {0x01, 0x80, 0xff}) {
            std::vector<uint8_t> damaged = hello;
            damaged[at] = static_cast<uint8_t>(damaged[at] ^ flip);
            connect();
            client_end_->push(damaged);
            run_ready(context_);
            client_end_->close();
            run_ready(context_);
            EXPECT_TRUE(accepted_) << at;
            EXPECT_EQ(stream_, nullptr) << at;
        }
    }
}

TEST_F(TlsStreamTest, a_peer_that_never_finishes_is_ended_by_closing_the_stream_below) {
    for (const char* start : {"", "\x16", "\x16\x03\x01\x02"}) {
        connect();
        push(start);
        EXPECT_FALSE(accepted_);
        raw_->close();
        run_ready(context_);
        EXPECT_TRUE(accepted_);
        EXPECT_EQ(error_, make_error_code(asio::error::operation_aborted));
    }
}

TEST_F(TlsStreamTest, tells_that_the_client_does_not_trust_the_certificate) {
    test::TlsFiles others;
    TlsClientOptions options;
    options.ca_file = others.config().ca_file;
    options.most = TLS1_2_VERSION;
    client_ = std::make_unique<test::TlsClient>(options);
    connect();
    exchange();
    EXPECT_EQ(client_->error(), "certificate verify failed");
    EXPECT_THAT(error_.message(), StartsWith("TLS: the client does not accept the certificate ("));
}

TEST_F(TlsStreamTest, forwards_what_is_known_about_the_connection) {
    MemoryStreamOptions options;
    options.peer = "192.0.2.7:51234";
    options.link_facts = [] {
        LinkFacts facts;
        facts.unsent = 77;
        return facts;
    };
    establish({}, options);
    EXPECT_EQ(stream_->peer(), "192.0.2.7:51234");
    EXPECT_EQ(stream_->link_facts()->unsent, 77u);
    EXPECT_FALSE(stream_->credentials());
}

TEST(TlsError, has_words_for_every_code) {
    EXPECT_THAT(tls_category().message(static_cast<int>(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_NO_SHARED_CIPHER))),
                HasSubstr("no shared cipher"));
    EXPECT_EQ(tls_category().message(std::numeric_limits<int>::max()),
              "TLS: error " + std::to_string(std::numeric_limits<int>::max()));
    EXPECT_EQ(take_tls_error(), make_error_code(asio::error::connection_aborted));
}

} // namespace
} // namespace spice::transport
