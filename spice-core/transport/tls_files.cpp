#include "transport/tls_files.hpp"

#include "base/log.hpp"
#include "transport/pem_file.hpp"

#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/objects.h>

#include <sys/stat.h>

#include <ctime>
#include <vector>

namespace spice::transport {

namespace {

constexpr const char* kCertificateOption = "--x509-cert-file";
constexpr const char* kKeyOption = "--x509-key-file";
constexpr const char* kKeyPasswordOption = "--x509-key-password-file";
constexpr const char* kAuthorityOption = "--cacert-file";
constexpr const char* kDhOption = "--dh-file";
constexpr const char* kCiphersOption = "--tls-ciphers";

constexpr int kLeastDhBits = 2048;

// TLS 1.2: authenticated encryption with keys that are made for each session. TLS 1.3 has nothing else.
constexpr const char* kStrongCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!aPSK";
// What no list of the operator's can bring back.
constexpr const char* kNeverCiphers = ":!aNULL:!eNULL:!EXPORT:!LOW:!RC4:!3DES:!MD5:!PSK:!SRP";

FileStamp stamp_of(const std::string& path) {
    struct stat found {};
    if (path.empty() || stat(path.c_str(), &found) != 0) {
        return {};
    }
    return {found.st_dev, found.st_ino, found.st_size,
            int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

std::string day_of(const ASN1_TIME* time) {
    std::tm fields{};
    char text[sizeof "2026-11-22 23:59 UTC"];
    if (ASN1_TIME_to_tm(time, &fields) != 1 ||
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &fields) == 0) {
        return "an unreadable date";
    }
    return text;
}

// --- certificate and key ---

// The leaf first, then its chain.
std::vector<CertificatePtr> read_certificates(const char* option, const std::string& path,
                                              const char* remedy) {
    const PemFile file(option, path, remedy);
    std::vector<CertificatePtr> certificates = file.certificates();
    if (certificates.empty()) {
        throw file.error("holds no certificate in PEM", remedy);
    }
    return certificates;
}

KeyPtr read_key(const TlsConfig& config) {
    const PemFile file(kKeyOption, config.key_file, "give the certificate's private key (PEM)");
    PemPassword password(config.key_password);
    KeyPtr key = file.private_key(password);
    if (key) {
        return key;
    }
    if (!password.wanted()) {
        throw file.error("holds no private key in PEM", "give the certificate's private key");
    }
    if (!config.key_password) {
        throw file.error("the key is encrypted", "write its password into a file and name that with " +
                                                     std::string(kKeyPasswordOption));
    }
    throw ConfigError(std::string(kKeyPasswordOption) + ": the password does not open " + kKeyOption + " " +
                      config.key_file + "; write the right one into the file");
}

void warn_about_dates(const TlsConfig& config, const X509* certificate, std::time_t now, LogSink& log) {
    if (X509_cmp_time(X509_get0_notAfter(certificate), &now) < 0) {
        log_line(log, LogLevel::warning, "tls: ", kCertificateOption, " ", escaped(config.certificate_file),
                 ": expired on ", day_of(X509_get0_notAfter(certificate)),
                 ", clients will refuse it; have it renewed");
    } else if (X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0) {
        log_line(log, LogLevel::warning, "tls: ", kCertificateOption, " ", escaped(config.certificate_file),
                 ": not valid before ", day_of(X509_get0_notBefore(certificate)),
                 ", clients will refuse it; check the clock");
    }
}

void warn_about_readers(const TlsConfig& config, LogSink& log) {
    struct stat found {};
    if (stat(config.key_file.c_str(), &found) == 0 && (found.st_mode & S_IROTH) != 0) {
        log_line(log, LogLevel::warning, "tls: ", kKeyOption, " ", escaped(config.key_file),
                 ": every user of this host can read the key; chmod 600");
    }
}

void use_certificate(SSL_CTX* context, const TlsConfig& config,
                     const std::vector<CertificatePtr>& certificates, const KeyPtr& key) {
    ERR_clear_error();
    if (SSL_CTX_use_certificate(context, certificates.front().get()) != 1) {
        throw ConfigError(std::string(kCertificateOption) + " " + config.certificate_file +
                          ": OpenSSL refuses it (" + openssl_reason() +
                          "); have one made with a larger key or a newer signature");
    }
    if (X509_check_private_key(certificates.front().get(), key.get()) != 1) {
        ERR_clear_error();
        throw ConfigError(std::string(kKeyOption) + " " + config.key_file + ": is not the key of " +
                          kCertificateOption + " " + config.certificate_file +
                          "; give the two that belong together");
    }
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
        throw ConfigError(std::string(kKeyOption) + " " + config.key_file + ": OpenSSL refuses it (" +
                          openssl_reason() + "); use an RSA key of 2048 bits or an EC key");
    }
    for (size_t i = 1; i < certificates.size(); ++i) {
        if (SSL_CTX_add1_chain_cert(context, certificates[i].get()) != 1) {
            throw ConfigError(std::string(kCertificateOption) + " " + config.certificate_file +
                              ": OpenSSL refuses certificate " + std::to_string(i + 1) + " of the chain (" +
                              openssl_reason() + "); have it renewed");
        }
    }
}

// --- the authority ---

// What a client with this authority will say about the certificate, apart from dates; empty: nothing.
std::string objection(SSL_CTX* context, const std::vector<CertificatePtr>& certificates) {
    const OpenSslPtr<X509_STORE_CTX, X509_STORE_CTX_free> check(X509_STORE_CTX_new());
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs(context, &chain);
    if (!check || X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context),
                                      certificates.front().get(), chain) != 1) {
        throw std::bad_alloc();
    }
    X509_STORE_CTX_set_default(check.get(), "ssl_server");
    X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
    const bool good = X509_verify_cert(check.get()) == 1;
    ERR_clear_error();
    return good ? "" : X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
}

