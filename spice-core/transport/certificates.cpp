#include "transport/certificates.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include <algorithm>
#include <stdexcept>

namespace spice::transport {

namespace {

using NamesPtr = OpenSslPtr<GENERAL_NAMES, GENERAL_NAMES_free>;
using AddressPtr = OpenSslPtr<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;

constexpr int kSerialBits = 127;                   // positive in 16 bytes
constexpr size_t kMostNameLength = ub_common_name; // of a subject's CN

void require(bool done, const char* step) {
    if (!done) {
        throw std::runtime_error(std::string("OpenSSL cannot ") + step + " (" + openssl_reason() + ")");
    }
}

AddressPtr address_of(const std::string& name) {
    AddressPtr address(a2i_IPADDRESS(name.c_str()));
    ERR_clear_error();
    return address;
}

void add_entry(X509_NAME* name, const char* field, const std::string& value) {
    require(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(value.data()),
                                       static_cast<int>(value.size()), -1, 0) == 1,
            "name a certificate");
}

void add_extension(X509* certificate, const X509* issuer, int kind, const char* value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, const_cast<X509*>(issuer), certificate, nullptr, nullptr, 0);
    const OpenSslPtr<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1,
            "extend a certificate");
}

void add_names(X509* certificate, const std::vector<std::string>& names) {
    const NamesPtr list(GENERAL_NAMES_new());
    require(list != nullptr, "list names");
    for (const std::string& name : names) {
        OpenSslPtr<GENERAL_NAME, GENERAL_NAME_free> entry(GENERAL_NAME_new());
        require(entry != nullptr, "list a name");
        if (AddressPtr address = address_of(name)) {
            GENERAL_NAME_set0_value(entry.get(), GEN_IPADD, address.release());
        } else {
            OpenSslPtr<ASN1_IA5STRING, ASN1_IA5STRING_free> text(ASN1_IA5STRING_new());
            require(text != nullptr &&
                        ASN1_STRING_set(text.get(), name.data(), static_cast<int>(name.size())) == 1,
                    "list a name");
            GENERAL_NAME_set0_value(entry.get(), GEN_DNS, text.release());
        }
        require(sk_GENERAL_NAME_push(list.get(), entry.get()) > 0, "list a name");
        static_cast<void>(entry.release());
    }
    require(X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), 0, 0) == 1,
            "put names into a certificate");
}

void set_serial(X509* certificate) {
    const OpenSslPtr<BIGNUM, BN_free> number(BN_new());
    require(number != nullptr &&
                BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
            "number a certificate");
}

void set_time(ASN1_TIME* time, WallTime when) {
    require(ASN1_TIME_set(time, std::chrono::system_clock::to_time_t(when)) != nullptr, "date a certificate");
}

// Everything but extensions, end and signature.
CertificatePtr begin(EVP_PKEY* key, const std::string& common_name, WallTime now) {
    CertificatePtr certificate(X509_new());
    require(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                X509_set_pubkey(certificate.get(), key) == 1,
            "begin a certificate");
    set_serial(certificate.get());
    set_time(X509_getm_notBefore(certificate.get()), now - kClockAllowance);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    add_entry(subject, "O", "xspice");
    add_entry(subject, "CN", common_name.substr(0, kMostNameLength));
    return certificate;
}

void sign(X509* certificate, EVP_PKEY* key) {
    require(X509_sign(certificate, key, EVP_sha256()) > 0, "sign a certificate");
}

std::string text_of(const BioPtr& bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &bytes);
    return {bytes, static_cast<size_t>(std::max(size, 0L))};
}

} // namespace

bool is_address(const std::string& name) {
    return address_of(name) != nullptr;
}

KeyPtr make_key() {
    KeyPtr key(EVP_EC_gen("P-256"));
    require(key != nullptr, "make a key");
    return key;
}

CertificatePtr make_authority_certificate(EVP_PKEY* key, const std::string& host, WallTime now) {
    CertificatePtr certificate = begin(key, "xspice authority of " + host, now);
    set_time(X509_getm_notAfter(certificate.get()), now + kAuthorityLife);
    require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) == 1,
            "name an authority");
    add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
    sign(certificate.get(), key);
    return certificate;
}

CertificatePtr make_server_certificate(EVP_PKEY* key, const std::vector<std::string>& names,
                                       const X509* authority, EVP_PKEY* authority_key, WallTime now) {
    CertificatePtr certificate = begin(key, names.front(), now);
    const WallTime end = now + kCertificateLife;
    if (valid_until(authority, end)) {
        set_time(X509_getm_notAfter(certificate.get()), end);
    } else {
        require(X509_set1_notAfter(certificate.get(), X509_get0_notAfter(authority)) == 1,
                "date a certificate");
    }
    require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(authority)) == 1, "name an issuer");
    add_extension(certificate.get(), authority, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate.get(), authority, NID_key_usage, "critical,digitalSignature");
    add_extension(certificate.get(), authority, NID_ext_key_usage, "serverAuth");
    add_extension(certificate.get(), authority, NID_subject_key_identifier, "hash");
    add_extension(certificate.get(), authority, NID_authority_key_identifier, "keyid:always");
    add_names(certificate.get(), names);
    sign(certificate.get(), authority_key);
    return certificate;
}

bool valid_until(const X509* certificate, WallTime when) {
    std::time_t time = std::chrono::system_clock::to_time_t(when);
    return X509_cmp_time(X509_get0_notAfter(certificate), &time) > 0;
}

bool names_all(const X509* certificate, const std::vector<std::string>& names) {
    auto* subject = const_cast<X509*>(certificate); // looked at only
    return std::ranges::all_of(names, [&](const std::string& name) {
        return is_address(name) ? X509_check_ip_asc(subject, name.c_str(), 0) == 1
                                : X509_check_host(subject, name.data(), name.size(), 0, nullptr) == 1;
    });
}

bool signed_by(const X509* certificate, const X509* authority) {
    const bool good = X509_verify(const_cast<X509*>(certificate), X509_get0_pubkey(authority)) == 1;
    ERR_clear_error();
    return good;
}

std::string to_pem(const X509* certificate) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    require(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1, "write a certificate");
    return text_of(bio);
}

std::string to_pem(const EVP_PKEY* key) {
    const BioPtr bio(BIO_new(BIO_s_secmem()));
    require(bio != nullptr &&
                PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
            "write a key");
    return text_of(bio);
}

} // namespace spice::transport
