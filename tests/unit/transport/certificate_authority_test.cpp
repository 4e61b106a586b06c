#include "transport/certificate_authority.hpp"

#include "spice-core/config.hpp"
#include "support/recording_log.hpp"
#include "support/temporary_directory.hpp"
#include "transport/certificates.hpp"
#include "transport/pem_file.hpp"
#include "transport/private_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>

namespace spice::transport {
namespace {

using namespace std::chrono_literals;
using test::TemporaryDirectory;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

class CertificateAuthorityTest : public testing::Test {
protected:
    CertificateAuthorityTest() {
        config_.automatic = true;
        config_.ca_file = directory_.file("state/tls/ca-cert.pem");
        config_.certificate_file = directory_.file("state/tls/server-cert.pem");
        config_.key_file = directory_.file("state/tls/server-key.pem");
    }

    void make(WallTime now = std::chrono::system_clock::now()) {
        make_certificates(config_, names_, now, 10s, log_);
    }
    std::string complaint(std::chrono::milliseconds patience = 0ms) {
        try {
            make_certificates(config_, names_, std::chrono::system_clock::now(), patience, log_);
            return "";
        } catch (const ConfigError& error) {
            EXPECT_THAT(error.what(), HasSubstr("; ")) << "no remedy";
            return error.what();
        }
    }
    static CertificatePtr certificate(const std::string& path) {
        return std::move(PemFile("test", path, "").certificates().front());
    }
    static mode_t mode(const std::string& path) {
        struct stat found {};
        return stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
    }
    std::string authority_key() const { return directory_.file("state/tls/ca-key.pem"); }
    std::vector<std::string> all_text() const {
        return {TemporaryDirectory::read(config_.ca_file), TemporaryDirectory::read(authority_key()),
                TemporaryDirectory::read(config_.certificate_file),
                TemporaryDirectory::read(config_.key_file)};
    }

    TemporaryDirectory directory_;
    TlsConfig config_;
    std::vector<std::string> names_{"desk", "desk.example.org", "localhost", "127.0.0.1", "::1"};
    test::RecordingLog log_;
};

TEST_F(CertificateAuthorityTest, makes_private_files) {
    make();
    EXPECT_EQ(mode(directory_.file("state")), 0700u);
    EXPECT_EQ(mode(directory_.file("state/tls")), 0700u);
    size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.file("state/tls"))) {
        EXPECT_EQ(mode(entry.path()), 0600u) << entry.path();
        ++files;
    }
    EXPECT_EQ(files, 5u) << "two certificates, two keys, the lock";
    EXPECT_EQ(log_.lines().size(), 2u);
}

TEST_F(CertificateAuthorityTest, signs_a_certificate_for_all_names) {
    make();
    const CertificatePtr authority = certificate(config_.ca_file);
    const CertificatePtr server = certificate(config_.certificate_file);
    EXPECT_TRUE(signed_by(server.get(), authority.get()));
    EXPECT_FALSE(signed_by(authority.get(), server.get()));
    EXPECT_TRUE(names_all(server.get(), names_));
    EXPECT_FALSE(names_all(server.get(), {"localhost", "other"}));
    EXPECT_FALSE(names_all(server.get(), {"127.0.0.2"}));
    EXPECT_EQ(X509_check_ca(authority.get()), 1);
    EXPECT_EQ(X509_check_ca(server.get()), 0);
    EXPECT_EQ(X509_check_purpose(server.get(), X509_PURPOSE_SSL_SERVER, 0), 1);
    EXPECT_NE(X509_check_purpose(server.get(), X509_PURPOSE_SSL_CLIENT, 0), 1);
}

TEST_F(CertificateAuthorityTest, dates_allow_for_clocks_that_are_behind) {
    const WallTime now = std::chrono::system_clock::now();
    make(now);
    for (const std::string& file : {config_.ca_file, config_.certificate_file}) {
        const CertificatePtr found = certificate(file);
        std::time_t yesterday = std::chrono::system_clock::to_time_t(now - 23h);
        EXPECT_LT(X509_cmp_time(X509_get0_notBefore(found.get()), &yesterday), 0);
    }
    EXPECT_TRUE(valid_until(certificate(config_.ca_file).get(), now + 3650 * 24h));
    EXPECT_FALSE(valid_until(certificate(config_.ca_file).get(), now + 3660 * 24h));
    EXPECT_TRUE(valid_until(certificate(config_.certificate_file).get(), now + 396 * 24h));
    EXPECT_FALSE(valid_until(certificate(config_.certificate_file).get(), now + 398 * 24h));
}

