// Listener and TcpStream over real sockets on loopback.
#include "transport/listener.hpp"
#include "transport/tcp_stream.hpp"

#include "spice-core/config.hpp"
#include "support/recording_log.hpp"
#include "support/run_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <set>
#include <string>
#include <vector>

namespace spice::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using test::run_until;
using testing::HasSubstr;
using testing::StartsWith;

std::set<int> open_descriptors() {
    std::set<int> open;
    for (int fd = 0; fd < 1024; ++fd) {
        if (fcntl(fd, F_GETFD) >= 0) {
            open.insert(fd);
        }
    }
    return open;
}

class TcpTest : public testing::Test {
protected:
    std::unique_ptr<Listener> listen(std::vector<std::string> addresses, uint16_t port = 0) {
        ServerConfig config;
        config.addresses = std::move(addresses);
        config.port = port;
        config.family = family_;
        return std::make_unique<Listener>(context_.get_executor(), config, log_);
    }
    void accept(Listener& listener) {
        listener.start(
            [this](std::unique_ptr<Stream> stream, Door) { accepted_.push_back(std::move(stream)); });
    }
    tcp::socket connect(const std::string& address, uint16_t port) {
        tcp::socket socket(context_);
        socket.connect({asio::ip::make_address(address), port});
        return socket;
    }
    std::string error_of(std::vector<std::string> addresses, uint16_t port) {
        try {
            listen(std::move(addresses), port);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "no error";
    }
    // The server's end and the client's end of one connection.
    std::pair<std::unique_ptr<Stream>, tcp::socket> connection() {
        auto listener = listen({"127.0.0.1"});
        accept(*listener);
        tcp::socket client = connect("127.0.0.1", listener->port());
        EXPECT_TRUE(run_until(context_, [&] { return !accepted_.empty(); }));
        std::unique_ptr<Stream> stream = std::move(accepted_.back());
        accepted_.clear();
        return {std::move(stream), std::move(client)};
    }

    asio::io_context context_;
    test::RecordingLog log_;
    AddressFamily family_ = AddressFamily::any;
    std::vector<std::unique_ptr<Stream>> accepted_;
};

TEST_F(TcpTest, listener_accepts_on_all_its_addresses_and_one_port) {
    auto listener = listen({"127.0.0.1", "127.0.0.2", "::1"});
    ASSERT_NE(listener->port(), 0);
    const std::string port = std::to_string(listener->port());
    EXPECT_THAT(listener->endpoints(),
                testing::ElementsAre("127.0.0.1:" + port, "127.0.0.2:" + port, "[::1]:" + port));
    accept(*listener);
    std::vector<tcp::socket> clients;
    for (const char* address : {"127.0.0.1", "127.0.0.2", "::1"}) {
        clients.push_back(connect(address, listener->port()));
    }
    EXPECT_TRUE(run_until(context_, [&] { return accepted_.size() == 3; }));
    std::set<std::string> peers;
    for (const auto& stream : accepted_) {
        peers.insert(stream->peer());
    }
    std::set<std::string> expected;
    for (const auto& client : clients) {
        const tcp::endpoint local = client.local_endpoint();
        const std::string address = local.address().to_string();
        expected.insert((local.address().is_v6() ? "[" + address + "]" : address) + ":" +
                        std::to_string(local.port()));
    }
    EXPECT_EQ(peers, expected);
}

TEST_F(TcpTest, listener_looks_names_up) {
    auto listener = listen({"localhost"});
    accept(*listener);
    const tcp::socket client = connect("127.0.0.1", listener->port());
    EXPECT_TRUE(run_until(context_, [&] { return accepted_.size() == 1; }));
}

TEST_F(TcpTest, listener_on_all_ipv6_addresses_takes_ipv4_too) {
    auto listener = listen({"::"});
    accept(*listener);
    const tcp::socket client = connect("127.0.0.1", listener->port());
    EXPECT_TRUE(run_until(context_, [&] { return accepted_.size() == 1; }));
}

TEST_F(TcpTest, listener_can_have_all_addresses_of_both_families) {
    auto listener = listen({"0.0.0.0", "::"});
    EXPECT_EQ(listener->endpoints().size(), 2u);
}

TEST_F(TcpTest, tells_ipv4_peers_of_a_socket_of_both_families_as_what_they_are) {
    auto listener = listen({"::"});
    accept(*listener);
    const tcp::socket client = connect("127.0.0.1", listener->port());
    ASSERT_TRUE(run_until(context_, [&] { return accepted_.size() == 1; }));
    EXPECT_EQ(accepted_[0]->peer(), "127.0.0.1:" + std::to_string(client.local_endpoint().port()));
}

TEST_F(TcpTest, ipv6_only_takes_no_ipv4_even_on_all_addresses) {
    family_ = AddressFamily::ipv6;
    auto listener = listen({"::"});
    accept(*listener);
    EXPECT_THROW(connect("127.0.0.1", listener->port()), boost::system::system_error);
    const tcp::socket client = connect("::1", listener->port());
    EXPECT_TRUE(run_until(context_, [&] { return accepted_.size() == 1; }));
}

TEST_F(TcpTest, names_are_looked_up_in_the_family_asked_for) {
    family_ = AddressFamily::ipv4;
    auto listener = listen({"localhost"});
    EXPECT_THAT(listener->endpoints(), testing::ElementsAre("127.0.0.1:" + std::to_string(listener->port())));
    family_ = AddressFamily::ipv6;
    // Not every host calls ::1 so.
    EXPECT_THAT(error_of({"localhost"}, 0),
                testing::AnyOf("no error", StartsWith("--addr localhost: no IPv6 address, and --ipv6-only")));
    if (error_of({"localhost"}, 0) == "no error") {
        EXPECT_THAT(listen({"localhost"})->endpoints(), testing::Each(StartsWith("[::1]:")));
    }
}

TEST_F(TcpTest, addresses_of_another_family_are_errors_that_name_the_options) {
    family_ = AddressFamily::ipv4;
    EXPECT_EQ(error_of({"::1"}, 0), "--addr ::1: no IPv4 address, and --ipv4-only is set; give one such as "
                                    "127.0.0.1, or leave that option out");
    family_ = AddressFamily::ipv6;
    EXPECT_EQ(error_of({"127.0.0.1"}, 0), "--addr 127.0.0.1: no IPv6 address, and --ipv6-only is set; give "
                                          "one such as ::1, or leave that option out");
}

TEST_F(TcpTest, taken_port_is_an_error_that_names_the_option_and_the_remedy) {
    auto first = listen({"127.0.0.1"});
    const std::string port = std::to_string(first->port());
    const std::string error = error_of({"127.0.0.1"}, first->port());
    EXPECT_THAT(error, StartsWith("--port " + port + ": address already in use"));
    EXPECT_THAT(error, HasSubstr("choose another port"));
}

TEST_F(TcpTest, port_of_a_listener_that_stopped_is_free_at_once) {
    auto first = listen({"127.0.0.1"});
    const uint16_t port = first->port();
    accept(*first);
    tcp::socket client = connect("127.0.0.1", port);
    ASSERT_TRUE(run_until(context_, [&] { return accepted_.size() == 1; }));
    accepted_.clear(); // the server closes first: its side waits in TIME_WAIT
    first->stop();
    auto second = listen({"127.0.0.1"}, port);
    EXPECT_EQ(second->port(), port);
}

TEST_F(TcpTest, wrong_addresses_are_errors_that_name_the_option) {
    EXPECT_THAT(error_of({"192.0.2.1"}, 0), StartsWith("--addr 192.0.2.1: not an address of this host"));
    EXPECT_THAT(error_of({"no such\nhost"}, 0), StartsWith("--addr no such\\x0ahost: unknown host name"));
    EXPECT_THAT(error_of({""}, 0), StartsWith("--addr"));
    EXPECT_THAT(error_of({}, 0), StartsWith("--addr: no address"));
}

TEST_F(TcpTest, stopped_listener_accepts_nothing_more) {
    auto listener = listen({"127.0.0.1"});
    accept(*listener);
    test::run_ready(context_);
    const uint16_t port = listener->port();
    const tcp::socket waiting = connect("127.0.0.1", port);
    listener->stop();
    listener->stop();
    listener.reset();
    test::run_ready(context_);
    EXPECT_TRUE(accepted_.empty());
    EXPECT_THROW(connect("127.0.0.1", port), boost::system::system_error);
}

TEST_F(TcpTest, listener_may_stop_inside_its_handler) {
    auto listener = listen({"127.0.0.1"});
    size_t count = 0;
    listener->start([&](std::unique_ptr<Stream>, Door) {
        ++count;
        listener.reset();
    });
    const uint16_t port = listener->port();
    const tcp::socket one = connect("127.0.0.1", port);
    const tcp::socket two = connect("127.0.0.1", port);
    EXPECT_TRUE(run_until(context_, [&] { return count > 0; }));
    test::run_ready(context_);
    EXPECT_EQ(count, 1u);
}

TEST_F(TcpTest, listener_survives_a_handler_that_throws) {
    auto listener = listen({"127.0.0.1"});
    size_t count = 0;
    listener->start([&](std::unique_ptr<Stream>, Door) {
        ++count;
        throw std::runtime_error("no room");
    });
    const tcp::socket one = connect("127.0.0.1", listener->port());
    const tcp::socket two = connect("127.0.0.1", listener->port());
    EXPECT_TRUE(run_until(context_, [&] { return count == 2; }));
    EXPECT_EQ(log_.count("no room"), 2u);
}

TEST_F(TcpTest, listener_waits_when_descriptors_run_out_and_goes_on_later) {
    auto listener = listen({"127.0.0.1"});
    accept(*listener);
    test::run_ready(context_);
    tcp::socket client = connect("127.0.0.1", listener->port());
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit full{static_cast<rlim_t>(*open_descriptors().rbegin() + 1), before.rlim_max};
    std::vector<int> holes; // descriptors below the limit that are still free
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &full), 0);
    for (int fd = dup(0); fd >= 0; fd = dup(0)) {
        holes.push_back(fd);
    }
    EXPECT_TRUE(run_until(context_, [&] { return !log_.lines().empty(); }));
    EXPECT_TRUE(accepted_.empty());
    EXPECT_FALSE(run_until(
        context_, [&] { return !accepted_.empty() || log_.lines().size() > 1; },
        std::chrono::milliseconds(500)));
    for (int fd : holes) {
        close(fd);
    }
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(run_until(context_, [&] { return accepted_.size() == 1; }));
    EXPECT_EQ(log_.count("cannot accept connections"), 1u);
}

