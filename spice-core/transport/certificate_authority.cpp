#include "transport/certificate_authority.hpp"

#include "base/log.hpp"
#include "transport/certificates.hpp"
#include "transport/pem_file.hpp"
#include "transport/private_files.hpp"

#include <openssl/crypto.h>

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <stdexcept>

namespace spice::transport {

namespace {

constexpr const char* kOption = "--tls-auto";
constexpr std::chrono::days kRenewBefore{30};

// --- names ---

std::string numeric(const sockaddr* address, socklen_t size) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
        return "";
    }
    return text.data();
}

// Without those that mean nothing to others: link-local ones.
std::vector<std::string> interface_addresses(sa_family_t family) {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) {
        return {};
    }
    const std::unique_ptr<ifaddrs, OpenSslFree<freeifaddrs>> owner(list);
    std::vector<std::string> found;
    for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != family ||
            (each->ifa_flags & IFF_UP) == 0) {
            continue;
        }
        const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        std::string text = numeric(each->ifa_addr, size);
        if (!text.empty() && text.find('%') == std::string::npos && !text.starts_with("169.254.")) {
            found.push_back(std::move(text));
        }
    }
    return found;
}

std::string own_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') {
        return "localhost";
    }
    return name.data();
}

std::string full_name(const std::string& name) {
    addrinfo hints{};
    hints.ai_flags = AI_CANONNAME;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) {
        return name;
    }
    const std::unique_ptr<addrinfo, OpenSslFree<freeaddrinfo>> owner(list);
    return list->ai_canonname != nullptr ? list->ai_canonname : name;
}

bool fits_certificate(const std::string& name) {
    return is_address(name) || (!name.empty() && std::ranges::all_of(name, [](unsigned char letter) {
               return std::isalnum(letter) != 0 || letter == '.' || letter == '-' || letter == '_';
           }));
}

// --- files ---

struct Names {
    explicit Names(const TlsConfig& config)
        : authority(config.ca_file), authority_key(directory_of(config.ca_file) + "/ca-key.pem"),
          certificate(config.certificate_file), key(config.key_file) {
        if (authority.empty() || certificate.empty() || key.empty()) {
            throw ConfigError(std::string(kOption) + ": no place for the files is named; give --x509-dir");
        }
    }

    std::string authority;
    std::string authority_key;
    std::string certificate;
    std::string key;
};

const char* const kMoveAway = "move it away to have a new one made";

CertificatePtr read_certificate(const std::string& path) {
    const PemFile file(kOption, path, kMoveAway);
    std::vector<CertificatePtr> found = file.certificates();
    if (found.empty()) {
        throw file.error("holds no certificate in PEM", kMoveAway);
    }
    return std::move(found.front());
}

KeyPtr read_key(const std::string& path, const std::optional<std::string>& key_password) {
    const PemFile file(kOption, path, kMoveAway);
    PemPassword password(key_password);
    KeyPtr key = file.private_key(password);
    if (!key) {
        throw file.error(password.wanted() ? "its password is not known" : "holds no private key in PEM",
                         kMoveAway);
    }
    return key;
}

KeyPtr key_from(const std::string& path, const std::optional<std::string>& key_password) {
    if (file_exists(path)) {
        return read_key(path, key_password);
    }
    KeyPtr key = make_key();
    std::string text = to_pem(key.get());
    write_private_file(kOption, path, text);
    OPENSSL_cleanse(text.data(), text.size());
    return key;
}

// Keys are written before their certificates: who finds a certificate finds its key.
class Authority {
public:
    Authority(const Names& files, const std::string& host, WallTime now, LogSink& log)
        : key_(key_from(files.authority_key, std::nullopt)) {
        if (file_exists(files.authority)) {
            certificate_ = read_certificate(files.authority);
            require_own_key(files);
            if (valid_until(certificate_.get(), now + kRenewBefore)) {
                return;
            }
        }
        certificate_ = make_authority_certificate(key_.get(), host, now);
        write_private_file(kOption, files.authority, to_pem(certificate_.get()));
        log_line(log, LogLevel::info, "tls: made a private authority for ", escaped(host),
                 "; clients check this server with ", escaped(files.authority));
    }

