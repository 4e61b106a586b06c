// A minimal SPICE client over a loopback socket, written from the protocol alone: nothing of the server's own
// parsers and writers but ByteReader and ByteWriter, so that a mistake on one side is not repeated on the
// other. Blocking, each wait with a deadline; for tests.
#pragma once

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spice::test {

// A connected TCP socket.
class Connection {
public:
    // From that loopback address; throws when nobody listens.
    explicit Connection(uint16_t port, const char* source = "127.0.0.1");
    ~Connection();
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;

    // False when the server has closed.
    bool send(Bytes bytes);
    // That many bytes; none when the server has closed or was silent for the whole time.
    std::optional<std::vector<uint8_t>> receive(size_t count, std::chrono::milliseconds within = kPatience);
    // Whether the server closes within that time; what it sends meanwhile is thrown away.
    bool closed_within(std::chrono::milliseconds time);
    // How many bytes come within that time.
    size_t bytes_within(std::chrono::milliseconds time);
    void close();

    static constexpr std::chrono::milliseconds kPatience{10'000}; // slow sanitizers on a busy machine

private:
    bool readable(std::chrono::steady_clock::time_point deadline) const;

    int descriptor_ = -1;
};

struct LinkRequest {
    uint8_t channel_type = 1;
    uint8_t channel_id = 0;
    uint32_t connection_id = 0;
    std::string ticket;
    bool mini_header = true;
    bool auth_selection = true;
    std::vector<uint32_t> channel_caps{};
    const char* source = "127.0.0.1"; // address that the link comes from
};

struct Message {
    uint16_t type = 0;
    std::vector<uint8_t> body;
};

// One channel, from its link on.
class ProtocolChannel {
public:
    // Goes through the whole handshake.
    ProtocolChannel(uint16_t port, const LinkRequest& request);

    // SPICE_LINK_ERR_* of the link; 0xffffffff when the server closed without one.
    uint32_t result() const { return result_; }
    bool linked() const { return result_ == 0; }

    bool say(uint16_t type, Bytes body = {});
    bool say(uint16_t type, const ByteWriter& body) { return say(type, body.view()); }
    // The next message, base messages included, which are answered as a client must.
    std::optional<Message> next(std::chrono::milliseconds within = Connection::kPatience);
    // Messages up to and including the first of that type; none when it did not come.
    std::optional<Message> wait_for(uint16_t type);
    Connection& connection() { return connection_; }

    // Whether to answer PING, SET_ACK and windows of messages; on from the start.
    void set_answering(bool answering) { answering_ = answering; }

private:
    void handshake(const LinkRequest& request);
    void answer(const Message& message);

    Connection connection_;
    uint32_t result_ = 0xffffffff;
    bool mini_;
    bool answering_ = true;
    uint64_t serial_ = 0;
    uint32_t window_ = 0;
    uint32_t until_ack_ = 0;
};

} // namespace spice::test
