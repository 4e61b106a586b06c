// The operator's files and mistakes, and files that change.
#include "transport/tls_context.hpp"

#include "tls_fixture.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <functional>

namespace spice::transport {
namespace {

using namespace std::chrono_literals;
using test::TlsFiles;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

const std::vector<std::string> kAddresses{"127.0.0.1"};

class TlsConfigTest : public testing::Test {
protected:
    // What a context with this configuration complains of; empty: nothing.
    std::string complaint(const TlsConfig& config) {
        try {
            const TlsContext context(config, kAddresses, log_);
            return "";
        } catch (const ConfigError& error) {
            EXPECT_THAT(error.what(), HasSubstr("; ")) << "no remedy";
            EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
            return error.what();
        }
    }

    TlsFiles files_;
    TlsConfig config_ = files_.config();
    test::RecordingLog log_;
};

TEST_F(TlsConfigTest, takes_what_is_right_without_a_warning) {
    chmod(config_.key_file.c_str(), 0600);
    EXPECT_EQ(complaint(config_), "");
    EXPECT_EQ(log_.count("tls: certificate of O=xspice,CN=localhost, valid until "), 1u);
    EXPECT_EQ(log_.lines().size(), 1u);
}

TEST_F(TlsConfigTest, warns_of_a_key_that_everybody_can_read) {
    chmod(config_.key_file.c_str(), 0644);
    EXPECT_EQ(complaint(config_), "");
    EXPECT_EQ(log_.count("every user of this host can read the key; chmod 600"), 1u);
}

TEST_F(TlsConfigTest, names_the_option_of_a_file_that_cannot_be_read) {
    const std::vector<std::pair<std::string TlsConfig::*, const char*>> options{
        {&TlsConfig::certificate_file, "--x509-cert-file"},
        {&TlsConfig::key_file, "--x509-key-file"},
        {&TlsConfig::ca_file, "--cacert-file"},
        {&TlsConfig::dh_file, "--dh-file"}};
    const std::string other =
        files_.directory.write("notes.txt", "no PEM\n-----BEGIN CERTIFICATE-----\nbad\n");
    for (const auto& [member, option] : options) {
        TlsConfig config = config_;
        config.*member = files_.directory.file("none.pem");
        EXPECT_EQ(complaint(config).find(option + std::string(" ") + config.*member +
                                         ": No such file or directory; "),
                  0u);
        config.*member = files_.directory.path();
        EXPECT_THAT(complaint(config),
                    StartsWith(option + std::string(" ") + config.*member + ": is not a file; "));
        config.*member = other;
        EXPECT_THAT(complaint(config), StartsWith(option + std::string(" ") + other + ": holds no "));
    }
    config_.certificate_file.clear();
    EXPECT_THAT(complaint(config_), StartsWith("--x509-cert-file: no file is named; "));
}

TEST_F(TlsConfigTest, wants_key_and_certificate_to_belong_together) {
    files_.directory.write("server-key.pem", to_pem(make_key().get()));
    EXPECT_EQ(complaint(config_), "--x509-key-file " + config_.key_file +
                                      ": is not the key of --x509-cert-file " + config_.certificate_file +
                                      "; give the two that belong together");
}

TEST_F(TlsConfigTest, opens_an_encrypted_key_with_its_password_only) {
    files_.directory.write("server-key.pem", test::encrypted_pem(files_.key.get(), "secret"));
    EXPECT_THAT(complaint(config_),
                StartsWith("--x509-key-file " + config_.key_file + ": the key is encrypted; "));
    config_.key_password = "wrong";
    EXPECT_THAT(complaint(config_), StartsWith("--x509-key-password-file: the password does not open "));
    config_.key_password = std::string(5000, 'x');
    EXPECT_THAT(complaint(config_), StartsWith("--x509-key-password-file: the password does not open "));
    config_.key_password = "secret";
    EXPECT_EQ(complaint(config_), "");
    EXPECT_EQ(log_.count("secret"), 0u);
}

TEST_F(TlsConfigTest, refuses_bad_ciphers_and_never_takes_weak_ones) {
    config_.ciphers = "NO-SUCH-CIPHER";
    EXPECT_EQ(complaint(config_), "--tls-ciphers NO-SUCH-CIPHER: no usable cipher in the list; see "
                                  "openssl-ciphers(1) (those of TLS 1.3 are always on)");
    for (const char* weak : {"aNULL:@SECLEVEL=0", "eNULL", "RC4", "3DES"}) {
        config_.ciphers = weak;
        EXPECT_THAT(complaint(config_), HasSubstr("no usable cipher")) << weak;
    }
    config_.ciphers = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";
    EXPECT_EQ(complaint(config_), "");
    const SslContextPtr context = make_tls_context(config_, std::chrono::system_clock::now(), log_);
    const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(context.get());
    ASSERT_GT(sk_SSL_CIPHER_num(ciphers), 10);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
        const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(ciphers, i);
        EXPECT_GE(SSL_CIPHER_get_bits(cipher, nullptr), 128) << SSL_CIPHER_get_name(cipher);
        EXPECT_NE(SSL_CIPHER_get_auth_nid(cipher), NID_auth_null) << SSL_CIPHER_get_name(cipher);
    }
}

TEST_F(TlsConfigTest, takes_good_dh_parameters_and_refuses_short_ones) {
    const auto parameters = [](const char* group) {
        const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "DH"));
        const OpenSslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free> maker(
            EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
        EVP_PKEY* made = nullptr;
        EVP_PKEY_paramgen_init(maker.get());
        OSSL_PARAM which[] = {OSSL_PARAM_utf8_string("group", const_cast<char*>(group), 0), OSSL_PARAM_END};
        which[0].data_size = std::string_view(group).size();
        EVP_PKEY_CTX_set_params(maker.get(), which);
        EVP_PKEY_generate(maker.get(), &made);
        const KeyPtr owner(made);
        const BioPtr bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_Parameters(bio.get(), made);
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &bytes);
        return std::string(bytes, static_cast<size_t>(size));
    };
    config_.dh_file = files_.directory.write("dh.pem", parameters("modp_2048"));
    EXPECT_EQ(complaint(config_), "");
    files_.directory.write("dh.pem", parameters("modp_1536"));
    EXPECT_THAT(complaint(config_),
                StartsWith("--dh-file " + config_.dh_file + ": its 1536 bits are too few; make it with: "));
}

