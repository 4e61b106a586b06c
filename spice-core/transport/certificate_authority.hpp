// --tls-auto: the files of a private authority and of a certificate that it signed for this host, made when
// they are first needed and kept.
//
//   CA_FILE          the authority's certificate, for 10 years: what clients get
//   ca-key.pem       its key, in CA_FILE's directory: never leaves it
//   CERTIFICATE_FILE for O=xspice,CN=<host name>, and all names of the host
//   KEY_FILE         its key
//
// Directories are made with mode 0700, files with 0600 and each in one step: a reader sees the old one or the
// new one. A renewed certificate keeps its key, so that the two always fit. Servers that start at once wait
// for each other (a lock file in CA_FILE's directory).
#pragma once

#include "spice-core/config.hpp"
#include "spice-core/log.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace spice::transport {

// What this host is called by those who connect to it: its name first, then its name with the domain,
// localhost, the loopback addresses, and the `addresses` that it listens on (for "0.0.0.0" and "::", those of
// its interfaces). Asks the resolver: blocks.
std::vector<std::string> host_names(const std::vector<std::string>& addresses);

// Makes what is missing of the files in `config`, and the certificate anew when it ends within 30 days or
// lacks one of `names`. What the operator has put there (a certificate without ca-key.pem beside CA_FILE, or
// one that our authority did not sign) stays as it is. Tells `log` what it made.
//
// Waits up to `patience` for another server that is at it. Throws ConfigError, which begins with --tls-auto.
void make_certificates(const TlsConfig& config, const std::vector<std::string>& names,
                       std::chrono::system_clock::time_point now, std::chrono::milliseconds patience,
                       LogSink& log);

} // namespace spice::transport
