// Finds out what a new connection speaks, by its first bytes, and takes off what SPICE is wrapped in: one
// port serves viewers with and without TLS and pages in a browser.
#pragma once

#include "transport/door.hpp"
#include "transport/stream.hpp"
#include "transport/web_origin.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace spice::transport {

struct Opening {
    using TlsAccept = std::function<boost::asio::awaitable<std::unique_ptr<Stream>>(std::unique_ptr<Stream>)>;

    TlsAccept tls;                  // the handshake as a server; empty: TLS is not spoken
    const WebPolicy* web = nullptr; // null: HTTP is not spoken
};

enum class Spoken : uint8_t {
    not_known_yet,
    tls,  // a handshake record: bytes 22, 3
    http, // one of HTTP's methods
    other // SPICE, or something that the link handshake turns away
};

// `first`: the bytes that came, any number of them.
Spoken spoken_by(std::span<const uint8_t> first);

// The stream of SPICE: `raw` itself, or what is inside TLS, WebSocket, or both. At Door::tls TLS comes first,
// always. Throws what reading throws, and what TLS and WebSocket throw for a peer that is wrong. The deadline
// is the caller's, who closes `raw`. `how` must outlive the coroutine.
boost::asio::awaitable<std::unique_ptr<Stream>> open_stream(std::unique_ptr<Stream> raw, Door door,
                                                            const Opening& how);

} // namespace spice::transport
