#include "channels/client_registry.hpp"

#include "base/log.hpp"
#include "channels/offered_channels.hpp"

#include <spice/enums.h>
#include <spice/protocol.h>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace spice::channels {

ClientRegistry::ClientRegistry(boost::asio::any_io_executor executor, Session& session)
    : executor_(std::move(executor)), session_(session), input_(executor_, session.desktop) {}

ClientRegistry::~ClientRegistry() = default;

uint32_t ClientRegistry::admit(const protocol::ChannelId& channel, uint32_t connection_id) const {
    if (!channel_offered(channel)) {
        return SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE;
    }
    if (channel.type == SPICE_CHANNEL_MAIN) {
        if (connection_id != 0) {
            return SPICE_LINK_ERR_BAD_CONNECTION_ID;
        }
        return size() < session_.config.max_clients ? SPICE_LINK_ERR_OK
                                                    : SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE;
    }
    const Client* client = find(connection_id);
    if (client == nullptr) {
        return SPICE_LINK_ERR_BAD_CONNECTION_ID;
    }
    return client->has(channel) ? SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE : SPICE_LINK_ERR_OK;
}

std::shared_ptr<auth::Pass> ClientRegistry::pass_of(uint32_t connection_id) const {
    const Client* client = find(connection_id);
    return client != nullptr ? client->pass() : nullptr;
}

void ClientRegistry::add(auth::LinkedStream link) {
    // Asked again: much can have happened between the handshake's question and the last byte of its answer.
    if (admit(link.channel, link.connection_id) != SPICE_LINK_ERR_OK) {
        link.stream->close();
        return;
    }
    if (link.channel.type == SPICE_CHANNEL_MAIN) {
        add_client(std::move(link));
    } else {
        find(link.connection_id)->add(std::move(link));
    }
}

void ClientRegistry::add_client(auth::LinkedStream link) {
    const uint32_t connection_id = new_connection_id();
    auto client = std::make_shared<Client>(connection_id, ++last_number_, session_, input_,
                                           [this](const Client& ended) { client_ended(ended); });
    clients_.emplace(connection_id, client);
    session_.clients = clients_.size();
    session_.screen.keep_covered(true);
    log_line(session_.log, LogLevel::info, client->name(), ": from ", link.stream->peer());
    if (clients_.size() == 1) {
        watch_ = session_.watchers.watch();
    }
    if (on_change_) {
        on_change_(*client, true);
    }
    client->add(std::move(link));
}

// Not erased at once: the client may be in the middle of something, and so may a loop over all of them.
void ClientRegistry::client_ended(const Client& client) {
    session_.report.client_ended(client.figures());
    if (on_change_) {
        on_change_(client, false);
    }
    boost::asio::post(executor_, [this, id = client.connection_id()] { forget(id); });
}

void ClientRegistry::forget(uint32_t connection_id) {
    clients_.erase(connection_id);
    session_.clients = clients_.size();
    if (clients_.empty()) {
        session_.screen.keep_covered(false);
        watch_.end();
    }
}

void ClientRegistry::screen_updated(const display::ScreenUpdate& update) {
    for (const auto& [id, client] : clients_) {
        client->screen_updated(update);
    }
}

void ClientRegistry::cursor_changed(bool shape) {
    for (const auto& [id, client] : clients_) {
        client->cursor_changed(shape);
    }
}

void ClientRegistry::lock_keys_changed() {
    for (const auto& [id, client] : clients_) {
        client->lock_keys_changed();
    }
}

size_t ClientRegistry::size() const {
    return static_cast<size_t>(
        std::ranges::count_if(clients_, [](const auto& entry) { return !entry.second->ended(); }));
}

std::vector<std::shared_ptr<Client>> ClientRegistry::clients() const {
    std::vector<std::shared_ptr<Client>> found;
    for (const auto& [id, client] : clients_) {
        if (!client->ended()) {
            found.push_back(client);
        }
    }
    std::ranges::sort(found, {}, [](const auto& client) { return client->number(); });
    return found;
}

void ClientRegistry::disconnect_all(std::string_view reason) {
    for (const auto& [id, client] : clients_) {
        client->close(reason);
    }
}

void ClientRegistry::stop(std::string_view reason) {
    disconnect_all(reason);
    input_.stop();
}

uint32_t ClientRegistry::new_connection_id() {
    uint32_t id = 0;
    while (id == 0 || clients_.contains(id)) {
        id = random_();
    }
    return id;
}

Client* ClientRegistry::find(uint32_t connection_id) const {
    const auto found = clients_.find(connection_id);
    return found != clients_.end() && !found->second->ended() ? found->second.get() : nullptr;
}

} // namespace spice::channels
