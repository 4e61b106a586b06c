// Makes and judges X.509 certificates: a private authority's and those that it signs. Knows no files.
//
// Keys are EC P-256: what every client's TLS library takes, made in no time. Signatures are SHA-256.
#pragma once

#include "transport/openssl_types.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace spice::transport {

using WallTime = std::chrono::system_clock::time_point;

inline constexpr std::chrono::days kAuthorityLife{3652};
// Browsers take no longer life than 398 days.
inline constexpr std::chrono::days kCertificateLife{397};
// Clocks of clients may be behind ours.
inline constexpr std::chrono::days kClockAllowance{1};

// All throw std::runtime_error when OpenSSL fails.
KeyPtr make_key();
// Signs itself; may sign servers' certificates and nothing else. `host` is in its name.
CertificatePtr make_authority_certificate(EVP_PKEY* key, const std::string& host, WallTime now);
// For the host names and IP addresses `names`, the first of which is the subject's CN. Ends with the
// authority at the latest.
CertificatePtr make_server_certificate(EVP_PKEY* key, const std::vector<std::string>& names,
                                       const X509* authority, EVP_PKEY* authority_key, WallTime now);

bool valid_until(const X509* certificate, WallTime when);
bool names_all(const X509* certificate, const std::vector<std::string>& names);
bool signed_by(const X509* certificate, const X509* authority);

std::string to_pem(const X509* certificate);
std::string to_pem(const EVP_PKEY* key); // not encrypted; the caller wipes it

// A numeric IPv4 or IPv6 address.
bool is_address(const std::string& name);

} // namespace spice::transport
