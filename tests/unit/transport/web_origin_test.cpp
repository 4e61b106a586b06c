#include "transport/web_origin.hpp"

#include "spice-core/config.hpp"
#include "support/recording_log.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spice::transport {
namespace {

TEST(WebOrigin, has_scheme_host_and_port) {
    EXPECT_EQ(parse_web_origin("https://Desk.Example.org"), (WebOrigin{"https", "desk.example.org", 443}));
    EXPECT_EQ(parse_web_origin("HTTP://127.0.0.1:5900"), (WebOrigin{"http", "127.0.0.1", 5900}));
    EXPECT_EQ(parse_web_origin("http://[::1]"), (WebOrigin{"http", "[::1]", 80}));
    EXPECT_EQ(parse_web_origin("http://[::1]:81"), (WebOrigin{"http", "[::1]", 81}));
}

TEST(WebOrigin, other_texts_are_none) {
    for (const char* text : {"",
                             "null",
                             "desk",
                             "desk:80",
                             "file://",
                             "ftp://desk",
                             "https://",
                             "https://desk/",
                             "https://a b",
                             "https://desk:",
                             "https://desk:0",
                             "https://desk:65536",
                             "https://desk:80x",
                             "https://user@desk",
                             "https://[::1",
                             "https://::1",
                             "https://[desk]",
                             "https://[::1]x",
                             "https://desk?x",
                             "*"}) {
        EXPECT_FALSE(parse_web_origin(text)) << text;
    }
}

class WebPolicyTest : public testing::Test {
protected:
    bool may_connect(std::string_view origin, std::string_view host,
                     std::string_view peer = "192.0.2.7:4000") {
        return origin_may_connect(origin, host, peer, policy_);
    }
    test::RecordingLog log_;
    WebPolicy policy_ = web_policy({"https://desk.example.org", "http://[2001:db8::1]:8000"}, log_);
};

TEST_F(WebPolicyTest, lets_pages_of_this_very_host_and_port_in) {
    EXPECT_TRUE(may_connect("http://desk:5900", "desk:5900"));
    EXPECT_TRUE(may_connect("http://DESK:5900", "desk:5900"));
    EXPECT_TRUE(may_connect("https://desk:5900", "Desk:5900"));
    EXPECT_TRUE(may_connect("https://desk", "desk"));
    EXPECT_TRUE(may_connect("https://desk", "desk:443"));
    EXPECT_TRUE(may_connect("http://[::1]:5900", "[::1]:5900", "[::1]:4000"));
    EXPECT_FALSE(may_connect("http://desk:5901", "desk:5900"));
    EXPECT_FALSE(may_connect("http://desk", "desk:5900"));
    EXPECT_FALSE(may_connect("https://desk", "desk:80"));
    EXPECT_FALSE(may_connect("http://other:5900", "desk:5900"));
    EXPECT_FALSE(may_connect("http://desk.evil.example:5900", "desk:5900"));
    EXPECT_FALSE(may_connect("null", "desk:5900"));
    EXPECT_FALSE(may_connect("", ""));
}

TEST_F(WebPolicyTest, lets_the_pages_in_that_it_names) {
    EXPECT_TRUE(may_connect("https://desk.example.org", "10.0.0.1:5900"));
    EXPECT_TRUE(may_connect("https://desk.example.org:443", "10.0.0.1:5900"));
    EXPECT_TRUE(may_connect("http://[2001:DB8::1]:8000", "10.0.0.1:5900"));
    EXPECT_FALSE(may_connect("http://desk.example.org", "10.0.0.1:5900"));
    EXPECT_FALSE(may_connect("https://desk.example.org.evil.example", "10.0.0.1:5900"));
}

TEST_F(WebPolicyTest, names_that_lead_to_loopback_by_trickery_do_not_count) {
    for (const char* peer : {"127.0.0.1:4000", "127.3.2.1:4000", "[::1]:4000"}) {
        EXPECT_FALSE(may_connect("http://evil.example:5900", "evil.example:5900", peer)) << peer;
        EXPECT_FALSE(may_connect("http://localhost.evil.example:5900", "localhost.evil.example:5900", peer));
        for (const char* host : {"localhost:5900", "a.localhost:5900", "127.0.0.1:5900", "[::1]:5900"}) {
            EXPECT_TRUE(may_connect(std::string("http://") + host, host, peer)) << host;
        }
        EXPECT_TRUE(may_connect("https://desk.example.org", "desk.example.org", peer)) << "named";
    }
}

TEST_F(WebPolicyTest, what_is_no_origin_is_the_operators_mistake) {
    try {
        web_policy({"https://fine", "desk/page"}, log_);
        FAIL() << "no error";
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(), "--web-origin desk/page: not the origin of a web page; give scheme, host "
                                   "and perhaps port, such as https://desk.example.org");
    }
}

} // namespace
} // namespace spice::transport
