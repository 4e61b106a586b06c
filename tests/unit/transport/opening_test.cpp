#include "transport/opening.hpp"

#include "support/memory_stream.hpp"
#include "support/recording_log.hpp"
#include "support/run_until.hpp"
#include "support/web_client.hpp"
#include "transport/peer_network.hpp"
#include "transport/web_error.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spice::transport {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using test::bytes_of_text;
using test::client_frame;
using test::MemoryStream;
using test::run_ready;
using test::WebRequest;

Spoken spoken(std::string_view text) {
    return spoken_by(bytes_of_text(text));
}

TEST(SpokenBy, tells_by_the_first_bytes_and_as_early_as_can_be) {
    EXPECT_EQ(spoken(""), Spoken::not_known_yet);
    EXPECT_EQ(spoken("\x16"), Spoken::not_known_yet);
    EXPECT_EQ(spoken("\x16\x03"), Spoken::tls);
    EXPECT_EQ(spoken("\x16\x03\x01\x02"), Spoken::tls);
    EXPECT_EQ(spoken("\x16\x02"), Spoken::other);
    EXPECT_EQ(spoken("R"), Spoken::other);
    EXPECT_EQ(spoken("REDQ"), Spoken::other);
    for (const char* part : {"G", "GE", "GET", "P", "PA", "PO", "PUT", "HEA", "T", "C", "D", "O"}) {
        EXPECT_EQ(spoken(part), Spoken::not_known_yet) << part;
    }
    for (const char* method : {"GET ", "HEAD", "POST", "PUT ", "DELE", "OPTI", "PATC", "CONN", "TRAC"}) {
        EXPECT_EQ(spoken(method), Spoken::http) << method;
    }
    for (const char* text : {"GETX", "GO", "PX", "SSH-", "RFB ", "x"}) {
        EXPECT_EQ(spoken(text), Spoken::other) << text;
    }
    EXPECT_EQ(spoken(std::string_view("\0\0\0\0", 4)), Spoken::other);
}

// Stands in for TLS: the client says a byte 0x16 0x03, then what it has to say; what is inside is encrypted.
class SealedStream final : public Stream {
public:
    explicit SealedStream(std::unique_ptr<Stream> below) : below_(std::move(below)) {}
    asio::any_io_executor executor() override { return below_->executor(); }
    asio::awaitable<size_t> read_some(asio::mutable_buffer into) override { return below_->read_some(into); }
    asio::awaitable<void> write(std::span<const asio::const_buffer> buffers) override {
        return below_->write(buffers);
    }
    void close() noexcept override { below_->close(); }
    std::string peer() const override { return below_->peer(); }
    bool encrypted() const override { return true; }

private:
    std::unique_ptr<Stream> below_;
};

asio::awaitable<std::unique_ptr<Stream>> seal(std::unique_ptr<Stream> below) {
    std::array<uint8_t, 2> sign{};
    for (uint8_t& byte : sign) {
        co_await below->read_some(asio::buffer(&byte, 1));
    }
    if (sign[0] != 0x16 || sign[1] != 3) {
        throw boost::system::system_error(asio::error::no_protocol_option);
    }
    co_return std::make_unique<SealedStream>(std::move(below));
}

class OpeningTest : public testing::Test {
protected:
    OpeningTest() {
        how_.tls = seal;
        how_.web = &policy_;
    }
    void open(const std::string& sent, Door door = Door::plain, size_t chunk = 1000000) {
        test::MemoryStreamOptions options;
        options.read_chunk = chunk;
        auto [server, client] = test::memory_stream_pair(context_.get_executor(), options);
        client_ = std::move(client);
        stream_.reset();
        error_ = {};
        client_->push(bytes_of_text(sent));
        asio::co_spawn(context_, run(std::move(server), door), asio::detached);
        run_ready(context_);
    }
    asio::awaitable<void> run(std::unique_ptr<Stream> raw, Door door) {
        try {
            stream_ = co_await open_stream(std::move(raw), door, how_);
        } catch (const boost::system::system_error& error) {
            error_ = error.code();
        }
    }
    // What is there to read now.
    std::string content() {
        std::string read;
        bool over = false;
        client_->close();
        asio::co_spawn(context_, read_all(*stream_, read, over), asio::detached);
        run_ready(context_);
        EXPECT_TRUE(over);
        return read;
    }
    static asio::awaitable<void> read_all(Stream& stream, std::string& read, bool& over) {
        std::array<char, 3> buffer{};
        try {
            while (true) {
                const size_t count = co_await stream.read_some(asio::buffer(buffer));
                read.append(buffer.data(), count);
            }
        } catch (const boost::system::system_error&) {
            over = true;
        }
    }