TEST_F(TcpTest, every_descriptor_is_closed_on_exec) {
    const std::set<int> before = open_descriptors();
    auto listener = listen({"127.0.0.1", "::1"});
    accept(*listener);
    const uint16_t port = listener->port();
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_TRUE(run_until(context_, [&] { return accepted_.size() == 1; }));
    const std::set<int> after = open_descriptors();
    EXPECT_GE(after.size(), before.size() + 4);
    for (int fd : after) {
        if (!before.contains(fd)) {
            EXPECT_TRUE((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0) << fd;
        }
    }
    close(client);
}

TEST_F(TcpTest, stream_knows_what_is_on_its_way) {
    auto [stream, client] = connection();
    const std::optional<LinkFacts> before = stream->link_facts();
    ASSERT_TRUE(before);
    EXPECT_EQ(before->outstanding, 0u);
    EXPECT_EQ(before->unsent, 0u);
    EXPECT_GT(before->segment, 500u);
    EXPECT_GT(before->round_trip.count(), 0); // of the connection's beginning
    // More than the client's kernel takes while nobody reads.
    const std::vector<uint8_t> bytes(32 << 20);
    bool written = false;
    asio::co_spawn(
        context_,
        [&]() -> asio::awaitable<void> {
            const asio::const_buffer buffers[] = {asio::buffer(bytes)};
            co_await stream->write(buffers);
            written = true;
        },
        asio::detached);
    EXPECT_FALSE(run_until(
        context_, [&] { return written; }, std::chrono::milliseconds(200)));
    const std::optional<LinkFacts> full = stream->link_facts();
    ASSERT_TRUE(full);
    EXPECT_GT(full->outstanding, 0u);
    EXPECT_GE(full->outstanding, full->unsent);
    EXPECT_GT(full->unsent, 0u);
    EXPECT_LT(full->outstanding + full->delivered, bytes.size());
    EXPECT_GT(full->delivered, before->delivered);
    std::vector<uint8_t> taken(1 << 20);
    size_t received = 0;
    client.non_blocking(true);
    EXPECT_TRUE(run_until(context_, [&] {
        error_code error;
        received += client.read_some(asio::buffer(taken), error);
        return written && received == bytes.size() && stream->link_facts()->outstanding == 0;
    }));
    const std::optional<LinkFacts> after = stream->link_facts();
    ASSERT_TRUE(after);
    EXPECT_EQ(after->unsent, 0u);
    // The kernel counts the SYN too.
    EXPECT_NEAR(static_cast<double>(after->delivered), static_cast<double>(bytes.size()), 1);
    EXPECT_GT(after->min_round_trip.count(), 0);
    EXPECT_LE(after->min_round_trip, after->round_trip);
    EXPECT_GT(after->delivery_rate, 0u);
    stream->close();
    EXPECT_FALSE(stream->link_facts());
}

TEST_F(TcpTest, stream_is_set_up_for_a_display) {
    tcp::socket client(context_);
    auto listener = listen({"127.0.0.1"});
    tcp::socket server(context_);
    tcp::acceptor acceptor(context_, {asio::ip::address_v4::loopback(), 0});
    client.connect(acceptor.local_endpoint());
    acceptor.accept(server);
    const int handle = server.native_handle();
    const TcpStream stream(std::move(server));
    const auto option = [&](int level, int name) {
        int value = -1;
        socklen_t size = sizeof value;
        EXPECT_EQ(getsockopt(handle, level, name, &value, &size), 0);
        return value;
    };
    EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 60);
    EXPECT_EQ(option(IPPROTO_TCP, TCP_NOTSENT_LOWAT), 128 * 1024);
}

