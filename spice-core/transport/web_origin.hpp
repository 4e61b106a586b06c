// Which web pages may connect: the origin that a browser names is the page's scheme, host and port (RFC
// 6454), and no script can change it.
#pragma once

#include "spice-core/log.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spice::transport {

struct WebOrigin {
    std::string scheme; // "http" or "https"
    std::string host;   // lower case; an IPv6 address in brackets
    uint16_t port = 0;

    friend bool operator==(const WebOrigin&, const WebOrigin&) = default;
};

// "https://desk.example.org", with ":8443" perhaps; none for everything else.
std::optional<WebOrigin> parse_web_origin(std::string_view text);

struct WebPolicy {
    std::vector<WebOrigin> origins; // those from elsewhere than this server that may connect
    LogSink* log = nullptr;         // told which one was turned away
};

// Of ServerConfig::web_origins. Throws ConfigError naming --web-origin. `log` must outlive the policy.
WebPolicy web_policy(const std::vector<std::string>& origins, LogSink& log);

// Whether a page of `origin` may connect to this server, which its browser calls `host` (the Host header):
// one of the policy's, or one that came from that very host and port. A connection from this host itself
// (`peer`) must name a loopback address then: otherwise a stranger's page could have its own name looked up
// anew, to a loopback address, and get at a server that listens to this host alone.
bool origin_may_connect(std::string_view origin, std::string_view host, std::string_view peer,
                        const WebPolicy& policy);

} // namespace spice::transport