    asio::io_context context_;
    test::RecordingLog log_;
    WebPolicy policy_ = web_policy({}, log_);
    Opening how_;
    std::unique_ptr<MemoryStream> client_;
    std::unique_ptr<Stream> stream_;
    error_code error_;
};

const std::string kTls = "\x16\x03";

std::string web_frame(std::string_view payload) {
    const auto frame = client_frame(0x82, payload);
    return {frame.begin(), frame.end()};
}

TEST_F(OpeningTest, gives_spice_back_from_its_first_byte) {
    for (const size_t chunk : {1, 2, 100}) {
        for (const char* text : {"REDQ and more", "RE", "x", "GEX", "\x16\x01"}) {
            open(text, Door::plain, chunk);
            ASSERT_TRUE(stream_) << text;
            EXPECT_FALSE(stream_->encrypted());
            EXPECT_EQ(content(), text);
        }
    }
}

TEST_F(OpeningTest, takes_tls_and_web_off_in_every_combination) {
    for (const size_t chunk : {1, 5, 10000}) {
        open(kTls + "REDQ inside", Door::plain, chunk);
        ASSERT_TRUE(stream_);
        EXPECT_TRUE(stream_->encrypted());
        EXPECT_EQ(content(), "REDQ inside");
        open(WebRequest{}.text() + web_frame("REDQ web"), Door::plain, chunk);
        ASSERT_TRUE(stream_);
        EXPECT_FALSE(stream_->encrypted());
        EXPECT_EQ(content(), "REDQ web");
        open(kTls + WebRequest{}.text() + web_frame("REDQ both"), Door::plain, chunk);
        ASSERT_TRUE(stream_);
        EXPECT_TRUE(stream_->encrypted());
        EXPECT_EQ(content(), "REDQ both");
    }
}

TEST_F(OpeningTest, tls_inside_of_tls_is_nothing_that_is_spoken) {
    open(kTls + kTls + "x");
    ASSERT_TRUE(stream_);
    EXPECT_EQ(content(), kTls + "x");
}

TEST_F(OpeningTest, door_for_tls_takes_nothing_else) {
    open(kTls + "REDQ", Door::tls);
    ASSERT_TRUE(stream_);
    EXPECT_TRUE(stream_->encrypted());
    EXPECT_EQ(content(), "REDQ");
    for (const char* text : {"REDQ", "GET / HTTP/1.1\r\n\r\n"}) {
        open(text, Door::tls);
        EXPECT_FALSE(stream_);
        EXPECT_EQ(error_, asio::error::no_protocol_option);
        EXPECT_TRUE(client_->ended());
    }
}

TEST_F(OpeningTest, what_is_not_spoken_here_is_left_to_the_link) {
    how_.tls = nullptr;
    open(kTls + "hello");
    ASSERT_TRUE(stream_);
    EXPECT_EQ(content(), kTls + "hello");
    how_.web = nullptr;
    open(WebRequest{}.text());
    ASSERT_TRUE(stream_);
    EXPECT_EQ(content(), WebRequest{}.text());
    how_.tls = seal;
    open(kTls + WebRequest{}.text());
    ASSERT_TRUE(stream_);
    EXPECT_EQ(content(), WebRequest{}.text());
}

TEST_F(OpeningTest, ends_with_those_who_leave_or_ask_for_a_page) {
    open("GE");
    EXPECT_FALSE(stream_);
    EXPECT_FALSE(error_);
    client_->close();
    run_ready(context_);
    EXPECT_EQ(error_, asio::error::eof);
    open("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(error_, WebError::page_requested);
    EXPECT_TRUE(client_->ended());
}

TEST(PeerNetwork, is_the_address_or_the_ipv6_network) {
    asio::io_context context;
    const auto network = [&](const std::string& peer) {
        test::MemoryStreamOptions options;
        options.peer = peer;
        const auto [stream, other] = test::memory_stream_pair(context.get_executor(), options);
        return peer_network(*stream);
    };
    EXPECT_EQ(network("192.0.2.7:4000"), "192.0.2.7");
    EXPECT_EQ(network("[2001:db8:1:2:3:4:5:6]:4000"), "2001:db8:1:2::/64");
    EXPECT_EQ(network("[2001:db8:1:2:ffff::1]:4001"), "2001:db8:1:2::/64");
    EXPECT_NE(network("[2001:db8:1:3::1]:4001"), "2001:db8:1:2::/64");
    EXPECT_EQ(network("[::1]:4000"), "::/64");
    EXPECT_EQ(network("[fe80::1%1]:5"), network("[fe80::2%1]:5"));
    EXPECT_EQ(network("[::ffff:192.0.2.1]:5"), "192.0.2.1");
    EXPECT_EQ(network("unknown"), "unknown");
}

} // namespace
} // namespace spice::transport