TEST_F(TlsConfigTest, refuses_a_key_that_is_too_short) {
    const OpenSslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free> maker(
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* key = nullptr;
    ASSERT_GT(EVP_PKEY_keygen_init(maker.get()), 0);
    EVP_PKEY_CTX_set_rsa_keygen_bits(maker.get(), 512);
    ASSERT_GT(EVP_PKEY_generate(maker.get(), &key), 0);
    files_.issue(std::chrono::system_clock::now(), KeyPtr(key));
    EXPECT_THAT(complaint(config_),
                StartsWith("--x509-cert-file " + config_.certificate_file + ": OpenSSL refuses it"));
}

TEST_F(TlsConfigTest, warns_of_what_clients_will_refuse) {
    files_.issue(std::chrono::system_clock::now() - 500 * 24h);
    EXPECT_EQ(complaint(config_), "");
    EXPECT_EQ(log_.count("tls: --x509-cert-file " + config_.certificate_file + ": expired on "), 1u);
    files_.issue(std::chrono::system_clock::now() + 50 * 24h);
    EXPECT_EQ(complaint(config_), "");
    EXPECT_EQ(log_.count(": not valid before "), 1u);
    const TlsFiles others;
    config_.ca_file = others.config().ca_file;
    EXPECT_EQ(complaint(config_), "");
    EXPECT_EQ(
        log_.count(": clients that check it with --cacert-file " + config_.ca_file + " will refuse it: "),
        1u);
}

TEST_F(TlsConfigTest, host_subject_escapes_what_divides) {
    const CertificatePtr certificate(X509_new());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    for (const auto& [field, value] :
         {std::pair{"C", "DE"}, {"O", "Smith, Jones \\ Co"}, {"CN", "vm.test"}}) {
        X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value),
                                   -1, -1, 0);
    }
    EXPECT_EQ(host_subject(files_.certificate.get()), "O=xspice,CN=localhost");
    EXPECT_EQ(host_subject(certificate.get()), "C=DE,O=Smith\\, Jones \\\\ Co,CN=vm.test");
}

// --- files that change ---

