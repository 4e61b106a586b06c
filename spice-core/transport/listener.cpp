#include "transport/listener.hpp"

#include "base/log.hpp"
#include "spice-core/config.hpp"
#include "transport/tcp_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
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
#include <set>
#include <sstream>
#include <utility>

namespace spice::transport {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Listener::Socket {
    Socket(tcp::acceptor bound, LogSink& log_sink)
        : acceptor(std::move(bound)), back_off(acceptor.get_executor()), log(log_sink) {}

    // Runs until the socket is stopped; holds it.
    static asio::awaitable<void> accept_loop(std::shared_ptr<Socket> self);
    // As many connections as there are, up to a fair share of the thread; errno of the last accept() or 0.
    int accept_waiting();
    void hand_over(std::unique_ptr<Stream> stream);

    tcp::acceptor acceptor;
    asio::steady_timer back_off;
    LogSink& log; // not used once stopped
    Accepted accepted;
    bool stopped = false;
    bool complained = false; // about this time of trouble
};

namespace {

constexpr std::chrono::milliseconds kBackOff{200};
constexpr int kAcceptsPerTurn = 16; // then others get their turn on the core thread
constexpr int kPortTries = 8;       // for a port that is free on all addresses

std::string text_of(const tcp::endpoint& endpoint) {
    std::ostringstream text;
    text << endpoint;
    return text.str();
}

[[noreturn]] void throw_no_address(const std::string& name, std::string_view why) {
    throw ConfigError("--addr " + escaped(name) + ": " + std::string(why) +
                      "; give an address of this host, 0.0.0.0 or :: for all");
}

[[noreturn]] void throw_not_bound(const std::string& name, uint16_t port, const error_code& error) {
    const std::string option = "--port " + std::to_string(port);
    if (error == asio::error::address_in_use) {
        throw ConfigError(option + ": address already in use (" + escaped(name) +
                          "); choose another port or stop the server that has it");
    }
    if (error == asio::error::access_denied) {
        throw ConfigError(option + ": not permitted for this user; choose a port from 1024 to 65535");
    }
    if (error == boost::system::errc::address_not_available) {
        throw_no_address(name, "not an address of this host");
    }
    throw_no_address(name, error.message());
}

struct Address {
    std::string name; // as the operator gave it
    std::vector<asio::ip::address> numeric;
};

Address look_up(const asio::any_io_executor& executor, const std::string& name) {
    error_code error;
    const asio::ip::address numeric = asio::ip::make_address(name, error);
    if (!error) {
        return {name, {numeric}};
    }
    tcp::resolver resolver(executor);
    const tcp::resolver::results_type found = resolver.resolve(name, "", tcp::resolver::passive, error);
    if (error || found.empty()) {
        throw_no_address(name, "unknown host name");
    }
    std::set<asio::ip::address> once;
    for (const auto& entry : found) {
        once.insert(entry.endpoint().address());
    }
    return {name, {once.begin(), once.end()}};
}

// Asio would make the socket without SOCK_CLOEXEC, and Xorg starts other programs (xkbcomp).
error_code open_and_bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool v6_only) {
    const tcp protocol = endpoint.protocol();
    const int handle = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (handle < 0) {
        return {errno, boost::system::system_category()};
    }
    error_code error;
    acceptor.assign(protocol, handle, error);
    if (error) {
        ::close(handle);
        return error;
    }
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && protocol == tcp::v6()) {
        acceptor.set_option(asio::ip::v6_only(v6_only), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    return error;
}

// "localhost" may stand for ::1 on a host without IPv6.
bool family_is_missing(const error_code& error) {
    return error == asio::error::address_family_not_supported ||
           error == boost::system::errc::address_not_available;
}

bool has_ipv4(const Address& address) {
    return std::ranges::any_of(address.numeric, [](const asio::ip::address& one) { return one.is_v4(); });
}

// All or, for a port that the kernel chose for the first one and that is taken for another one, none.
std::vector<tcp::acceptor> bind_all(const asio::any_io_executor& executor, const std::vector<Address>& wanted,
                                    uint16_t port) {
    const bool v6_only = std::ranges::any_of(wanted, has_ipv4);
    std::vector<tcp::acceptor> bound;
    uint16_t common_port = port;
    for (const Address& address : wanted) {
        const size_t bound_before = bound.size();
        error_code last_error;
        for (const asio::ip::address& numeric : address.numeric) {
            tcp::acceptor acceptor(executor);
            const error_code error = open_and_bind(acceptor, {numeric, common_port}, v6_only);
            if (!error) {
                common_port = acceptor.local_endpoint().port();
                bound.push_back(std::move(acceptor));
            } else if (error == asio::error::address_in_use && port == 0) {
                return {};
            } else if (!family_is_missing(error)) {
                throw_not_bound(address.name, port, error);
            }
            last_error = error;
        }
        if (bound.size() == bound_before) {
            throw_not_bound(address.name, port, last_error);
        }
    }
    return bound;
}

// The connection, if there was one; error: errno of accept(), 0 when there is a connection.
std::unique_ptr<Stream> accept_one(tcp::acceptor& acceptor, int& error) {
    const int handle = ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (handle < 0) {
        error = errno;
        return nullptr;
    }
    error = 0;
    error_code assigned;
    tcp::socket socket(acceptor.get_executor());
    socket.assign(acceptor.local_endpoint(assigned).protocol(), handle, assigned);
    if (assigned) {
        ::close(handle);
        error = assigned.value();
        return nullptr;
    }
    return std::make_unique<TcpStream>(std::move(socket));
}

} // namespace

int Listener::Socket::accept_waiting() {
    for (int i = 0; i < kAcceptsPerTurn && !stopped; ++i) {
        int error = 0;
        std::unique_ptr<Stream> stream = accept_one(acceptor, error);
        if (stream) {
            complained = false;
            hand_over(std::move(stream));
        } else if (error != ECONNABORTED && error != EINTR) {
            return error;
        }
    }
    return 0;
}

void Listener::Socket::hand_over(std::unique_ptr<Stream> stream) {
    try {
        accepted(std::move(stream));
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
            co_await asio::post(self->acceptor.get_executor(), asio::use_awaitable);
        } else if (error == EAGAIN) {
            co_await self->acceptor.async_wait(tcp::acceptor::wait_read,
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

Listener::Listener(asio::any_io_executor executor, const std::vector<std::string>& addresses, uint16_t port,
                   LogSink& log) {
    std::vector<Address> wanted;
    for (const std::string& name : addresses) {
        wanted.push_back(look_up(executor, name));
    }
    if (wanted.empty()) {
        throw ConfigError("--addr: no address to listen on; give one, such as 127.0.0.1");
    }
    std::vector<tcp::acceptor> bound;
    for (int i = 0; i < kPortTries && bound.empty(); ++i) {
        bound = bind_all(executor, wanted, port);
    }
    if (bound.empty()) {
        throw_not_bound(wanted.front().name, port, asio::error::address_in_use);
    }
    port_ = bound.front().local_endpoint().port();
    for (tcp::acceptor& acceptor : bound) {
        sockets_.push_back(std::make_shared<Socket>(std::move(acceptor), log));
    }
}

Listener::~Listener() {
    stop();
}

void Listener::start(Accepted accepted) {
    for (const std::shared_ptr<Socket>& socket : sockets_) {
        socket->accepted = accepted;
        asio::co_spawn(socket->acceptor.get_executor(), Socket::accept_loop(socket), asio::detached);
    }
}

void Listener::stop() {
    for (const std::shared_ptr<Socket>& socket : sockets_) {
        socket->stopped = true;
        socket->back_off.cancel();
        error_code ignored;
        socket->acceptor.close(ignored);
    }
}

std::vector<std::string> Listener::endpoints() const {
    std::vector<std::string> texts;
    for (const std::shared_ptr<Socket>& socket : sockets_) {
        error_code ignored;
        texts.push_back(text_of(socket->acceptor.local_endpoint(ignored)));
    }
    return texts;
}

} // namespace spice::transport
