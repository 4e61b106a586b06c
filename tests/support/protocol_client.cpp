#include "support/protocol_client.hpp"

#include <spice/enums.h>
#include <spice/protocol.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

namespace spice::test {

namespace {

using std::chrono::steady_clock;

constexpr size_t kTicketSize = 128;
constexpr size_t kReplySize = 178;
constexpr size_t kKeySize = 162;

std::vector<uint8_t> encrypted(Bytes key_der, const std::string& ticket) {
    const uint8_t* der = key_der.data();
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        d2i_PUBKEY(nullptr, &der, static_cast<long>(key_der.size())), EVP_PKEY_free);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
    std::vector<uint8_t> result(kTicketSize);
    size_t size = result.size();
    const auto* text = reinterpret_cast<const uint8_t*>(ticket.c_str()); // with its NUL
    if (EVP_PKEY_encrypt_init(context.get()) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) <= 0 ||
        EVP_PKEY_encrypt(context.get(), result.data(), &size, text, ticket.size() + 1) <= 0) {
        throw std::runtime_error("the ticket cannot be encrypted with the server's key");
    }
    return result;
}

uint32_t bit(unsigned number) {
    return uint32_t{1} << number;
}

std::vector<uint8_t> link_message(const LinkRequest& request) {
    uint32_t common = bit(SPICE_COMMON_CAP_AUTH_SPICE);
    common |= request.auth_selection ? bit(SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION) : 0;
    common |= request.mini_header ? bit(SPICE_COMMON_CAP_MINI_HEADER) : 0;
    const auto channel_words = static_cast<uint32_t>(request.channel_caps.size());
    ByteWriter out;
    out.u32(SPICE_MAGIC).u32(SPICE_VERSION_MAJOR).u32(SPICE_VERSION_MINOR).u32(18 + 4 + 4 * channel_words);
    out.u32(request.connection_id).u8(request.channel_type).u8(request.channel_id);
    out.u32(1).u32(channel_words).u32(18).u32(common);
    for (const uint32_t word : request.channel_caps) {
        out.u32(word);
    }
    return out.take();
}

} // namespace

Connection::Connection(uint16_t port, const char* source)
    : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    if (inet_pton(AF_INET, source, &from.sin_addr) != 1 ||
        bind(descriptor_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) {
        close();
        throw std::runtime_error("no such address here");
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close();
        throw std::runtime_error("nobody listens");
    }
    const int yes = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

Connection::~Connection() {
    close();
}

Connection::Connection(Connection&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

void Connection::close() {
    if (descriptor_ >= 0) {
        ::close(std::exchange(descriptor_, -1));
    }
}

bool Connection::send(Bytes bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes = bytes.subspan(static_cast<size_t>(sent));
    }
    return true;
}

bool Connection::readable(steady_clock::time_point deadline) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    pollfd wanted{descriptor_, POLLIN, 0};
    return poll(&wanted, 1, static_cast<int>(std::max<int64_t>(left.count(), 0))) > 0;
}

std::optional<std::vector<uint8_t>> Connection::receive(size_t count, std::chrono::milliseconds within) {
    const auto deadline = steady_clock::now() + within;
    std::vector<uint8_t> bytes(count);
    size_t filled = 0;
    while (filled < count) {
        if (!readable(deadline)) {
            return std::nullopt;
        }
        const ssize_t got = recv(descriptor_, bytes.data() + filled, count - filled, 0);
        if (got <= 0) {
            return std::nullopt;
        }
        filled += static_cast<size_t>(got);
    }
    return bytes;
}

bool Connection::closed_within(std::chrono::milliseconds time) {
    const auto deadline = steady_clock::now() + time;
    std::array<uint8_t, 65536> waste;
    while (readable(deadline)) {
        if (recv(descriptor_, waste.data(), waste.size(), 0) <= 0) {
            return true;
        }
    }
    return false;
}

size_t Connection::bytes_within(std::chrono::milliseconds time) {
    const auto deadline = steady_clock::now() + time;
    std::array<uint8_t, 65536> waste;
    size_t bytes = 0;
    while (readable(deadline)) {
        const ssize_t got = recv(descriptor_, waste.data(), waste.size(), 0);
        if (got <= 0) {
            return bytes;
        }
        bytes += static_cast<size_t>(got);
    }
    return bytes;
}

ProtocolChannel::ProtocolChannel(uint16_t port, const LinkRequest& request)
    : connection_(port, request.source), mini_(request.mini_header) {
    handshake(request);
}

void ProtocolChannel::handshake(const LinkRequest& request) {
    connection_.send(link_message(request));
    const auto header = connection_.receive(16);
    if (!header) {
        return;
    }
    ByteReader header_in(*header);
    header_in.skip(12);
    const auto reply = connection_.receive(header_in.u32());
    if (!reply || reply->size() < kReplySize) {
        return;
    }
    ByteReader in(*reply);
    const uint32_t error = in.u32();
    if (error != SPICE_LINK_ERR_OK) {
        result_ = error;
        return;
    }
    const std::vector<uint8_t> ticket = encrypted(in.bytes(kKeySize), request.ticket);
    if (request.auth_selection) {
        connection_.send(ByteWriter().u32(SPICE_COMMON_CAP_AUTH_SPICE).take());
    }
    connection_.send(ticket);
    if (const auto result = connection_.receive(4)) {
        result_ = ByteReader(*result).u32();
    }
}

bool ProtocolChannel::say(uint16_t type, Bytes body) {
    ByteWriter out;
    const auto size = static_cast<uint32_t>(body.size());
    if (mini_) {
        out.u16(type).u32(size);
    } else {
        out.u64(++serial_).u16(type).u32(size).u32(0);
    }
    out.bytes(body);
    return connection_.send(out.view());
}

std::optional<Message> ProtocolChannel::next(std::chrono::milliseconds within) {
    const auto header = connection_.receive(mini_ ? 6 : 18, within);
    if (!header) {
        return std::nullopt;
    }
    ByteReader in(*header);
    in.skip(mini_ ? 0 : 8);
    Message message;
    message.type = in.u16();
    auto body = connection_.receive(in.u32());
    if (!body) {
        return std::nullopt;
    }
    message.body = std::move(*body);
    if (answering_) {
        answer(message);
    }
    return message;
}

std::optional<Message> ProtocolChannel::wait_for(uint16_t type) {
    for (;;) {
        auto message = next();
        if (!message || message->type == type) {
            return message;
        }
    }
}

void ProtocolChannel::answer(const Message& message) {
    if (until_ack_ != 0 && --until_ack_ == 0) {
        until_ack_ = window_;
        say(SPICE_MSGC_ACK);
    }
    ByteReader in(message.body);
    if (message.type == SPICE_MSG_SET_ACK) {
        const uint32_t generation = in.u32();
        window_ = in.u32();
        until_ack_ = window_;
        say(SPICE_MSGC_ACK_SYNC, ByteWriter().u32(generation));
    } else if (message.type == SPICE_MSG_PING) {
        say(SPICE_MSGC_PONG, in.bytes(12));
    }
}

} // namespace spice::test
