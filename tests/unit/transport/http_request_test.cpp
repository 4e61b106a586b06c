#include "transport/http_request.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spice::transport {
namespace {

std::string error_of(const std::string& head) {
    const auto request = parse_http_request(head);
    return request ? "no error" : request.error().what;
}

TEST(HttpRequest, head_ends_with_an_empty_line) {
    const std::string whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\nbody";
    for (size_t size = 0; size < whole.size(); ++size) {
        EXPECT_EQ(http_head_size(whole.substr(0, size)), size < 27 ? 0u : 27u) << size;
    }
    EXPECT_EQ(http_head_size("GET / HTTP/1.1\n\n"), 0u);
}

TEST(HttpRequest, is_read_into_its_parts) {
    const auto request =
        parse_http_request("GET /a?b=%20 HTTP/1.1\r\nHost: \t desk:5900 \r\nEmpty:\r\nX: \xc3\xa4 b\r\n\r\n");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "GET");
    EXPECT_EQ(request->target, "/a?b=%20");
    EXPECT_EQ(request->minor_version, 1);
    EXPECT_EQ(request->only("host"), "desk:5900");
    EXPECT_EQ(request->only("EMPTY"), "");
    EXPECT_EQ(request->only("x"), "\xc3\xa4 b");
    EXPECT_FALSE(request->only("y"));
    EXPECT_EQ(parse_http_request("GET / HTTP/1.0\r\n\r\n")->minor_version, 0);
}

TEST(HttpRequest, finds_words_in_lists_whatever_their_case_and_blanks) {
    const auto request = parse_http_request(
        "GET / HTTP/1.1\r\nConnection: keep-alive ,\tUpgrade\r\nA: x,,\r\nA: y\r\nB: upgraded\r\n\r\n");
    ASSERT_TRUE(request);
    EXPECT_TRUE(request->lists("connection", "upgrade"));
    EXPECT_TRUE(request->lists("Connection", "keep-alive"));
    EXPECT_TRUE(request->lists("a", "y"));
    EXPECT_FALSE(request->lists("a", "z"));
    EXPECT_FALSE(request->lists("b", "upgrade"));
    EXPECT_FALSE(request->lists("c", "upgrade"));
}

TEST(HttpRequest, repeated_headers_are_not_the_only_ones) {
    const auto request = parse_http_request("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->count("Host"), 2u);
    EXPECT_FALSE(request->only("Host"));
}

TEST(HttpRequest, malformed_ones_are_errors) {
    for (const char* line : {"", "GET", "GET /", "GET  HTTP/1.1", " / HTTP/1.1", "G(T / HTTP/1.1",
                             "GET /a b HTTP/1.1", "GET /\x01 HTTP/1.1", "GET /\x80 HTTP/1.1"}) {
        EXPECT_NE(error_of(std::string(line) + "\r\n\r\n"), "no error") << line;
    }
    for (const char* version : {"HTTP/0.9", "HTTP/2.0", "HTTP/1.11", "http/1.1", "HTTP/1."}) {
        EXPECT_EQ(error_of(std::string("GET / ") + version + "\r\n\r\n"), "neither HTTP/1.0 nor HTTP/1.1");
    }
    for (const char* header : {"no colon", ": no name", "Host : x", " folded: x", "Ho st: x"}) {
        EXPECT_EQ(error_of(std::string("GET / HTTP/1.1\r\n") + header + "\r\n\r\n"), "header without a name");
    }
    for (const char* value : {"a\rb", "a\nb", "a\x7f", "\x01"}) {
        EXPECT_EQ(error_of(std::string("GET / HTTP/1.1\r\nX: ") + value + "\r\n\r\n"),
                  "header with control characters");
    }
}

TEST(HttpRequest, bounds_its_headers) {
    std::string head = "GET / HTTP/1.1\r\n";
    for (size_t i = 0; i < kMaxHttpHeaders; ++i) {
        head += "X: 1\r\n";
    }
    EXPECT_EQ(error_of(head + "\r\n"), "no error");
    EXPECT_EQ(error_of(head + "X: 1\r\n\r\n"), "more headers than 64");
}

} // namespace
} // namespace spice::transport
