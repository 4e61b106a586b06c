#include "transport/websocket_handshake.hpp"

#include "base/log.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace spice::transport {

namespace {

constexpr std::string_view kWhatThisIs =
    "This is the port of an xspice desktop.\n"
    "Open it with a SPICE viewer, such as remote-viewer, or with a SPICE client in a web page (WebSocket).\n";

WebAnswer refusal(std::string_view status, std::string_view text, WebError error,
                  std::string_view more_headers = {}) {
    WebAnswer answer;
    answer.error = error;
    answer.bytes.append("HTTP/1.1 ").append(status).append("\r\n");
    answer.bytes.append(more_headers);
    answer.bytes.append("Content-Type: text/plain; charset=utf-8\r\n"
                        "X-Content-Type-Options: nosniff\r\n"
                        "Cache-Control: no-store\r\n"
                        "Connection: close\r\n"
                        "Content-Length: ");
    answer.bytes.append(std::to_string(text.size())).append("\r\n\r\n").append(text);
    return answer;
}

WebAnswer bad_request(std::string_view what) {
    return refusal("400 Bad Request", "Bad request: " + std::string(what) + ".\n", WebError::bad_request);
}

// 16 bytes in base64.
bool is_key(std::string_view key) {
    constexpr size_t kSize = 24;
    constexpr std::string_view kPadding = "==";
    return key.size() == kSize && key.ends_with(kPadding) &&
           std::ranges::all_of(key.substr(0, kSize - kPadding.size()), [](char letter) {
               return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
                      (letter >= '0' && letter <= '9') || letter == '+' || letter == '/';
           });
}

// Sec-WebSocket-Accept: shows that we know the protocol, and protects nothing.
std::string accept_value(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL has no SHA-1");
    }
    std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> encoded;
    const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
    return {encoded.begin(), encoded.begin() + length};
}

WebAnswer switch_protocols(const HttpRequest& request) {
    WebAnswer answer;
    answer.bytes = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: " +
                   accept_value(*request.only("Sec-WebSocket-Key")) + "\r\n";
    if (request.lists("Sec-WebSocket-Protocol", "binary")) {
        answer.bytes += "Sec-WebSocket-Protocol: binary\r\n";
    }
    answer.bytes += "\r\n";
    return answer;
}

WebAnswer answer_page_request(const HttpRequest& request) {
    return request.target == "/"
               ? refusal("200 OK", kWhatThisIs, WebError::page_requested)
               : refusal("404 Not Found", "There is no such page here.\n", WebError::unknown_page);
}

bool origin_is_fine(const HttpRequest& request, std::string_view host, std::string_view peer,
                    const WebPolicy& policy) {
    if (request.count("Origin") == 0) {
        return true; // no browser, and so no page that somebody else made
    }
    const std::string_view origin = request.only("Origin").value_or("");
    if (origin_may_connect(origin, host, peer, policy)) {
        return true;
    }
    log_line(*policy.log, LogLevel::warning, "web ", peer, ": a page from ", escaped(origin),
             " tried to connect; --web-origin ", escaped(origin), " would let it in");
    return false;
}

WebAnswer answer_upgrade(const HttpRequest& request, std::string_view host, std::string_view peer,
                         const WebPolicy& policy) {
    if (request.minor_version < 1 || !request.lists("Connection", "upgrade")) {
        return bad_request("an upgrade needs HTTP/1.1 and Connection: Upgrade");
    }
    if (request.only("Sec-WebSocket-Version") != "13") {
        return refusal("426 Upgrade Required", "This server speaks version 13 of the WebSocket protocol.\n",
                       WebError::wrong_version, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    }
    if (!is_key(request.only("Sec-WebSocket-Key").value_or(""))) {
        return bad_request("Sec-WebSocket-Key must be 16 bytes in base64");
    }
    if (!origin_is_fine(request, host, peer, policy)) {
        return refusal("403 Forbidden",
                       "Pages from elsewhere may connect when the server was started with their origin as "
                       "--web-origin.\n",
                       WebError::foreign_origin);
    }
    return switch_protocols(request);
}

} // namespace

WebAnswer answer_web_request(std::string_view head, std::string_view peer, const WebPolicy& policy) {
    const Result<HttpRequest> request = parse_http_request(head);
    if (!request) {
        return bad_request(request.error().what);
    }
    if (request->method != "GET") {
        return refusal("405 Method Not Allowed", "Only GET is understood here.\n", WebError::wrong_method,
                       "Allow: GET\r\n");
    }
    const std::optional<std::string_view> host = request->only("Host");
    if (!host && (request->minor_version > 0 || request->count("Host") > 0)) {
        return bad_request("there must be one Host");
    }
    if (request->count("Content-Length") + request->count("Transfer-Encoding") > 0) {
        return bad_request("a body is not expected");
    }
    return request->lists("Upgrade", "websocket") ? answer_upgrade(*request, host.value_or(""), peer, policy)
                                                  : answer_page_request(*request);
}

WebAnswer answer_endless_request() {
    return refusal("431 Request Header Fields Too Large", "The request is longer than 8 KiB.\n",
                   WebError::request_too_long);
}

} // namespace spice::transport
