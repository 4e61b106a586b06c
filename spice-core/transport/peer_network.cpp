#include "transport/peer_network.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <string_view>

namespace spice::transport {

namespace asio = boost::asio;

namespace {

std::string network_of(const asio::ip::address_v6& address) {
    if (address.is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address).to_string();
    }
    asio::ip::address_v6::bytes_type bytes = address.to_bytes();
    std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), uint8_t{0});
    return asio::ip::address_v6(bytes, address.scope_id()).to_string() + "/64";
}

} // namespace

std::string peer_network(const Stream& stream) {
    const std::string peer = stream.peer();
    if (stream.credentials()) {
        return peer;
    }
    std::string_view host = std::string_view(peer).substr(0, peer.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code error;
    const auto address = asio::ip::make_address(std::string(host), error);
    return !error && address.is_v6() ? network_of(address.to_v6()) : std::string(host);
}

} // namespace spice::transport
