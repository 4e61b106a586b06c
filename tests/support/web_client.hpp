// The client's half of a WebSocket, by hand.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spice::test {

struct WebRequest {
    std::string host = "desk:5900";
    std::string origin = "http://desk:5900"; // empty: none
    std::string protocol = "binary";         // empty: none
    std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
    std::string version = "13";
    std::string target = "/";
    std::string more = ""; // header lines

    std::string text() const {
        const auto line = [](const char* name, const std::string& value) {
            return value.empty() ? std::string() : std::string(name) + ": " + value + "\r\n";
        };
        return "GET " + target + " HTTP/1.1\r\n" + line("Host", host) +
               "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" + line("Origin", origin) +
               line("Sec-WebSocket-Protocol", protocol) + line("Sec-WebSocket-Key", key) +
               line("Sec-WebSocket-Version", version) + more + "\r\n";
    }
};

// RFC 6455, 1.3: what the key above has to be answered with.
constexpr std::string_view kWebAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

constexpr uint8_t kLastFrame = 0x80;

inline std::vector<uint8_t> bytes_of_text(std::string_view text) {
    return {text.begin(), text.end()};
}

// One frame of a client; `first`: FIN, reserved bits and opcode.
inline std::vector<uint8_t> client_frame(uint8_t first, std::span<const uint8_t> payload) {
    constexpr std::array<uint8_t, 4> kMask{0x37, 0xfa, 0x21, 0x3d};
    std::vector<uint8_t> bytes{first};
    const uint64_t size = payload.size();
    const int length_bytes = size < 126 ? 0 : size <= 0xffff ? 2 : 8;
    bytes.push_back(static_cast<uint8_t>(0x80 | (length_bytes == 0   ? size
                                                 : length_bytes == 2 ? 126u
                                                                     : 127u)));
    for (int i = length_bytes - 1; i >= 0; --i) {
        bytes.push_back(static_cast<uint8_t>(size >> 8 * i));
    }
    bytes.insert(bytes.end(), kMask.begin(), kMask.end());
    for (size_t i = 0; i < payload.size(); ++i) {
        bytes.push_back(payload[i] ^ kMask[i % kMask.size()]);
    }
    return bytes;
}

inline std::vector<uint8_t> client_frame(uint8_t first, std::string_view payload = {}) {
    return client_frame(first, std::span(reinterpret_cast<const uint8_t*>(payload.data()), payload.size()));
}

} // namespace spice::test
