#include "transport/tcp_stream.hpp"

#include <boost/asio/ip/address_v4.hpp>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <sstream>
#include <utility>

namespace spice::transport {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using KeepIdle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
using KeepInterval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
using KeepCount = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
using NotSentLowWater = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

constexpr int kKeepIdle = 60;               // seconds
constexpr int kKeepInterval = 15;           // seconds
constexpr int kKeepCount = 4;               // probes
constexpr int kNotSentLowWater = 128 << 10; // bytes: one round trip at some 100 Mbit/s and 10 ms

void set_up(tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    socket.set_option(KeepIdle(kKeepIdle), ignored);
    socket.set_option(KeepInterval(kKeepInterval), ignored);
    socket.set_option(KeepCount(kKeepCount), ignored);
    socket.set_option(NotSentLowWater(kNotSentLowWater), ignored);
}

std::string peer_of(const tcp::socket& socket) {
    boost::system::error_code error;
    tcp::endpoint endpoint = socket.remote_endpoint(error);
    if (error) {
        return "unknown";
    }
    if (endpoint.address().is_v6() && endpoint.address().to_v6().is_v4_mapped()) {
        // By a socket of both families: the address is told as the peer knows it.
        endpoint.address(asio::ip::make_address_v4(asio::ip::v4_mapped, endpoint.address().to_v6()));
    }
    std::ostringstream text;
    text << endpoint;
    return text.str();
}

// TCP_INFO as kernels since 4.9 fill it in: <netinet/tcp.h> declares the beginning, and <linux/tcp.h>, which
// has all of it, cannot be included beside that. The kernel writes what it knows and says how much that was.
struct KernelTcpInfo {
    tcp_info known;
    uint64_t pacing_rate;
    uint64_t max_pacing_rate;
    uint64_t bytes_acked;
    uint64_t bytes_received;
    uint32_t segs_out;
    uint32_t segs_in;
    uint32_t notsent_bytes;
    uint32_t min_rtt; // microseconds
    uint32_t data_segs_in;
    uint32_t data_segs_out;
    uint64_t delivery_rate; // bytes per second
};
// The ABI's offsets.
static_assert(offsetof(KernelTcpInfo, bytes_acked) == 120);
static_assert(offsetof(KernelTcpInfo, min_rtt) == 148);
static_assert(offsetof(KernelTcpInfo, delivery_rate) == 160);

uint64_t queued_bytes(int socket, unsigned long request) {
    int bytes = 0;
    return ioctl(socket, request, &bytes) == 0 && bytes > 0 ? static_cast<uint64_t>(bytes) : 0;
}

} // namespace

TcpStream::TcpStream(tcp::socket socket) : SocketStream(std::move(socket), peer_of(socket)) {
    set_up(socket_);
}

std::optional<LinkFacts> TcpStream::link_facts() const {
    if (!socket_.is_open()) {
        return std::nullopt;
    }
    const int handle = socket_.native_handle();
    KernelTcpInfo info{};
    socklen_t size = sizeof info;
    if (getsockopt(handle, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(KernelTcpInfo, bytes_received)) {
        return std::nullopt; // a kernel that does not count what arrived
    }
    LinkFacts facts;
    facts.segment = std::max<uint32_t>(info.known.tcpi_snd_mss, 1);
    facts.unsent = queued_bytes(handle, SIOCOUTQNSD);
    // Segments that arrived behind a gap, and lost ones that were not sent again yet, are in the queue still
    // but not on their way.
    const uint64_t gone = std::max<int64_t>(
        int64_t{info.known.tcpi_sacked} + info.known.tcpi_lost - info.known.tcpi_retrans, 0);
    const uint64_t queued = queued_bytes(handle, SIOCOUTQ);
    facts.outstanding = std::max(facts.unsent, queued - std::min(queued, gone * facts.segment));
    facts.delivered = info.bytes_acked + uint64_t{info.known.tcpi_sacked} * facts.segment;
    facts.round_trip = std::chrono::microseconds(info.known.tcpi_rtt);
    if (size >= offsetof(KernelTcpInfo, delivery_rate) + sizeof info.delivery_rate) {
        facts.min_round_trip = std::chrono::microseconds(
            info.min_rtt == std::numeric_limits<uint32_t>::max() ? 0 : info.min_rtt);
        facts.delivery_rate = info.delivery_rate;
    }
    return facts;
}

} // namespace spice::transport