TEST_F(CertificateAuthorityTest, keeps_what_it_made) {
    make();
    const auto before = all_text();
    make();
    make(std::chrono::system_clock::now() + 300 * 24h);
    EXPECT_EQ(all_text(), before);
    EXPECT_EQ(log_.lines().size(), 2u);
}

TEST_F(CertificateAuthorityTest, renews_the_certificate_alone_before_it_ends) {
    make();
    const auto before = all_text();
    const WallTime later = std::chrono::system_clock::now() + 370 * 24h;
    make(later);
    const auto after = all_text();
    EXPECT_EQ(after[0], before[0]);
    EXPECT_EQ(after[1], before[1]);
    EXPECT_NE(after[2], before[2]);
    EXPECT_EQ(after[3], before[3]) << "the key is the same, so that no reader finds two that do not fit";
    EXPECT_TRUE(valid_until(certificate(config_.certificate_file).get(), later + 390 * 24h));
}

TEST_F(CertificateAuthorityTest, renews_the_certificate_when_the_host_has_a_new_name) {
    make();
    const auto before = all_text();
    names_ = {"table", "localhost", "192.0.2.9"};
    make();
    EXPECT_EQ(all_text()[0], before[0]);
    EXPECT_TRUE(names_all(certificate(config_.certificate_file).get(), names_));
    names_ = {"localhost"}; // fewer are no reason
    const auto now = all_text();
    make();
    EXPECT_EQ(all_text(), now);
}

TEST_F(CertificateAuthorityTest, no_certificate_outlives_its_authority) {
    make();
    const auto before = all_text();
    const WallTime late = std::chrono::system_clock::now() + 3500 * 24h;
    make(late);
    EXPECT_EQ(all_text()[0], before[0]);
    const CertificatePtr authority = certificate(config_.ca_file);
    EXPECT_EQ(ASN1_TIME_compare(X509_get0_notAfter(certificate(config_.certificate_file).get()),
                                X509_get0_notAfter(authority.get())),
              0);
    const WallTime too_late = late + 140 * 24h; // the authority ends soon
    make(too_late);
    EXPECT_NE(all_text()[0], before[0]);
    EXPECT_TRUE(signed_by(certificate(config_.certificate_file).get(), certificate(config_.ca_file).get()));
}

TEST_F(CertificateAuthorityTest, goes_on_where_it_was_interrupted) {
    make();
    for (const std::string& missing : {config_.ca_file, config_.certificate_file}) {
        const std::string key = TemporaryDirectory::read(config_.key_file);
        std::filesystem::remove(missing);
        make();
        EXPECT_EQ(TemporaryDirectory::read(config_.key_file), key);
        EXPECT_TRUE(
            signed_by(certificate(config_.certificate_file).get(), certificate(config_.ca_file).get()));
    }
}

TEST_F(CertificateAuthorityTest, leaves_the_operators_own_files_alone) {
    make();
    std::filesystem::remove(authority_key());
    const auto before = all_text();
    make(std::chrono::system_clock::now() + 1000 * 24h);
    EXPECT_EQ(all_text(), before);
    std::filesystem::remove(config_.key_file);
    EXPECT_THAT(complaint(),
                StartsWith("--tls-auto " + config_.certificate_file + ": is not from this server"));
    std::filesystem::remove(config_.certificate_file);
    EXPECT_THAT(complaint(), StartsWith("--tls-auto " + config_.ca_file + ": is not from this server"));
}

TEST_F(CertificateAuthorityTest, does_not_replace_a_certificate_that_another_authority_signed) {
    make();
    const KeyPtr other_key = make_key();
    const CertificatePtr other =
        make_authority_certificate(other_key.get(), "other", std::chrono::system_clock::now());
    const KeyPtr key = make_key();
    const CertificatePtr theirs = make_server_certificate(key.get(), {"their.name"}, other.get(),
                                                          other_key.get(), std::chrono::system_clock::now());
    write_private_file("test", config_.certificate_file, to_pem(theirs.get()));
    write_private_file("test", config_.key_file, to_pem(key.get()));
    const auto before = all_text();
    make();
    EXPECT_EQ(all_text(), before);
}

