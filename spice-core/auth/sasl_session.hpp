// SASL as the link sees it, whoever does it: cyrus-sasl (sasl_library), or a test.
//
// RFC 4422: the server offers mechanisms, the client chooses one, and both send each other data until one is
// content or gives up. What a mechanism negotiates beside it can protect the connection from then on.
#pragma once

#include "base/byte_reader.hpp"
#include "transport/stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spice::auth {

// "" and nothing are different things to a mechanism.
using SaslData = std::optional<std::vector<uint8_t>>;

struct SaslAnswer {
    enum class Status { more, done, failed };
    Status status = Status::failed;
    SaslData data{};      // for the client
    std::string reason{}; // of a failure, for the log: one harmless line
};

// One client's conversation, and the protection that came of it. Core thread.
class SaslSession {
public:
    virtual ~SaslSession() = default;

    // Comma-separated, those that fit to how well the connection is protected already; may be empty.
    virtual const std::string& mechanisms() const = 0;
    // Each once at a time. `mechanism` is one of mechanisms().
    virtual boost::asio::awaitable<SaslAnswer> start(std::string mechanism, SaslData data) = 0;
    virtual boost::asio::awaitable<SaslAnswer> step(SaslData data) = 0;

    // After `done`. Who it is, as the mechanism tells.
    virtual const std::string& user() const = 0;
    // What is sent from here on goes through encode() and decode().
    virtual bool has_layer() const = 0;
    // Most bytes that encode() takes at once, at least 1.
    virtual size_t most_at_once() const = 0;
    // None: broken, the connection has to end. decode() may return nothing yet of what it was given.
    virtual std::optional<std::vector<uint8_t>> encode(Bytes plain) = 0;
    virtual std::optional<std::vector<uint8_t>> decode(Bytes encoded) = 0;
};

class SaslService {
public:
    virtual ~SaslService() = default;
    // For a new link. Throws std::runtime_error.
    virtual std::unique_ptr<SaslSession> begin(const transport::Stream& stream) = 0;
    // Who is who he says still has to belong here.
    virtual bool authorised(const std::string& user) const = 0;
};

} // namespace spice::auth
