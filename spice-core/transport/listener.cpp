#include "transport/listener.hpp"

#include "base/log.hpp"
#include "transport/inherited_sockets.hpp"
#include "transport/tcp_binding.hpp"
#include "transport/tcp_stream.hpp"
#include "transport/unix_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>

namespace spice::transport {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::local::stream_protocol;
using boost::system::error_code;

// One listening socket.
struct Listener::Socket {
    Socket(const asio::any_io_executor& executor, UniqueFd bound, Door which, LogSink& log_sink)
        : domain(domain_of(bound)), door(which), descriptor(executor), back_off(executor), log(log_sink) {
        descriptor.assign(bound.value());
        bound.release();
    }

    // Runs until the socket is stopped; holds it.
    static asio::awaitable<void> accept_loop(std::shared_ptr<Socket> self);
    // As many connections as there are, up to a fair share of the thread; errno of the last accept() or 0.
    int accept_waiting();
    // The connection, if there was one; error: errno of accept(), 0 when there is a connection.
    std::unique_ptr<Stream> accept_one(int& error);
    void hand_over(std::unique_ptr<Stream> stream);
    bool belongs_here(const Stream& stream);

    const int domain;
    const Door door;
    asio::posix::stream_descriptor descriptor;
    asio::steady_timer back_off;
    LogSink& log; // not used once stopped
    Accepted accepted;
    bool stopped = false;
    bool complained = false; // about this time of trouble
};

namespace {

constexpr std::chrono::milliseconds kBackOff{200};
constexpr int kAcceptsPerTurn = 16; // then others get their turn on the core thread

// Takes the descriptor.
template <class Protocol>
typename Protocol::socket socket_of(const asio::any_io_executor& executor, const Protocol& protocol,
                                    UniqueFd handle, error_code& error) {
    typename Protocol::socket socket(executor);
    socket.assign(protocol, handle.value(), error);
    if (!error) {
        handle.release();
    }
    return socket;
}

std::string text_of(int listening_socket) {
    asio::generic::stream_protocol::endpoint any;
    auto size = static_cast<socklen_t>(any.capacity());
    if (::getsockname(listening_socket, any.data(), &size) != 0) {
        return "closed";
    }
    any.resize(size);
    std::ostringstream text;
    if (any.protocol().family() == AF_UNIX) {
        stream_protocol::endpoint local;
        local.resize(size);
        std::copy_n(reinterpret_cast<const char*>(any.data()), size, reinterpret_cast<char*>(local.data()));
        text << "unix:" << escaped(local.path());
    } else {
        tcp::endpoint inet;
        std::copy_n(reinterpret_cast<const char*>(any.data()), size, reinterpret_cast<char*>(inet.data()));
        text << inet;
    }
    return text.str();
}

} // namespace

std::unique_ptr<Stream> Listener::Socket::accept_one(int& error) {
    UniqueFd handle(::accept4(descriptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!handle) {
        error = errno;
        return nullptr;
    }
    const asio::any_io_executor executor = descriptor.get_executor();
    std::unique_ptr<Stream> stream;
    error_code assigned;
    if (domain == AF_UNIX) {
        auto socket = socket_of(executor, stream_protocol(), std::move(handle), assigned);
        stream = assigned ? nullptr : std::make_unique<UnixStream>(std::move(socket));
    } else {
        const tcp protocol = domain == AF_INET6 ? tcp::v6() : tcp::v4();
        auto socket = socket_of(executor, protocol, std::move(handle), assigned);
        stream = assigned ? nullptr : std::make_unique<TcpStream>(std::move(socket));
    }
    error = assigned.value();
    return stream;
}

int Listener::Socket::accept_waiting() {
    for (int i = 0; i < kAcceptsPerTurn && !stopped; ++i) {
        int error = 0;
        std::unique_ptr<Stream> stream = accept_one(error);
        if (stream) {
            complained = false;
            hand_over(std::move(stream));
        } else if (error != ECONNABORTED && error != EINTR) {
            return error;
        }
    }
    return 0;
}

// The mode of our own sockets keeps others out; that of an inherited one is not ours.
bool Listener::Socket::belongs_here(const Stream& stream) {
    if (domain != AF_UNIX) {
        return true;
    }
    const std::optional<PeerCredentials> who = stream.credentials();
    return who && (who->user == ::geteuid() || who->user == 0);
}

void Listener::Socket::hand_over(std::unique_ptr<Stream> stream) {
    if (!belongs_here(*stream)) {
        log_line(log, LogLevel::warning, "link ", stream->peer(),
                 ": refused: neither this server's user nor root");
        return;
    }
    try {
        accepted(std::move(stream), door);
    } catch (const std::exception& error) {
        log_line(log, LogLevel::error, "listener: a connection was dropped: ", error.what());
    }
}

asio::awaitable<void> Listener::Socket::accept_loop(std::shared_ptr<Socket> self) {
    error_code ignored;
    while (!self->stopped) {
        const int error = self->accept_waiting();
        if (self->stopped) {
            break;
        }
        if (error == 0) {
            co_await asio::post(self->descriptor.get_executor(), asio::use_awaitable);
        } else if (error == EAGAIN) {
            co_await self->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                                 asio::redirect_error(asio::use_awaitable, ignored));
        } else {
            if (!self->complained) {
                self->complained = true;
                const std::string reason = boost::system::system_category().message(error);
                log_line(self->log, LogLevel::error, "listener: cannot accept connections: ", reason);
            }
            self->back_off.expires_after(kBackOff);
            co_await self->back_off.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }
}

Listener::Listener(asio::any_io_executor executor, const ServerConfig& config, LogSink& log)
    : executor_(std::move(executor)), log_(log) {
    std::vector<UniqueFd> inherited = take_inherited(config.listening_sockets);
    add_tcp(config);
    for (const std::string& path : config.unix_paths) {
        UnixBinding& binding = names_.emplace_back(path);
        add(binding.take_socket(), Door::plain);
    }
    for (UniqueFd& socket : inherited) {
        add(std::move(socket), Door::plain);
    }
    if (sockets_.empty()) {
        throw ConfigError("--addr: no address to listen on; give one, such as 127.0.0.1");
    }
}

Listener::Listener(asio::any_io_executor executor, UnixBinding socket, LogSink& log)
    : executor_(std::move(executor)), log_(log) {
    add(socket.take_socket(), Door::plain);
    names_.push_back(std::move(socket));
}

void Listener::add_tcp(const ServerConfig& config) {
    if (config.addresses.empty()) {
        return;
    }
    const std::vector<ListenAddress> addresses = look_up(executor_, config.addresses, config.family);
    if (config.plain_port) {
        TcpBinding plain = bind_tcp(addresses, config.family, config.port, "--port");
        port_ = plain.port;
        for (UniqueFd& socket : plain.sockets) {
            add(std::move(socket), Door::plain);
        }
    }
    if (!config.tls || config.tls->port == 0) {
        return;
    }
    if (config.tls->port == port_) {
        throw ConfigError("--tls-port " + std::to_string(port_) +
                          ": the same as --port, which takes TLS as well; choose another or leave it out");
    }
    TcpBinding tls = bind_tcp(addresses, config.family, config.tls->port, "--tls-port");
    for (UniqueFd& socket : tls.sockets) {
        add(std::move(socket), Door::tls);
    }
}

void Listener::add(UniqueFd socket, Door door) {
    sockets_.push_back(std::make_shared<Socket>(executor_, std::move(socket), door, log_));
}

Listener::~Listener() {
    stop();
}

void Listener::start(Accepted accepted) {
    for (const std::shared_ptr<Socket>& socket : sockets_) {
        socket->accepted = accepted;
        asio::co_spawn(executor_, Socket::accept_loop(socket), asio::detached);
    }
}

void Listener::stop() {
    names_.clear();
    for (const std::shared_ptr<Socket>& socket : sockets_) {
        socket->stopped = true;
        socket->back_off.cancel();
        error_code ignored;
        socket->descriptor.close(ignored);
    }
}

std::vector<std::string> Listener::endpoints() const {
    std::vector<std::string> texts;
    for (const std::shared_ptr<Socket>& socket : sockets_) {
        texts.push_back(text_of(socket->descriptor.native_handle()));
    }
    return texts;
}

} // namespace spice::transport