// OpenSSL completes the chain that it sends out of the authority's file, too.
void use_authority(SSL_CTX* context, const TlsConfig& config, const std::vector<CertificatePtr>& certificates,
                   LogSink& log) {
    if (config.ca_file.empty()) {
        return;
    }
    const std::vector<CertificatePtr> authorities = read_certificates(
        kAuthorityOption, config.ca_file, "give the certificate (PEM) that clients check this server with");
    for (const CertificatePtr& authority : authorities) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
    }
    const std::string why = objection(context, certificates);
    if (!why.empty()) {
        log_line(log, LogLevel::warning, "tls: ", kCertificateOption, " ", escaped(config.certificate_file),
                 ": clients that check it with ", kAuthorityOption, " ", escaped(config.ca_file),
                 " will refuse it: ", why);
    }
}

// --- the session ---

void use_dh(SSL_CTX* context, const TlsConfig& config) {
    if (config.dh_file.empty()) {
        SSL_CTX_set_dh_auto(context, 1);
        return;
    }
    const char* remedy = "make it with: openssl dhparam -out FILE 2048";
    const PemFile file(kDhOption, config.dh_file, remedy);
    KeyPtr parameters = file.parameters();
    if (!parameters || EVP_PKEY_is_a(parameters.get(), "DH") + EVP_PKEY_is_a(parameters.get(), "DHX") == 0) {
        throw file.error("holds no DH parameters in PEM", remedy);
    }
    const int bits = EVP_PKEY_get_bits(parameters.get());
    if (bits < kLeastDhBits) {
        throw file.error("its " + std::to_string(bits) + " bits are too few", remedy);
    }
    const OpenSslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free> check(
        EVP_PKEY_CTX_new_from_pkey(nullptr, parameters.get(), nullptr));
    // The quick check does without proving primes, which takes seconds for large ones.
    if (!check || EVP_PKEY_param_check_quick(check.get()) != 1 ||
        SSL_CTX_set0_tmp_dh_pkey(context, parameters.get()) != 1) {
        throw file.error("OpenSSL refuses the parameters (" + openssl_reason() + ")", remedy);
    }
    static_cast<void>(parameters.release()); // the context's now
}

void use_ciphers(SSL_CTX* context, const TlsConfig& config) {
    ERR_clear_error();
    if (config.ciphers.empty()) {
        if (SSL_CTX_set_cipher_list(context, kStrongCiphers) != 1) {
            throw ConfigError("--tls-port: this host's OpenSSL has no strong cipher (" + openssl_reason() +
                              "); name others with " + kCiphersOption);
        }
        return;
    }
    const std::string list = config.ciphers + kNeverCiphers;
    if (SSL_CTX_set_cipher_list(context, list.c_str()) != 1) {
        ERR_clear_error();
        throw ConfigError(std::string(kCiphersOption) + " " + config.ciphers +
                          ": no usable cipher in the list; see openssl-ciphers(1) (those of TLS 1.3 are "
                          "always on)");
    }
}

void set_up_protocol(SSL_CTX* context) {
    if (SSL_CTX_get_min_proto_version(context) < TLS1_2_VERSION) { // the host may ask for more
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    }
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_clear_options(context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
                                       SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

// spice-gtk takes a comma for the end of a value, unless a backslash stands before it.
std::string with_backslashes(std::string_view value) {
    std::string text;
    for (char letter : value) {
        if (letter == ',' || letter == '\\') {
            text += '\\';
        }
        text += letter;
    }
    return text;
}

} // namespace

TlsFileStamps tls_file_stamps(const TlsConfig& config) {
    return {stamp_of(config.certificate_file), stamp_of(config.key_file), stamp_of(config.ca_file),
            stamp_of(config.dh_file)};
}

SslContextPtr make_tls_context(const TlsConfig& config, std::chrono::system_clock::time_point now,
                               LogSink& log) {
    SslContextPtr context(SSL_CTX_new(TLS_server_method()));
    if (!context) {
        throw ConfigError("--tls-port: OpenSSL cannot start TLS (" + openssl_reason() +
                          "); check its configuration");
    }
    set_up_protocol(context.get());
    use_ciphers(context.get(), config);
    const std::vector<CertificatePtr> certificates =
        read_certificates(kCertificateOption, config.certificate_file, "give the server's certificate (PEM)");
    const KeyPtr key = read_key(config);
    use_certificate(context.get(), config, certificates, key);
    use_authority(context.get(), config, certificates, log);
    use_dh(context.get(), config);
    warn_about_dates(config, certificates.front().get(), std::chrono::system_clock::to_time_t(now), log);
    warn_about_readers(config, log);
    log_line(log, LogLevel::info, "tls: certificate of ", escaped(host_subject(certificates.front().get())),
             ", valid until ", day_of(X509_get0_notAfter(certificates.front().get())));
    return context;
}

std::string host_subject(const X509* certificate) {
    const X509_NAME* name = X509_get_subject_name(certificate);
    std::string text;
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
        const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
        const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(entry);
        const int known = OBJ_obj2nid(type);
        char number[80];
        OBJ_obj2txt(number, sizeof number, type, 1);
        unsigned char* bytes = nullptr;
        const int size = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(entry));
        const std::string value(reinterpret_cast<const char*>(bytes), static_cast<size_t>(std::max(size, 0)));
        OPENSSL_free(bytes);
        text += text.empty() ? "" : ",";
        text += known != NID_undef ? OBJ_nid2sn(known) : number;
        text += "=" + with_backslashes(value);
    }
    ERR_clear_error();
    return text;
}

} // namespace spice::transport
