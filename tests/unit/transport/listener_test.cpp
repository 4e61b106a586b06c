// Listener at its other doors: Unix sockets, sockets that were handed over, the port for TLS.
#include "transport/listener.hpp"

#include "support/recording_log.hpp"
#include "support/run_until.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace spice::transport {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;
using asio::local::stream_protocol;
using test::run_until;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class ListenerTest : public testing::Test {
protected:
    ListenerTest() {
        char name[] = "/tmp/xspice-listener-XXXXXX";
        directory_ = ::mkdtemp(name);
        config_.addresses.clear();
    }
    ~ListenerTest() override { fs::remove_all(directory_); }

    std::string path(const std::string& name = "spice") const { return directory_ / name; }
    std::unique_ptr<Listener> listen() {
        return std::make_unique<Listener>(context_.get_executor(), config_, log_);
    }
    std::unique_ptr<Listener> listen_at(const std::string& where) {
        config_.unix_paths = {where};
        return listen();
    }
    std::string error() {
        try {
            listen();
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "no error";
    }
    std::string error_at(const std::string& where) {
        config_.unix_paths = {where};
        return error();
    }
    void accept(Listener& listener) {
        listener.start([this](std::unique_ptr<Stream> stream, Door door) {
            accepted_.push_back(std::move(stream));
            doors_.push_back(door);
        });
    }
    bool accepts(size_t count) {
        return run_until(context_, [&] { return accepted_.size() == count; });
    }
    stream_protocol::socket connect(const std::string& where) {
        stream_protocol::socket socket(context_);
        socket.connect(stream_protocol::endpoint(where));
        return socket;
    }
    // As if a server had died: its name is there, and nobody listens.
    void leave_stale(const std::string& where) {
        stream_protocol::acceptor acceptor(context_, stream_protocol::endpoint(where));
    }

    asio::io_context context_;
    test::RecordingLog log_;
    ServerConfig config_;
    fs::path directory_;
    std::vector<std::unique_ptr<Stream>> accepted_;
    std::vector<Door> doors_;
};

TEST_F(ListenerTest, unix_socket_lets_its_own_user_in_and_says_who_it_is) {
    auto listener = listen_at(path());
    EXPECT_THAT(listener->endpoints(), ElementsAre("unix:" + path()));
    EXPECT_EQ(listener->port(), 0);
    accept(*listener);
    const auto client = connect(path());
    ASSERT_TRUE(accepts(1));
    EXPECT_EQ(doors_[0], Door::plain);
    EXPECT_EQ(accepted_[0]->peer(), "unix:" + std::to_string(::geteuid()));
    const auto who = accepted_[0]->credentials();
    ASSERT_TRUE(who);
    EXPECT_EQ(who->user, ::geteuid());
    EXPECT_EQ(who->group, ::getegid());
    EXPECT_EQ(who->process, ::getpid());
    EXPECT_FALSE(accepted_[0]->link_facts());
    EXPECT_FALSE(accepted_[0]->encrypted());
}

TEST_F(ListenerTest, unix_socket_is_its_owners_alone_whatever_the_umask) {
    for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}}) {
        const mode_t before = ::umask(mask);
        auto listener = listen_at(path());
        ::umask(before);
        struct stat status {};
        ASSERT_EQ(::lstat(path().c_str(), &status), 0);
        EXPECT_TRUE(S_ISSOCK(status.st_mode));
        EXPECT_EQ(status.st_mode & 07777, 0600u) << mask;
    }
}

