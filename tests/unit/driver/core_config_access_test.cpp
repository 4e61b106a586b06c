#include "core_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <list>
#include <string>
#include <utility>

#include <spice/enums.h>

namespace spice::driver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class CoreConfigAccess : public testing::Test {
protected:
    CoreConfigAccess() {
        std::string name = (std::filesystem::temp_directory_path() / "xspice-core-config-XXXXXX").string();
        directory_ = mkdtemp(name.data());
        options_.port = 5900;
        options_.disable_ticketing = true;
    }
    ~CoreConfigAccess() override { std::filesystem::remove_all(directory_); }

    // Its path, which stays valid.
    const char* file(const std::string& name, const std::string& content) {
        const std::filesystem::path path = directory_ / name;
        std::ofstream(path, std::ios::binary) << content;
        std::filesystem::permissions(path, std::filesystem::perms::owner_read);
        return paths_.emplace_back(path.string()).c_str();
    }

    ServerConfig config() const { return core_config(options_); }

    std::string refusal() const {
        try {
            core_config(options_);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "accepted";
    }

    std::filesystem::path directory_;
    std::list<std::string> paths_;
    xspice_core_config options_{};
};

// --- Ports and sockets

TEST_F(CoreConfigAccess, listens_on_the_loopback_address_of_the_family_asked_for) {
    EXPECT_EQ(config().family, AddressFamily::any);
    options_.ipv4_only = true;
    EXPECT_EQ(config().family, AddressFamily::ipv4);
    EXPECT_THAT(config().addresses, ElementsAre("127.0.0.1"));
    options_.ipv6_only = true;
    EXPECT_THAT(refusal(), StartsWith("--ipv4-only: contradicts --ipv6-only; "));
    options_.ipv4_only = false;
    EXPECT_EQ(config().family, AddressFamily::ipv6);
    EXPECT_THAT(config().addresses, ElementsAre("::1"));
    options_.addresses = "::";
    EXPECT_THAT(config().addresses, ElementsAre("::"));
}

TEST_F(CoreConfigAccess, opens_no_plain_port_when_it_is_switched_off) {
    EXPECT_TRUE(config().plain_port);
    options_.port = 0;
    EXPECT_THAT(refusal(), StartsWith("--port 0: leaves no way in; "));
    options_.addresses = "127.0.0.1";
    EXPECT_THAT(refusal(), StartsWith("--addr 127.0.0.1: no port to listen on; "));
    options_.tls_port = 5901;
    options_.x509_dir = "/etc/xspice";
    EXPECT_FALSE(config().plain_port);
    EXPECT_THAT(config().addresses, ElementsAre("127.0.0.1"));
}

TEST_F(CoreConfigAccess, needs_no_port_when_it_has_a_unix_socket) {
    options_.unix_path = "/run/user/1000/a,b";
    EXPECT_TRUE(config().plain_port);
    EXPECT_THAT(config().unix_paths, ElementsAre("/run/user/1000/a,b"));
    options_.port = 0;
    EXPECT_THAT(config().addresses, IsEmpty());
}

TEST_F(CoreConfigAccess, refuses_one_port_for_plain_and_tls) {
    options_.tls_port = 5900;
    EXPECT_THAT(refusal(), StartsWith("--tls-port 5900: is --port, too; "));
}

TEST_F(CoreConfigAccess, takes_descriptors_of_listening_sockets) {
    options_.listen_fds = "5, 12";
    options_.port = 0;
    EXPECT_THAT(config().listening_sockets, ElementsAre(5, 12));
    EXPECT_THAT(config().addresses, IsEmpty());
    for (const char* bad : {"0", "2", "-1", "x", "99999999999", "3x", "", "5,,6"}) {
        options_.listen_fds = bad;
        EXPECT_THAT(refusal(), StartsWith("SpiceListenFds")) << bad;
    }
}

TEST_F(CoreConfigAccess, speaks_tls_on_sockets_that_were_passed_to_it) {
    options_.listen_fds = "5";
    options_.port = 0;
    options_.x509_dir = "/directory";
    EXPECT_EQ(config().tls->port, 0);
    options_.x509_dir = nullptr;
    EXPECT_FALSE(config().tls);
}

TEST_F(CoreConfigAccess, splits_web_origins) {
    options_.web_origins = "https://a.example, https://b.example:8443";
    EXPECT_THAT(config().web_origins, ElementsAre("https://a.example", "https://b.example:8443"));
}

// --- TLS

TEST_F(CoreConfigAccess, takes_the_names_of_files_that_are_usual_in_a_directory) {
    const std::string directory = directory_.string();
    options_.tls_port = 5901;
    options_.x509_dir = directory.c_str();
    file("ca-cert.pem", "");
    const TlsConfig tls = config().tls.value();
    EXPECT_EQ(tls.port, 5901);
    EXPECT_EQ(tls.certificate_file, directory + "/server-cert.pem");
    EXPECT_EQ(tls.key_file, directory + "/server-key.pem");
    EXPECT_EQ(tls.ca_file, directory + "/ca-cert.pem");
    EXPECT_FALSE(tls.automatic || tls.key_password);
    EXPECT_EQ(tls.dh_file + tls.ciphers, "");
}

TEST_F(CoreConfigAccess, lets_single_files_override_the_directory) {
    options_.tls_port = 5901;
    options_.x509_dir = "/directory";
    options_.cacert_file = "/ca";
    options_.x509_key_file = "/key";
    options_.x509_cert_file = "/certificate";
    options_.x509_key_password_file = file("password", "of the key\n");
    options_.dh_file = "/dh";
    options_.tls_ciphers = "ECDHE+AESGCM";
    const TlsConfig tls = config().tls.value();
    EXPECT_EQ(tls.certificate_file, "/certificate");
    EXPECT_EQ(tls.key_file, "/key");
    EXPECT_EQ(tls.ca_file, "/ca");
    EXPECT_EQ(tls.key_password, "of the key");
    EXPECT_EQ(tls.dh_file, "/dh");
    EXPECT_EQ(tls.ciphers, "ECDHE+AESGCM");
}

TEST_F(CoreConfigAccess, needs_no_authority_of_a_certificate_that_others_know) {
    options_.tls_port = 5901;
    options_.x509_key_file = "/key";
    EXPECT_THAT(refusal(), StartsWith("--x509-cert-file: missing; "));
    options_.x509_cert_file = "/certificate";
    EXPECT_EQ(config().tls->ca_file, "");
    options_.x509_key_file = nullptr;
    EXPECT_THAT(refusal(), StartsWith("--x509-key-file: missing; "));
    options_.x509_dir = "/nonexistent";
    EXPECT_EQ(config().tls->key_file, "/nonexistent/server-key.pem");
    EXPECT_EQ(config().tls->ca_file, "");
}

TEST_F(CoreConfigAccess, refuses_tls_options_that_would_have_no_effect) {
    const std::pair<const char * xspice_core_config::*, std::string> all[] = {
        {&xspice_core_config::x509_dir, "--x509-dir value: "},
        {&xspice_core_config::cacert_file, "--cacert-file value: "},
        {&xspice_core_config::x509_key_file, "--x509-key-file value: "},
        {&xspice_core_config::x509_key_password_file, "--x509-key-password-file value: "},
        {&xspice_core_config::x509_cert_file, "--x509-cert-file value: "},
        {&xspice_core_config::dh_file, "--dh-file value: "},
        {&xspice_core_config::tls_ciphers, "--tls-ciphers value: "},
        {&xspice_core_config::secure_channels, "--secure-channels value: would let nobody in"},
    };
    const xspice_core_config before = options_;
    for (const auto& [option, line] : all) {
        options_ = before;
        options_.*option = "value";
        EXPECT_THAT(refusal(), StartsWith(line));
        EXPECT_THAT(refusal(), HasSubstr("--tls-port"));
    }
    options_ = before;
    options_.tls_auto = true;
    EXPECT_THAT(refusal(), StartsWith("--tls-auto: has no effect without --tls-port"));
}

TEST_F(CoreConfigAccess, makes_files_in_the_directory_only) {
    options_.tls_port = 5901;
    options_.tls_auto = true;
    EXPECT_THAT(refusal(), StartsWith("--tls-auto: does not know where"));
    options_.x509_dir = "/state";
    EXPECT_TRUE(config().tls->automatic);
    EXPECT_EQ(config().tls->ca_file, "/state/ca-cert.pem"); // to be made
    options_.x509_cert_file = "/certificate";
    EXPECT_THAT(refusal(), StartsWith("--tls-auto: contradicts --x509-cert-file; "));
}

TEST_F(CoreConfigAccess, knows_channels_by_the_names_of_the_protocol) {
    options_.tls_port = 5901;
    options_.x509_dir = "/directory";
    EXPECT_FALSE(config().all_channels_secure);
    EXPECT_THAT(config().secure_channels, IsEmpty());
    options_.secure_channels = "main,display, inputs,cursor,playback,record";
    EXPECT_FALSE(config().all_channels_secure);
    EXPECT_THAT(config().secure_channels,
                ElementsAre(SPICE_CHANNEL_MAIN, SPICE_CHANNEL_DISPLAY, SPICE_CHANNEL_INPUTS,
                            SPICE_CHANNEL_CURSOR, SPICE_CHANNEL_PLAYBACK, SPICE_CHANNEL_RECORD));
    options_.secure_channels = "all";
    EXPECT_TRUE(config().all_channels_secure);
    options_.secure_channels = "main,video";
    EXPECT_THAT(refusal(),
                StartsWith("--secure-channels video: no such channel; give \"all\" or some of main, "));
}

// --- Who may come in

TEST_F(CoreConfigAccess, tells_the_ticket_of_those_who_only_watch) {
    options_.disable_ticketing = false;
    options_.password_file = file("full", "full\n");
    options_.view_only_password_file = file("watch", "watch\n");
    const std::vector<Ticket> tickets = config().tickets;
    ASSERT_EQ(tickets.size(), 2);
    EXPECT_EQ(tickets[0].password + "," + tickets[1].password, "full,watch");
    EXPECT_FALSE(tickets[0].view_only);
    EXPECT_TRUE(tickets[1].view_only);
    options_.view_only_password_file = options_.password_file;
    EXPECT_THAT(refusal(), HasSubstr("has the password of --password-file; choose another one"));
    EXPECT_THAT(refusal(), testing::Not(HasSubstr(": full")));
}

TEST_F(CoreConfigAccess, refuses_tickets_where_nobody_is_asked_for_one) {
    options_.view_only_password_file = "/watch";
    EXPECT_THAT(refusal(), StartsWith("--view-only-password-file /watch: contradicts --disable-ticketing; "));
    options_.disable_ticketing = false;
    options_.sasl = true;
    EXPECT_THAT(refusal(), StartsWith("--view-only-password-file /watch: contradicts --sasl; "));
    options_.password_file = "/full";
    EXPECT_THAT(refusal(), StartsWith("--password-file /full: contradicts --sasl; "));
}

TEST_F(CoreConfigAccess, hands_on_what_sasl_needs) {
    EXPECT_FALSE(config().sasl);
    options_.sasl = true;
    EXPECT_THAT(refusal(), StartsWith("--sasl: contradicts --disable-ticketing; "));
    options_.disable_ticketing = false;
    EXPECT_THAT(config().sasl->users, IsEmpty());
    EXPECT_EQ(config().sasl->config_directory + config().sasl->host_name, "");
    options_.sasl_config_dir = "/etc/sasl2";
    options_.sasl_hostname = "host.example";
    options_.sasl_users = "alice,bob@EXAMPLE";
    EXPECT_EQ(config().sasl->config_directory, "/etc/sasl2");
    EXPECT_EQ(config().sasl->host_name, "host.example");
    EXPECT_THAT(config().sasl->users, ElementsAre("alice", "bob@EXAMPLE"));
}

TEST_F(CoreConfigAccess, refuses_sasl_options_that_would_have_no_effect) {
    const std::pair<const char * xspice_core_config::*, std::string> all[] = {
        {&xspice_core_config::sasl_config_dir, "--sasl-config-dir value: has no effect without --sasl"},
        {&xspice_core_config::sasl_hostname, "--sasl-hostname value: has no effect without --sasl"},
        {&xspice_core_config::sasl_users, "--sasl-user value: has no effect without --sasl"},
    };
    const xspice_core_config before = options_;
    for (const auto& [option, line] : all) {
        options_ = before;
        options_.*option = "value";
        EXPECT_THAT(refusal(), StartsWith(line));
    }
}

} // namespace
} // namespace spice::driver