class TlsReloadTest : public TlsTest {
protected:
    // The serial number of the certificate that a client gets.
    std::string serial_seen() {
        client_ = std::make_unique<test::TlsClient>();
        auto [server_end, client_end] = test::memory_stream_pair(context_.get_executor());
        client_end_ = std::move(client_end);
        asio::co_spawn(context_, accept_with(reloading_, std::move(server_end)), asio::detached);
        exchange();
        const CertificatePtr shown(SSL_get1_peer_certificate(client_->ssl()));
        return shown ? serial(shown.get()) : "none";
    }
    static asio::awaitable<void> accept_with(TlsContext& context, std::unique_ptr<Stream> below) {
        const std::unique_ptr<Stream> stream = co_await context.accept(std::move(below));
    }
    static asio::awaitable<void> keep_stream(TlsReloadTest& self, TlsContext& context,
                                             std::unique_ptr<Stream> below) {
        self.stream_ = co_await context.accept(std::move(below));
    }
    static std::string serial(const X509* certificate) {
        const ASN1_INTEGER* number = X509_get0_serialNumber(certificate);
        return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(number)),
                static_cast<size_t>(ASN1_STRING_length(number))};
    }

    std::chrono::steady_clock::time_point now_{};
    TlsContext reloading_{
        files_.config(), kAddresses, log_, {[this] { return now_; }, std::chrono::system_clock::now}};
};

TEST_F(TlsReloadTest, new_files_are_used_within_a_second) {
    const std::string before = serial(files_.certificate.get());
    EXPECT_EQ(serial_seen(), before);
    files_.issue(std::chrono::system_clock::now());
    const std::string after = serial(files_.certificate.get());
    EXPECT_EQ(serial_seen(), before) << "looked at the files more than once a second";
    now_ += 1s;
    EXPECT_EQ(serial_seen(), after);
}

TEST_F(TlsReloadTest, bad_files_leave_the_old_ones_in_use_and_one_line) {
    const std::string before = serial(files_.certificate.get());
    files_.directory.write("server-cert.pem", "half written");
    for (int i = 0; i < 5; ++i) {
        now_ += 2s;
        EXPECT_EQ(serial_seen(), before);
    }
    EXPECT_EQ(log_.count("tls: the changed files are not used, those from before are: --x509-cert-file "),
              1u);
    std::filesystem::remove(files_.config().key_file);
    now_ += 2s;
    EXPECT_EQ(serial_seen(), before);
    EXPECT_EQ(log_.count("the changed files are not used"), 2u);
    files_.issue(std::chrono::system_clock::now());
    now_ += 2s;
    EXPECT_EQ(serial_seen(), serial(files_.certificate.get()));
}

TEST_F(TlsReloadTest, streams_outlive_their_context) {
    auto context = std::make_unique<TlsContext>(files_.config(), kAddresses, log_);
    client_ = std::make_unique<test::TlsClient>();
    auto [server_end, client_end] = test::memory_stream_pair(context_.get_executor());
    client_end_ = std::move(client_end);
    asio::co_spawn(context_, keep_stream(*this, *context, std::move(server_end)), asio::detached);
    exchange();
    ASSERT_NE(stream_, nullptr);
    context.reset();
    write({"still here"});
    exchange();
    EXPECT_EQ(client_->received(), "still here");
}

TEST(AutomaticTls, is_renewed_while_the_server_runs) {
    const test::TemporaryDirectory directory;
    TlsConfig config;
    config.automatic = true;
    config.ca_file = directory.file("tls/ca-cert.pem");
    config.certificate_file = directory.file("tls/server-cert.pem");
    config.key_file = directory.file("tls/server-key.pem");
    test::RecordingLog log;
    auto steady = std::chrono::steady_clock::now();
    auto wall = std::chrono::system_clock::now();
    TlsContext context(config, kAddresses, log, {[&] { return steady; }, [&] { return wall; }});
    EXPECT_EQ(log.count("tls: made a certificate for "), 1u);
    steady += 370 * 24h;
    wall += 370 * 24h;
    asio::io_context io;
    auto [server_end, client_end] = test::memory_stream_pair(io.get_executor());
    client_end->close();
    bool failed = false;
    const auto run = [](TlsContext& with, std::unique_ptr<Stream> below,
                        bool& at_the_end) -> asio::awaitable<void> {
        try {
            co_await with.accept(std::move(below));
        } catch (const boost::system::system_error&) {
            at_the_end = true;
        }
    };
    asio::co_spawn(io, run(context, std::move(server_end), failed), asio::detached);
    test::run_ready(io);
    EXPECT_TRUE(failed);
    EXPECT_EQ(log.count("tls: made a certificate for "), 2u);
    EXPECT_EQ(log.count("valid until "), 2u);
    EXPECT_EQ(log.count("authority"), 1u);
}

} // namespace
} // namespace spice::transport
