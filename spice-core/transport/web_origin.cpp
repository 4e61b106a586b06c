#include "transport/web_origin.hpp"

#include "base/log.hpp"
#include "spice-core/config.hpp"
#include "transport/http_request.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace spice::transport {

namespace {

struct Authority {
    std::string host;
    std::optional<uint16_t> port;
};

bool is_host_character(char character) {
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
           character == '.' || character == '-' || character == '_';
}

std::string lowered(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return result;
}

bool is_host(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) {
        boost::system::error_code error;
        boost::asio::ip::make_address_v6(std::string(host.substr(1, host.size() - 2)), error);
        return !error;
    }
    return !host.empty() && std::ranges::all_of(host, is_host_character);
}

// "host", "host:port", "[address]:port".
std::optional<Authority> parse_authority(std::string_view text) {
    Authority authority;
    const size_t bracket = text.find(']');
    const size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        const std::string_view digits = text.substr(colon + 1);
        uint16_t port = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
        if (error != std::errc() || end != digits.data() + digits.size() || port == 0) {
            return std::nullopt;
        }
        authority.port = port;
    }
    authority.host = lowered(text.substr(0, colon));
    return is_host(authority.host) ? std::optional(authority) : std::nullopt;
}

uint16_t usual_port(std::string_view scheme) {
    return scheme == "https" ? 443 : 80;
}

bool is_loopback_address(std::string_view text) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string(text), error);
    return !error && address.is_loopback();
}

std::string_view without_brackets(std::string_view host) {
    return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

bool is_loopback_host(std::string_view host) {
    return host == "localhost" || host.ends_with(".localhost") || is_loopback_address(without_brackets(host));
}

// "127.0.0.1:51234", "[::1]:51234".
bool is_from_this_host(std::string_view peer) {
    return is_loopback_address(without_brackets(peer.substr(0, peer.rfind(':'))));
}

} // namespace

std::optional<WebOrigin> parse_web_origin(std::string_view text) {
    const size_t end = text.find("://");
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    WebOrigin origin;
    origin.scheme = lowered(text.substr(0, end));
    const std::optional<Authority> authority = parse_authority(text.substr(end + 3));
    if ((origin.scheme != "http" && origin.scheme != "https") || !authority) {
        return std::nullopt;
    }
    origin.host = authority->host;
    origin.port = authority->port.value_or(usual_port(origin.scheme));
    return origin;
}

WebPolicy web_policy(const std::vector<std::string>& origins, LogSink& log) {
    WebPolicy policy;
    policy.log = &log;
    for (const std::string& text : origins) {
        const std::optional<WebOrigin> origin = parse_web_origin(text);
        if (!origin) {
            throw ConfigError("--web-origin " + escaped(text) +
                              ": not the origin of a web page; give scheme, host and perhaps port, such as "
                              "https://desk.example.org");
        }
        policy.origins.push_back(*origin);
    }
    return policy;
}

bool origin_may_connect(std::string_view origin, std::string_view host, std::string_view peer,
                        const WebPolicy& policy) {
    const std::optional<WebOrigin> page = parse_web_origin(origin);
    if (!page) {
        return false;
    }
    if (std::ranges::find(policy.origins, *page) != policy.origins.end()) {
        return true;
    }
    const std::optional<Authority> here = parse_authority(host);
    return here && here->host == page->host && here->port.value_or(usual_port(page->scheme)) == page->port &&
           (!is_from_this_host(peer) || is_loopback_host(here->host));
}

} // namespace spice::transport
