#include "control/control_server.hpp"

#include "control/connection.hpp"
#include "transport/unix_binding.hpp"
#include "transport/unix_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace spice::control {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> say_no(std::shared_ptr<Connection> connection) {
    connection->send(
        R"({"ok": false, "error": "32 programs control this display already; end one of them"})");
    co_await connection->flush();
    connection->close();
}

} // namespace

ControlServer::ControlServer(asio::any_io_executor executor, const std::string& path, Controls controls)
    : executor_(executor), desk_(std::make_shared<Desk>(executor, std::move(controls))),
      listener_(executor, transport::UnixBinding(path, "SpiceControl"), desk_->session().log) {}

ControlServer::~ControlServer() = default;

void ControlServer::start() {
    listener_.start(
        [this](std::unique_ptr<transport::Stream> stream, transport::Door) { add(std::move(stream)); });
}

void ControlServer::stop() {
    listener_.stop();
    for (const auto& client : clients_) {
        client->close("the server stops");
    }
}

void ControlServer::add(std::unique_ptr<transport::Stream> stream) {
    // The listener has nothing but a Unix socket.
    std::unique_ptr<transport::UnixStream> unix_stream(static_cast<transport::UnixStream*>(stream.release()));
    if (clients_.size() >= kMaxClients) {
        auto refused = std::make_shared<Connection>(std::move(unix_stream), [](std::string_view) {});
        asio::co_spawn(executor_, say_no(std::move(refused)), asio::detached);
        return;
    }
    clients_.push_back(std::make_shared<ControlClient>(std::move(unix_stream), desk_, *this));
    clients_.back()->start();
}

// Not erased at once: the client may be in the middle of something, and so may a loop over all of them.
void ControlServer::client_closed() {
    asio::post(executor_,
               [this] { std::erase_if(clients_, [](const auto& client) { return client->closed(); }); });
}

void ControlServer::commit_taken(const Commit& commit, const display::ScreenUpdate& update) {
    for (const auto& client : clients_) {
        client->screen_updated(update);
        if (commit.cursor || commit.cursor_position) {
            client->cursor_changed();
        }
    }
    desk_->commit_taken(update, commit.reached, commit.monitors_answer);
}

void ControlServer::client_changed(const channels::Client& client, bool came) {
    const boost::json::object event{{"event", "clients"},
                                    {"clients", desk_->controls().registry.size()},
                                    {came ? "came" : "went", client.number()}};
    for (const auto& listener : clients_) {
        if (listener->wants_clients()) {
            listener->tell(event);
        }
    }
}

size_t ControlServer::captures() const {
    return static_cast<size_t>(
        std::ranges::count_if(clients_, [](const auto& client) { return client->captures(); }));
}

bool ControlServer::tell_quit() {
    bool told = false;
    for (const auto& client : clients_) {
        if (client->wants_quit()) {
            client->tell({{"event", "quit"}});
            told = true;
        }
    }
    return told;
}

} // namespace spice::control