TEST_F(ListenerTest, unix_socket_goes_when_the_listener_stops) {
    auto listener = listen_at(path());
    listener->stop();
    EXPECT_FALSE(fs::exists(path()));
    listener->stop();
    auto second = listen_at(path());
    EXPECT_TRUE(fs::exists(path()));
    second.reset();
    EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(ListenerTest, what_took_the_place_of_its_socket_stays) {
    auto first = listen_at(path());
    fs::remove(path());
    std::ofstream(path()) << "precious";
    first.reset();
    EXPECT_TRUE(fs::is_regular_file(path()));
    fs::remove(path());
    first = listen_at(path());
    fs::remove(path());
    auto second = listen_at(path());
    first.reset();
    EXPECT_TRUE(fs::exists(path()));
}

TEST_F(ListenerTest, socket_of_a_dead_server_is_replaced) {
    leave_stale(path());
    ASSERT_TRUE(fs::exists(path()));
    auto listener = listen_at(path());
    accept(*listener);
    const auto client = connect(path());
    EXPECT_TRUE(accepts(1));
    listener.reset();
    EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(ListenerTest, socket_of_a_living_server_is_not) {
    auto living = listen_at(path());
    EXPECT_EQ(error_at(path()),
              "--unix " + path() + ": a server listens there; choose another path or stop that server");
    accept(*living);
    const auto client = connect(path());
    EXPECT_TRUE(run_until(context_, [&] { return accepted_.size() >= 2; })); // the probe was one
}

TEST_F(ListenerTest, other_files_at_the_path_stay_and_are_an_error) {
    std::ofstream(path()) << "precious";
    EXPECT_THAT(error_at(path()), HasSubstr("exists and is not a socket; choose another path or remove it"));
    EXPECT_EQ(fs::file_size(path()), 8u);
    fs::create_symlink(path("nowhere"), path("link"));
    EXPECT_THAT(error_at(path("link")), HasSubstr("exists and is not a socket"));
}

TEST_F(ListenerTest, unusable_paths_are_errors_that_name_the_option_and_a_remedy) {
    EXPECT_EQ(error_at("spice"), "--unix spice: not an absolute path; give one that begins with /");
    EXPECT_THAT(error_at(""), StartsWith("--unix : not an absolute path"));
    EXPECT_THAT(error_at(std::string("/tmp/a\0b", 8)), StartsWith("--unix /tmp/a\\x00b: not an absolute"));
    EXPECT_THAT(error_at("/tmp/" + std::string(103, 'x')),
                HasSubstr("longer than the 107 bytes that a socket's name may have; choose a shorter path"));
    EXPECT_THAT(error_at(path("missing/spice")), HasSubstr("no such directory; make it or choose another"));
}

TEST_F(ListenerTest, unix_path_of_the_greatest_length_works) {
    const std::string longest = path(std::string(107 - path("").size(), 'x'));
    ASSERT_EQ(longest.size(), 107u);
    auto listener = listen_at(longest);
    accept(*listener);
    const auto client = connect(longest);
    EXPECT_TRUE(accepts(1));
    EXPECT_THAT(listener->endpoints(), ElementsAre("unix:" + longest));
}

// Connects as another user, in a process of its own; its end of the connection shows whether it got in.
int try_as(uid_t user, const std::string& where) {
    const pid_t child = ::fork();
    if (child == 0) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        where.copy(address.sun_path, sizeof address.sun_path - 1);
        const int handle = ::socket(AF_UNIX, SOCK_STREAM, 0);
        char byte = 0;
        if (::setresuid(user, user, user) != 0 ||
            ::connect(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::_exit(2);
        }
        ::_exit(::read(handle, &byte, 1) == 0 ? 0 : 1); // closed, not served
    }
    return child;
}

TEST_F(ListenerTest, strangers_at_a_socket_are_turned_away_with_one_line) {
    if (::geteuid() != 0) {
        // Nobody here can be somebody else: the kernel's answer for ourselves is tested above.
        EXPECT_NE(::setresuid(65534, 65534, 65534), 0);
        return;
    }
    auto listener = listen_at(path());
    fs::permissions(directory_, fs::perms(0755));
    fs::permissions(path(), fs::perms(0666)); // as an inherited one may be
    accept(*listener);
    const pid_t child = try_as(65534, path());
    EXPECT_TRUE(run_until(context_, [&] { return !log_.lines().empty(); }));
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(accepted_.empty());
    ASSERT_EQ(log_.lines().size(), 1u);
    EXPECT_EQ(log_.lines()[0].text, "link unix:65534: refused: neither this server's user nor root");
}

TEST_F(ListenerTest, takes_sockets_that_somebody_else_made) {
    const int local = ::socket(AF_UNIX, SOCK_STREAM, 0); // neither close-on-exec nor non-blocking
    const stream_protocol::endpoint name(path());
    ASSERT_EQ(::bind(local, name.data(), static_cast<socklen_t>(name.size())), 0);
    ASSERT_EQ(::listen(local, 5), 0);
    tcp::acceptor inet(context_, {asio::ip::address_v4::loopback(), 0});
    const uint16_t port = inet.local_endpoint().port();
    config_.listening_sockets = {local, inet.release()};
    auto listener = listen();
    EXPECT_THAT(listener->endpoints(), ElementsAre("unix:" + path(), "127.0.0.1:" + std::to_string(port)));
    EXPECT_NE(::fcntl(local, F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(::fcntl(local, F_GETFL) & O_NONBLOCK, 0);
    accept(*listener);
    const auto first = connect(path());
    tcp::socket second(context_);
    second.connect({asio::ip::address_v4::loopback(), port});
    ASSERT_TRUE(accepts(2));
    listener.reset();
    EXPECT_TRUE(fs::exists(path())) << "whoever made it removes it";
    EXPECT_EQ(::fcntl(local, F_GETFD), -1) << "but it is closed";
}

TEST_F(ListenerTest, other_descriptors_are_errors_and_closed) {
    const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int silent = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int datagrams = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (const int wrong : {file, silent, datagrams, 987}) {
        config_.listening_sockets = {wrong};
        EXPECT_EQ(error(), "LISTEN_FDS: descriptor " + std::to_string(wrong) +
                               " is not a listening TCP or Unix stream socket; give ListenStream= in the "
                               "socket unit");
        EXPECT_EQ(::fcntl(wrong, F_GETFD), -1);
    }
}

TEST_F(ListenerTest, port_for_tls_is_another_door) {
    tcp::acceptor probe(context_, {asio::ip::address_v4::loopback(), 0});
    const uint16_t tls_port = probe.local_endpoint().port();
    config_.addresses = {"127.0.0.1"};
    config_.port = 0;
    config_.tls.emplace().port = tls_port;
    EXPECT_THAT(error(), StartsWith("--tls-port " + std::to_string(tls_port) + ": address already in use"));
    probe.close();
    auto listener = listen();
    accept(*listener);
    tcp::socket client(context_);
    client.connect({asio::ip::address_v4::loopback(), tls_port});
    ASSERT_TRUE(accepts(1));
    tcp::socket other(context_);
    other.connect({asio::ip::address_v4::loopback(), listener->port()});
    ASSERT_TRUE(accepts(2));
    EXPECT_THAT(doors_, ElementsAre(Door::tls, Door::plain));
}

TEST_F(ListenerTest, port_for_tls_needs_no_plain_one) {
    tcp::acceptor probe(context_, {asio::ip::address_v4::loopback(), 0});
    const uint16_t tls_port = probe.local_endpoint().port();
    probe.close();
    config_.addresses = {"127.0.0.1"};
    config_.tls.emplace().port = tls_port;
    config_.plain_port = false;
    const Listener listener(context_.get_executor(), config_, log_);
    EXPECT_EQ(listener.port(), 0);
    EXPECT_THAT(listener.endpoints(), ElementsAre("127.0.0.1:" + std::to_string(tls_port)));
}

TEST_F(ListenerTest, ports_with_and_without_tls_must_differ) {
    tcp::acceptor probe(context_, {asio::ip::address_v4::loopback(), 0});
    const uint16_t port = probe.local_endpoint().port();
    probe.close();
    config_.addresses = {"127.0.0.1"};
    config_.port = port;
    config_.tls.emplace().port = port;
    EXPECT_THAT(error(), StartsWith("--tls-port " + std::to_string(port) + ": the same as --port"));
}

TEST_F(ListenerTest, no_way_in_at_all_is_an_error) {
    EXPECT_THAT(error(), StartsWith("--addr: no address to listen on"));
}

} // namespace
} // namespace spice::transport
