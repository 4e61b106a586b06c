// A client shows its credentials through SASL, as SPICE frames it (spice-gtk's and spice-server's way; the
// protocol's documents do not have it). All numbers little endian:
//
//   server  u32 size, mechanisms: "SCRAM-SHA-256,GSSAPI"
//   client  u32 size 1 to 100, mechanism; then data
//   server  data, u8: 1 when the mechanism has come to its end
//   client  data; server data, u8; and so on
//   server  u32: SPICE_LINK_ERR_*, still as it is; what follows goes through the security layer, if there is
//           one, beginning with the link result
//
//   data    u32 size, bytes, the last of which is a NUL that does not belong to them; size 0: no data, which
//           is not the same as data without bytes
#pragma once

#include "auth/credentials.hpp"
#include "auth/sasl_session.hpp"

namespace spice::auth {

inline constexpr uint32_t kMaxMechanismName = 100;  // bytes
inline constexpr uint32_t kMaxSaslData = 64 * 1024; // bytes; Kerberos tickets with many groups stay below
inline constexpr uint32_t kMaxSaslMechanisms = 300; // bytes: what spice-gtk reads
inline constexpr int kMaxSaslSteps = 16;            // the longest mechanism has 4

// Goes through the conversation. A refusal before the mechanism's end is told the client in place of the u32
// at the end (Authentication::answered). Throws what the stream throws.
boost::asio::awaitable<Authentication> sasl_exchange(transport::Stream& stream, SaslSession& session,
                                                     const LinkPolicy& policy,
                                                     const protocol::LinkMessage& message);

} // namespace spice::auth
