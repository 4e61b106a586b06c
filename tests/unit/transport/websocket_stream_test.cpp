#include "transport/websocket_stream.hpp"

#include "support/memory_stream.hpp"
#include "support/recording_log.hpp"
#include "support/run_until.hpp"
#include "support/web_client.hpp"
#include "transport/http_request.hpp"
#include "transport/web_error.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
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
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Frame = std::vector<uint8_t>;

std::string text_of(const Frame& bytes) {
    return {bytes.begin(), bytes.end()};
}

class WebSocketTest : public testing::Test {
protected:
    void connect(test::MemoryStreamOptions server_end = {}) {
        auto [server, client] = test::memory_stream_pair(context_.get_executor(), std::move(server_end));
        client_ = std::move(client);
        stream_.reset();
        error_ = {};
        asio::co_spawn(context_, accept(std::move(server)), asio::detached);
    }
    asio::awaitable<void> accept(std::unique_ptr<Stream> raw) {
        try {
            stream_ = co_await accept_websocket(std::move(raw), policy_);
        } catch (const boost::system::system_error& error) {
            error_ = error.code();
        }
    }
    // What the request is answered with.
    std::string answer(const std::string& request) {
        connect();
        client_->push(bytes_of_text(request));
        run_ready(context_);
        return text_of(client_->take());
    }
    void open(test::MemoryStreamOptions server_end = {}) {
        connect(std::move(server_end));
        client_->push(bytes_of_text(WebRequest{}.text()));
        run_ready(context_);
        client_->take();
        ASSERT_TRUE(stream_);
    }
    // Reads to the end; what came is in read_, why it ended in read_error_.
    void read_all(size_t buffer_size = 1000) {
        read_.clear();
        read_error_ = {};
        asio::co_spawn(context_, read_loop(*stream_, buffer_size), asio::detached);
        run_ready(context_);
    }
    asio::awaitable<void> read_loop(Stream& stream, size_t buffer_size) {
        Frame buffer(buffer_size);
        try {
            while (true) {
                const size_t count = co_await stream.read_some(asio::buffer(buffer));
                read_.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
            }
        } catch (const boost::system::system_error& error) {
            read_error_ = error.code();
        }
    }
    void write(Frame bytes) {
        written_ = false;
        asio::co_spawn(context_, write_once(*stream_, std::move(bytes)), asio::detached);
        run_ready(context_);
    }
    asio::awaitable<void> write_once(Stream& stream, Frame bytes) {
        const size_t part = bytes.size() / 3;
        const asio::const_buffer buffers[] = {asio::buffer(bytes.data(), part), asio::const_buffer(),
                                              asio::buffer(bytes.data() + part, bytes.size() - part)};
        try {
            co_await stream.write(buffers);
            written_ = true;
        } catch (const boost::system::system_error& error) {
            write_error_ = error.code();
        }
    }

    asio::io_context context_;
    test::RecordingLog log_;
    WebPolicy policy_ = web_policy({"https://desk.example.org"}, log_);
    std::unique_ptr<MemoryStream> client_;
    std::unique_ptr<Stream> stream_;
    error_code error_;
    std::string read_;
    error_code read_error_;
    error_code write_error_;
    bool written_ = false;
};

TEST_F(WebSocketTest, switches_protocols_as_the_rfc_has_it) {
    EXPECT_EQ(answer(WebRequest{}.text()), "HTTP/1.1 101 Switching Protocols\r\n"
                                           "Upgrade: websocket\r\n"
                                           "Connection: Upgrade\r\n"
                                           "Sec-WebSocket-Accept: " +
                                               std::string(test::kWebAccept) +
                                               "\r\n"
                                               "Sec-WebSocket-Protocol: binary\r\n\r\n");
    EXPECT_TRUE(stream_);
}

