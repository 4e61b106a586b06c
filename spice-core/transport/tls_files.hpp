// The operator's TLS files, checked and made into what OpenSSL works with.
#pragma once

#include "spice-core/config.hpp"
#include "spice-core/log.hpp"
#include "transport/openssl_types.hpp"

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace spice::transport {

// Tells whether a file is another one than it was. All zero: there is none.
struct FileStamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t changed = 0; // ns since the epoch

    bool operator==(const FileStamp&) const = default;
};

// Certificate, key, authority, DH parameters.
using TlsFileStamps = std::array<FileStamp, 4>;
TlsFileStamps tls_file_stamps(const TlsConfig& config);

// A server's context: TLS 1.2 and 1.3, ciphers that authenticate and keep past sessions secret, no
// compression, no renegotiation, no resumption (a client's channels link once; keys that could open
// recordings are not kept). Protocols and key sizes that the host's OpenSSL configuration forbids stay
// forbidden.
//
// Reads the files; blocks as long as that takes. Throws ConfigError, which names the option in the
// launcher's spelling. What works but will not please clients (an expired certificate, one that the
// authority did not sign, a key that others can read) is a warning in `log`.
SslContextPtr make_tls_context(const TlsConfig& config, std::chrono::system_clock::time_point now,
                               LogSink& log);

// The subject of a certificate as clients compare it (spice-gtk's cert-subject, host-subject in a .vv file):
// "O=xspice,CN=name", in the certificate's order, commas and backslashes in values with a backslash.
std::string host_subject(const X509* certificate);

} // namespace spice::transport