    bool signed_one(const X509* certificate) const { return signed_by(certificate, certificate_.get()); }
    CertificatePtr sign(EVP_PKEY* key, const std::vector<std::string>& names, WallTime now) const {
        return make_server_certificate(key, names, certificate_.get(), key_.get(), now);
    }

private:
    void require_own_key(const Names& files) const {
        const bool own = X509_check_private_key(certificate_.get(), key_.get()) == 1;
        ERR_clear_error();
        if (!own) {
            throw ConfigError(std::string(kOption) + " " + files.authority_key + ": is not the key of " +
                              files.authority + "; move both away to have new ones made");
        }
    }

    KeyPtr key_;
    CertificatePtr certificate_;
};

// True: certificate and authority are somebody else's, and complete.
bool operators_own(const Names& files) {
    if (file_exists(files.authority_key)) {
        return false;
    }
    for (const std::string& path : {files.certificate, files.authority}) {
        if (file_exists(path) && !(file_exists(files.certificate) && file_exists(files.key))) {
            throw ConfigError(
                std::string(kOption) + " " + path +
                ": is not from this server, and its certificate or key is missing; give --x509-cert-file "
                "and --x509-key-file, or move it away");
        }
    }
    return file_exists(files.certificate);
}

void make_missing(const TlsConfig& config, const Names& files, const std::vector<std::string>& names,
                  WallTime now, LogSink& log) {
    const Authority authority(files, names.front(), now, log);
    const KeyPtr key = key_from(files.key, config.key_password);
    if (file_exists(files.certificate)) {
        const CertificatePtr current = read_certificate(files.certificate);
        const bool own_key = X509_check_private_key(current.get(), key.get()) == 1;
        ERR_clear_error();
        const bool good =
            own_key && valid_until(current.get(), now + kRenewBefore) && names_all(current.get(), names);
        if (good || !authority.signed_one(current.get())) {
            return;
        }
    }
    const CertificatePtr made = authority.sign(key.get(), names, now);
    write_private_file(kOption, files.certificate, to_pem(made.get()));
    log_line(log, LogLevel::info, "tls: made a certificate for ", escaped(names.front()), ": ",
             escaped(files.certificate));
}

} // namespace

std::vector<std::string> host_names(const std::vector<std::string>& addresses) {
    const std::string name = own_name();
    std::vector<std::string> wanted{name, full_name(name), "localhost", "127.0.0.1", "::1"};
    for (const std::string& address : addresses) {
        if (address == "0.0.0.0" || address == "::") {
            for (const sa_family_t family : {sa_family_t{AF_INET}, sa_family_t{AF_INET6}}) {
                if (family == AF_INET || address == "::") { // "::" takes both
                    std::ranges::move(interface_addresses(family), std::back_inserter(wanted));
                }
            }
        } else {
            wanted.push_back(address);
        }
    }
    std::vector<std::string> names;
    for (const std::string& each : wanted) {
        if (fits_certificate(each) && std::ranges::find(names, each) == names.end()) {
            names.push_back(each);
        }
    }
    return names;
}

void make_certificates(const TlsConfig& config, const std::vector<std::string>& names,
                       std::chrono::system_clock::time_point now, std::chrono::milliseconds patience,
                       LogSink& log) {
    const Names files(config);
    for (const std::string& path : {files.authority, files.certificate, files.key}) {
        make_private_directory(kOption, directory_of(path));
    }
    const FileLock lock(kOption, directory_of(files.authority) + "/.lock", patience);
    if (operators_own(files)) {
        return;
    }
    try {
        make_missing(config, files, names, now, log);
    } catch (const ConfigError&) {
        throw;
    } catch (const std::exception& error) {
        throw ConfigError(std::string(kOption) + ": " + error.what() + "; check OpenSSL's configuration");
    }
}

} // namespace spice::transport
