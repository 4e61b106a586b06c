#include "support/tls_client.hpp"

#include "support/run_until.hpp"

#include <array>
#include <stdexcept>
#include <vector>

namespace spice::test {

using namespace transport;

SslContextPtr tls_client_context(const TlsClientOptions& options) {
    SslContextPtr context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context.get(), 0);
    const std::string ciphers = options.ciphers.empty() ? "ALL:eNULL" : options.ciphers;
    if (SSL_CTX_set_min_proto_version(context.get(), options.least) != 1 ||
        SSL_CTX_set_max_proto_version(context.get(), options.most) != 1 ||
        SSL_CTX_set_cipher_list(context.get(), ciphers.c_str()) != 1) {
        throw std::runtime_error("this OpenSSL cannot be such a client: " + openssl_reason());
    }
    if (!options.suites.empty()) {
        SSL_CTX_set_ciphersuites(context.get(), options.suites.c_str());
    }
    if (!options.ca_file.empty()) {
        if (SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str()) != 1) {
            throw std::runtime_error("no authority in " + options.ca_file);
        }
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    }
    return context;
}

TlsClient::TlsClient(const TlsClientOptions& options)
    : context_(tls_client_context(options)), ssl_(SSL_new(context_.get())) {
    SSL_CTX_set_keylog_callback(context_.get(), log_key);
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_connect_state(ssl_.get());
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
}

void TlsClient::note(int result) {
    const int kind = SSL_get_error(ssl_.get(), result);
    if (result <= 0 && (kind == SSL_ERROR_SSL || kind == SSL_ERROR_SYSCALL) && error_.empty()) {
        error_ = openssl_reason();
    }
    ERR_clear_error();
}

// "CLIENT_TRAFFIC_SECRET_0 <random> <secret>", in hexadecimal.
void TlsClient::log_key(const SSL* ssl, const char* line) {
    const std::string_view text = line;
    if (text.starts_with("CLIENT_TRAFFIC_SECRET_0 ")) {
        const std::string secret(text.substr(text.rfind(' ') + 1));
        long size = 0;
        unsigned char* bytes = OPENSSL_hexstr2buf(secret.c_str(), &size);
        static_cast<TlsClient*>(SSL_get_app_data(ssl))
            ->traffic_secret_.assign(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
        OPENSSL_free(bytes);
    }
}

void TlsClient::step(MemoryStream& end) {
    const std::vector<uint8_t> bytes = end.take();
    BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    ERR_clear_error();
    if (!connected()) {
        note(SSL_do_handshake(ssl_.get()));
    }
    std::array<char, 16384> plain;
    while (error_.empty() && connected()) {
        const int count = SSL_read(ssl_.get(), plain.data(), plain.size());
        if (count <= 0) {
            note(count);
            break;
        }
        received_.append(plain.data(), static_cast<size_t>(count));
    }
    const std::string output = take_output();
    if (!output.empty()) {
        end.push({reinterpret_cast<const uint8_t*>(output.data()), output.size()});
    }
}

void TlsClient::exchange(MemoryStream& end, boost::asio::io_context& context) {
    std::vector<size_t> before;
    std::vector<size_t> now;
    do {
        before = std::move(now);
        step(end);
        run_ready(context);
        now = {BIO_number_read(SSL_get_rbio(ssl_.get())), BIO_number_written(SSL_get_rbio(ssl_.get())),
               BIO_number_written(SSL_get_wbio(ssl_.get()))};
    } while (now != before);
}

void TlsClient::send(std::string_view text) {
    note(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())));
}

void TlsClient::ask_for_new_keys() {
    note(SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED));
    note(SSL_do_handshake(ssl_.get()));
}

void TlsClient::renegotiate() {
    note(SSL_renegotiate(ssl_.get()));
    note(SSL_do_handshake(ssl_.get()));
}

void TlsClient::say_goodbye() {
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

std::string TlsClient::take_output() {
    std::string output(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
    BIO_read(SSL_get_wbio(ssl_.get()), output.data(), static_cast<int>(output.size()));
    return output;
}

} // namespace spice::test