TEST_F(WebSocketTest, takes_any_path_and_needs_no_protocol_of_its_own) {
    WebRequest request;
    request.target = "/websockify?token=x";
    request.protocol = "";
    EXPECT_THAT(answer(request.text()), StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(answer(request.text()), Not(HasSubstr("Protocol: binary")));
    request.protocol = "base64, binary";
    EXPECT_THAT(answer(request.text()), HasSubstr("Sec-WebSocket-Protocol: binary\r\n"));
    request.protocol = "chat";
    EXPECT_THAT(answer(request.text()), Not(HasSubstr("Sec-WebSocket-Protocol")));
}

TEST_F(WebSocketTest, takes_a_request_byte_by_byte_and_what_follows_it) {
    const Frame frame = client_frame(0x82, "hello");
    test::MemoryStreamOptions slow;
    for (const size_t chunk : {1, 7, 100000}) {
        slow.read_chunk = chunk;
        connect(slow);
        client_->push(bytes_of_text(WebRequest{}.text() + text_of(frame)));
        run_ready(context_);
        ASSERT_TRUE(stream_);
        read_all();
        EXPECT_EQ(read_, "hello");
        client_->close();
        run_ready(context_);
    }
}

TEST_F(WebSocketTest, tells_those_who_ask_for_a_page_what_this_is) {
    const std::string page = answer("GET / HTTP/1.1\r\nHost: desk:5900\r\n\r\n");
    EXPECT_THAT(page, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(page, HasSubstr("xspice"));
    EXPECT_THAT(page, HasSubstr("Connection: close\r\n"));
    const std::string body = page.substr(page.find("\r\n\r\n") + 4);
    EXPECT_THAT(page, HasSubstr("Content-Length: " + std::to_string(body.size()) + "\r\n"));
    EXPECT_TRUE(client_->ended());
    EXPECT_EQ(error_, WebError::page_requested);
    EXPECT_THAT(answer("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answer("GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(WebSocketTest, turns_wrong_requests_away) {
    const auto expect = [this](const std::string& request, const std::string& status, WebError error) {
        EXPECT_THAT(answer(request), StartsWith("HTTP/1.1 " + status + " ")) << request;
        EXPECT_EQ(error_, error) << request;
        EXPECT_TRUE(client_->ended());
        EXPECT_FALSE(stream_);
    };
    const auto with = [](auto change) {
        WebRequest request;
        change(request);
        return request.text();
    };
    expect("POST / HTTP/1.1\r\nHost: x\r\n\r\n", "405", WebError::wrong_method);
    expect("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "405", WebError::wrong_method);
    expect("GET / HTTP/3\r\n\r\n", "400", WebError::bad_request);
    expect("GET / HTTP/1.1\r\n\r\n", "400", WebError::bad_request);
    expect("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", "400", WebError::bad_request);
    expect(with([](auto& request) { request.more = "Host: other\r\n"; }), "400", WebError::bad_request);
    expect(with([](auto& request) { request.version = "8"; }), "426", WebError::wrong_version);
    expect(with([](auto& request) { request.version = ""; }), "426", WebError::wrong_version);
    for (const char* key : {"", "short", "dGhlIHNhbXBsZSBub25jZQ=A", "dGhlIHNhbXBsZSBub25jZQ*=="}) {
        expect(with([&](auto& request) { request.key = key; }), "400", WebError::bad_request);
    }
    expect("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", "400", WebError::bad_request);
    expect("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(kMaxHttpHead, 'x'), "431",
           WebError::request_too_long);
}

TEST_F(WebSocketTest, lets_pages_in_by_their_origin) {
    WebRequest request;
    for (const char* origin : {"http://desk:5900", "https://desk:5900", "https://desk.example.org", ""}) {
        request.origin = origin;
        EXPECT_THAT(answer(request.text()), StartsWith("HTTP/1.1 101 ")) << origin;
    }
    EXPECT_TRUE(log_.lines().empty());
    for (const char* origin : {"http://evil.example", "null", "http://desk:5901", "desk:5900"}) {
        request.origin = origin;
        EXPECT_THAT(answer(request.text()), StartsWith("HTTP/1.1 403 ")) << origin;
        EXPECT_EQ(error_, WebError::foreign_origin);
    }
    request.more = "Origin: http://desk:5900\r\n"; // which of the two?
    EXPECT_THAT(answer(request.text()), StartsWith("HTTP/1.1 403 "));
    ASSERT_EQ(log_.lines().size(), 5u);
    EXPECT_EQ(log_.lines()[0].text, "web memory:1: a page from http://evil.example tried to connect; "
                                    "--web-origin http://evil.example would let it in");
}

TEST_F(WebSocketTest, frames_of_any_size_are_one_stream_of_bytes) {
    Frame sent;
    for (const size_t size : {1, 1, 0, 2, 125, 126, 5000, 65535, 65536, 200000}) {
        Frame payload(size);
        std::iota(payload.begin(), payload.end(), static_cast<uint8_t>(size));
        const Frame frame = client_frame(0x82, payload);
        sent.insert(sent.end(), frame.begin(), frame.end());
    }
    std::string first;
    for (const size_t chunk : {size_t{1000000}, size_t{4096}, size_t{13}}) {
        test::MemoryStreamOptions options;
        options.read_chunk = chunk;
        open(options);
        client_->push(sent);
        read_all(chunk == 13 ? 7 : 3000);
        EXPECT_EQ(read_.size(), 1u + 1 + 2 + 125 + 126 + 5000 + 65535 + 65536 + 200000);
        first = first.empty() ? read_ : first;
        EXPECT_TRUE(read_ == first) << chunk;
        EXPECT_FALSE(read_error_);
        client_->close();
        run_ready(context_);
        EXPECT_EQ(read_error_, asio::error::eof);
    }
}

TEST_F(WebSocketTest, fragments_and_control_frames_between_them_are_put_together) {
    open();
    client_->push(client_frame(0x02, "one "));
    client_->push(client_frame(0x89, "are you there"));
    client_->push(client_frame(0x00, "two "));
    client_->push(client_frame(0x8a, "unasked"));
    client_->push(client_frame(0x80, "three"));
    read_all();
    EXPECT_EQ(read_, "one two three");
    EXPECT_EQ(text_of(client_->take()), "\x8a\x0d"
                                        "are you there");
    EXPECT_FALSE(read_error_);
    stream_.reset();
    run_ready(context_);
}

TEST_F(WebSocketTest, mistakes_are_answered_with_their_code_and_end_the_connection) {
    const auto expect = [this](const Frame& frame, WebError error, uint16_t code) {
        open();
        client_->push(frame);
        read_all();
        EXPECT_EQ(read_error_, error);
        EXPECT_EQ(client_->take(),
                  (Frame{0x88, 2, static_cast<uint8_t>(code >> 8), static_cast<uint8_t>(code)}));
        EXPECT_TRUE(client_->ended());
    };
    expect({0x82, 0x01, 'x'}, WebError::frame_not_masked, 1002);
    expect(client_frame(0x81, "text"), WebError::text_frame, 1003);
    expect(client_frame(0xc2, "x"), WebError::reserved_bits, 1002);
    expect(client_frame(0x83, "x"), WebError::unknown_frame, 1002);
    expect(client_frame(0x80, "x"), WebError::out_of_sequence, 1002);
    expect(client_frame(0x09, "x"), WebError::bad_control_frame, 1002);
    expect(client_frame(0x89, Frame(126)), WebError::bad_control_frame, 1002);
    expect(client_frame(0x88, "x"), WebError::bad_close_frame, 1002);
    expect(client_frame(0x88, "\x03\xed"), WebError::bad_close_frame, 1002); // 1005
    expect({0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}, WebError::bad_length, 1002);
}

TEST_F(WebSocketTest, close_frame_is_answered_with_its_own_code) {
    open();
    client_->push(client_frame(0x82, "last"));
    client_->push(client_frame(0x88, "\x03\xe8"
                                     "bye"));
    read_all();
    EXPECT_EQ(read_, "last");
    EXPECT_EQ(read_error_, WebError::closed);
    EXPECT_EQ(text_of(client_->take()), "\x88\x05\x03\xe8"
                                        "bye");
    EXPECT_TRUE(client_->ended());
}

TEST_F(WebSocketTest, writes_gather_into_frames_of_less_than_64_kib) {
    open();
    Frame sent(200000);
    std::iota(sent.begin(), sent.end(), uint8_t{0});
    write(sent);
    EXPECT_TRUE(written_);
    const Frame got = client_->take();
    Frame payload;
    std::vector<size_t> sizes;
    for (size_t at = 0; at < got.size();) {
        ASSERT_EQ(got[at], 0x82);
        ASSERT_EQ(got[at + 1], 126);
        sizes.push_back(static_cast<size_t>(got[at + 2] << 8 | got[at + 3]));
        at += 4;
        payload.insert(payload.end(), got.begin() + static_cast<std::ptrdiff_t>(at),
                       got.begin() + static_cast<std::ptrdiff_t>(at + sizes.back()));
        at += sizes.back();
    }
    EXPECT_THAT(sizes, testing::ElementsAre(65535, 65535, 65535, 3395));
    EXPECT_TRUE(payload == sent);
    write(Frame{1, 2, 3});
    EXPECT_EQ(client_->take(), (Frame{0x82, 3, 1, 2, 3}));
    write({});
    EXPECT_TRUE(written_);
    EXPECT_TRUE(client_->take().empty());
}

TEST_F(WebSocketTest, pong_waits_for_the_frame_under_way_and_only_the_latest_is_sent) {
    test::MemoryStreamOptions narrow;
    narrow.send_buffer = 200; // enough for the answer of the handshake
    open(narrow);
    write(Frame(300, 'd'));
    EXPECT_FALSE(written_);
    client_->push(client_frame(0x89, "1"));
    client_->push(client_frame(0x89, "2"));
    client_->push(client_frame(0x82, "data"));
    read_all();
    EXPECT_EQ(read_, "data") << "reading goes on meanwhile";
    Frame got;
    while (!written_) {
        const Frame more = client_->take();
        got.insert(got.end(), more.begin(), more.end());
        run_ready(context_);
    }
    const Frame more = client_->take();
    got.insert(got.end(), more.begin(), more.end());
    Frame expected{0x82, 126, 1, 44};
    expected.resize(304, 'd');
    expected.insert(expected.end(), {0x8a, 1, '2'});
    EXPECT_EQ(got, expected);
    client_->close();
    run_ready(context_);
}

TEST_F(WebSocketTest, write_waits_for_a_pong_under_way) {
    test::MemoryStreamOptions narrow;
    narrow.send_buffer = 200;
    open(narrow);
    client_->push(client_frame(0x89, std::string(120, 'p')));
    client_->push(client_frame(0x89, std::string(120, 'q'))); // finds the buffer full
    read_all();
    write(Frame{1, 2, 3});
    EXPECT_FALSE(written_);
    Frame got = client_->take();
    run_ready(context_);
    const Frame more = client_->take();
    got.insert(got.end(), more.begin(), more.end());
    EXPECT_TRUE(written_);
    EXPECT_EQ(text_of(got), "\x8a\x78" + std::string(120, 'p') + "\x8a\x78" + std::string(120, 'q') +
                                "\x82\x03\x01\x02\x03");
    client_->close();
    run_ready(context_);
}

TEST_F(WebSocketTest, may_be_destroyed_with_a_read_and_writes_under_way) {
    test::MemoryStreamOptions narrow;
    narrow.send_buffer = 200;
    open(narrow);
    client_->push(client_frame(0x89, std::string(120, 'p')));
    client_->push(client_frame(0x89, std::string(120, 'q')));
    read_all();
    write(Frame(300));
    stream_.reset();
    run_ready(context_);
    EXPECT_TRUE(read_error_);
    EXPECT_TRUE(write_error_);
    EXPECT_TRUE(client_->ended());
}

TEST_F(WebSocketTest, each_failure_below_ends_it) {
    bool failed = true;
    for (size_t succeed = 0; failed; ++succeed) {
        ASSERT_LT(succeed, 100u);
        test::MemoryStreamOptions failing;
        failing.failures = std::make_shared<test::FailureCounter>(succeed);
        failing.read_chunk = 40;
        connect(failing);
        client_->push(bytes_of_text(WebRequest{}.text()));
        client_->push(client_frame(0x89, "ping"));
        client_->push(client_frame(0x82, "data"));
        client_->push(client_frame(0x88));
        run_ready(context_);
        if (stream_) {
            read_all();
            EXPECT_TRUE(read_error_);
        } else {
            EXPECT_EQ(error_, asio::error::connection_reset);
        }
        failed = failing.failures->failed();
        if (!failed) {
            EXPECT_EQ(read_, "data");
            EXPECT_EQ(read_error_, WebError::closed);
        }
        stream_.reset();
        run_ready(context_);
        EXPECT_TRUE(client_->ended());
    }
}

TEST_F(WebSocketTest, tells_what_the_stream_below_tells) {
    test::MemoryStreamOptions options;
    options.peer = "192.0.2.7:4000";
    LinkFacts facts;
    facts.outstanding = 77;
    options.link_facts = [&] { return facts; };
    open(options);
    EXPECT_EQ(stream_->peer(), "192.0.2.7:4000");
    EXPECT_EQ(stream_->link_facts()->outstanding, 77u);
    EXPECT_FALSE(stream_->encrypted());
    EXPECT_FALSE(stream_->credentials());
    EXPECT_EQ(stream_->executor(), context_.get_executor());
}

} // namespace
} // namespace spice::transport
