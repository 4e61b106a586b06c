// The RSA keys that clients encrypt the ticket (the link password) with.
//
// The protocol fixes RSA with 1024 bits and OAEP with SHA-1, far below today's standard: it keeps a ticket
// from being read off the wire by chance, and TLS is what protects a session. What it must not do is let
// somebody who saw a link replay the encrypted ticket: each one is accepted once, and keys are replaced after
// a number of links, which bounds what has to be remembered. Core thread.
#pragma once

#include "protocol/link.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace spice::auth {

class TicketKey {
public:
    TicketKey(); // takes some 10 ms; throws std::runtime_error when OpenSSL cannot
    ~TicketKey();
    TicketKey(const TicketKey&) = delete;
    TicketKey& operator=(const TicketKey&) = delete;

    // SubjectPublicKeyInfo, DER: what SpiceLinkReply carries.
    const protocol::PublicKey& public_key() const { return public_key_; }

    // The text up to its NUL; none when the bytes were not encrypted with this key.
    std::optional<std::string> decrypt(const protocol::EncryptedTicket& encrypted) const;

    // False when these very bytes were accepted before.
    bool use_once(const protocol::EncryptedTicket& encrypted) { return used_.insert(encrypted).second; }
    size_t uses() const { return used_.size(); }

private:
    struct OpenSsl;
    std::unique_ptr<OpenSsl> openssl_;
    protocol::PublicKey public_key_{};
    std::set<protocol::EncryptedTicket> used_;
};

// The key of the day, which is made when it is asked for. A link in progress holds on to the key that it told
// its client.
class TicketKeys {
public:
    explicit TicketKeys(size_t links_per_key = 2048); // at 128 bytes for each accepted link
    // For a new link.
    const std::shared_ptr<TicketKey>& current();

private:
    size_t links_per_key_;
    std::shared_ptr<TicketKey> current_;
};

} // namespace spice::auth