asio::awaitable<void> echo(Stream& stream, error_code& end) {
    std::vector<uint8_t> buffer(1000);
    try {
        while (true) {
            const size_t count = co_await stream.read_some(asio::buffer(buffer));
            const asio::const_buffer parts[] = {asio::buffer(buffer.data(), count / 2),
                                                asio::buffer(buffer.data() + count / 2, count - count / 2)};
            co_await stream.write(parts);
        }
    } catch (const boost::system::system_error& error) {
        end = error.code();
    }
}

TEST_F(TcpTest, stream_reads_and_writes) {
    auto [stream, client] = connection();
    error_code end;
    asio::co_spawn(context_, echo(*stream, end), asio::detached);
    std::string received(5000, '\0');
    std::string sent;
    for (size_t i = 0; i < received.size(); ++i) {
        sent += static_cast<char>(i * 7);
    }
    asio::write(client, asio::buffer(sent));
    bool done = false;
    asio::async_read(client, asio::buffer(received), [&](const error_code& error, size_t) { done = !error; });
    EXPECT_TRUE(run_until(context_, [&] { return done; }));
    EXPECT_EQ(received, sent);
    client.close();
    EXPECT_TRUE(run_until(context_, [&] { return bool{end}; }));
    EXPECT_EQ(end, asio::error::eof);
}