TEST_F(CertificateAuthorityTest, refuses_damaged_files_instead_of_losing_them) {
    make();
    for (const std::string& path :
         {config_.ca_file, authority_key(), config_.certificate_file, config_.key_file}) {
        const std::string text = TemporaryDirectory::read(path);
        write_private_file("test", path, "damaged");
        EXPECT_THAT(complaint(), StartsWith("--tls-auto " + path + ": holds no "));
        write_private_file("test", path, text);
    }
    write_private_file("test", authority_key(), to_pem(make_key().get()));
    EXPECT_THAT(complaint(), StartsWith("--tls-auto " + authority_key() + ": is not the key of "));
}

TEST_F(CertificateAuthorityTest, refuses_places_that_are_not_private) {
    make();
    chmod(directory_.file("state/tls").c_str(), 0770);
    EXPECT_THAT(complaint(),
                StartsWith("--tls-auto " + directory_.file("state/tls") + ": others may write to it"));
    directory_.write("file", "");
    config_.ca_file = directory_.file("file/ca-cert.pem");
    EXPECT_THAT(complaint(), StartsWith("--tls-auto " + directory_.file("file")));
    config_.ca_file.clear();
    EXPECT_EQ(complaint(), "--tls-auto: no place for the files is named; give --x509-dir");
}

TEST_F(CertificateAuthorityTest, waits_for_another_server_no_longer_than_it_is_told) {
    make();
    const FileLock other("test", directory_.file("state/tls/.lock"), 0ms);
    EXPECT_THAT(complaint(30ms), HasSubstr("another server is making certificates here"));
}

TEST_F(CertificateAuthorityTest, servers_that_start_at_once_end_up_with_the_same_files) {
    constexpr int kServers = 8;
    std::vector<pid_t> children;
    for (int i = 0; i < kServers; ++i) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            try {
                make();
                _exit(log_.lines().empty() ? 1 : 2); // 2: it was the one that made them
            } catch (const std::exception&) {
                _exit(3);
            }
        }
        children.push_back(child);
    }
    int makers = 0;
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status));
        EXPECT_NE(WEXITSTATUS(status), 3);
        makers += WEXITSTATUS(status) == 2 ? 1 : 0;
    }
    EXPECT_EQ(makers, 1);
    EXPECT_TRUE(signed_by(certificate(config_.certificate_file).get(), certificate(config_.ca_file).get()));
}

TEST(HostNames, has_the_name_first_and_each_once) {
    const std::vector<std::string> names =
        host_names({"127.0.0.1", "desk.example.org", "192.0.2.4", "bad name,DNS:x"});
    EXPECT_THAT(names, Contains("localhost"));
    EXPECT_THAT(names, Contains("::1"));
    EXPECT_THAT(names, Contains("desk.example.org"));
    EXPECT_THAT(names, Contains("192.0.2.4"));
    EXPECT_THAT(names, testing::Not(Contains(HasSubstr(","))));
    EXPECT_EQ(std::ranges::count(names, "127.0.0.1"), 1);
    const std::string own = [] {
        char name[256] = {};
        gethostname(name, sizeof name - 1);
        return std::string(name);
    }();
    EXPECT_EQ(names.front(), own);
    EXPECT_GE(host_names({"0.0.0.0"}).size(), host_names({}).size());
}

TEST(Certificates, long_host_names_fit_a_subject) {
    const KeyPtr key = make_key();
    const std::string name = std::string(63, 'a') + "." + std::string(63, 'b') + ".example";
    const auto now = std::chrono::system_clock::now();
    const CertificatePtr authority = make_authority_certificate(key.get(), name, now);
    const CertificatePtr server = make_server_certificate(key.get(), {name}, authority.get(), key.get(), now);
    EXPECT_TRUE(names_all(server.get(), {name}));
}

} // namespace
} // namespace spice::transport
