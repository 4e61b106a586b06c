#include "transport/opening.hpp"

#include "transport/prefixed_stream.hpp"
#include "transport/websocket_stream.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace spice::transport {

namespace asio = boost::asio;

namespace {

// "REDQ" begins like none of them.
constexpr std::array<std::string_view, 9> kMethods{"GET ", "HEAD", "POST", "PUT ", "DELE",
                                                   "OPTI", "PATC", "CONN", "TRAC"};
constexpr std::string_view kTlsHandshake = "\x16\x03";

Spoken compare(std::string_view first, std::string_view sign, Spoken what) {
    if (first.starts_with(sign)) {
        return what;
    }
    return sign.starts_with(first) ? Spoken::not_known_yet : Spoken::other;
}

struct Sniffed {
    std::unique_ptr<Stream> stream; // from its first byte on
    Spoken spoken = Spoken::other;
};

asio::awaitable<Sniffed> sniff(std::unique_ptr<Stream> stream) {
    std::array<uint8_t, PrefixedStream::kMaxPrefix> first;
    size_t count = 0;
    Sniffed sniffed;
    do {
        count += co_await stream->read_some(asio::buffer(first.data() + count, first.size() - count));
        sniffed.spoken = spoken_by(std::span(first).first(count));
    } while (sniffed.spoken == Spoken::not_known_yet);
    sniffed.stream = std::make_unique<PrefixedStream>(std::move(stream), std::span(first).first(count));
    co_return sniffed;
}

} // namespace

Spoken spoken_by(std::span<const uint8_t> bytes) {
    const std::string_view first(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const Spoken tls = compare(first, kTlsHandshake, Spoken::tls);
    if (tls != Spoken::other) {
        return tls;
    }
    Spoken spoken = Spoken::other;
    for (const std::string_view method : kMethods) {
        spoken = std::min(spoken, compare(first, method, Spoken::http));
    }
    return spoken;
}

asio::awaitable<std::unique_ptr<Stream>> open_stream(std::unique_ptr<Stream> raw, Door door,
                                                     const Opening& how) {
    std::unique_ptr<Stream> stream = std::move(raw);
    if (door == Door::plain) {
        if (!how.tls && how.web == nullptr) {
            co_return stream;
        }
        Sniffed sniffed = co_await sniff(std::move(stream));
        stream = std::move(sniffed.stream);
        if (sniffed.spoken == Spoken::http && how.web != nullptr) {
            stream = co_await accept_websocket(std::move(stream), *how.web);
            co_return stream;
        }
        if (sniffed.spoken != Spoken::tls || !how.tls) {
            co_return stream;
        }
    }
    stream = co_await how.tls(std::move(stream));
    if (how.web == nullptr) {
        co_return stream;
    }
    Sniffed inside = co_await sniff(std::move(stream));
    stream = std::move(inside.stream);
    if (inside.spoken == Spoken::http) {
        stream = co_await accept_websocket(std::move(stream), *how.web);
    }
    co_return stream;
}

} // namespace spice::transport