TEST_F(TcpTest, close_ends_a_read_under_way_and_names_stay) {
    auto [stream, client] = connection();
    error_code end;
    asio::co_spawn(context_, echo(*stream, end), asio::detached);
    test::run_ready(context_);
    const std::string peer = stream->peer();
    stream->close();
    stream->close();
    EXPECT_TRUE(run_until(context_, [&] { return bool{end}; }));
    EXPECT_EQ(stream->peer(), peer);
    EXPECT_EQ(peer, "127.0.0.1:" + std::to_string(client.local_endpoint().port()));
}

TEST_F(TcpTest, stream_may_be_destroyed_while_it_is_read) {
    auto [stream, client] = connection();
    error_code end;
    asio::co_spawn(context_, echo(*stream, end), asio::detached);
    test::run_ready(context_);
    stream.reset();
    EXPECT_TRUE(run_until(context_, [&] { return bool{end}; }));
}

asio::awaitable<void> say_and_close(Stream& stream, std::string_view last_words) {
    const asio::const_buffer buffer(last_words.data(), last_words.size());
    co_await stream.write(std::span(&buffer, 1));
    stream.close();
}

TEST_F(TcpTest, last_words_arrive_although_input_was_not_read) {
    auto [stream, client] = connection();
    asio::write(client, asio::buffer(std::string(10000, 'x')));
    asio::co_spawn(context_, say_and_close(*stream, "refused"), asio::detached);
    test::run_ready(context_);
    std::string received(100, '\0');
    error_code error;
    const size_t count = asio::read(client, asio::buffer(received), error);
    EXPECT_EQ(received.substr(0, count), "refused");
    EXPECT_EQ(error, asio::error::eof) << "not a reset";
}

} // namespace
} // namespace spice::transport
