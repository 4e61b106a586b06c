// All clients, and who may join: any number at once, each complete.
//
// A client begins with its main channel, whose INIT tells it the connection id that its other channels are
// linked with. Core thread; owned by the server.
#pragma once

#include "auth/linked_stream.hpp"
#include "channels/client.hpp"
#include "channels/session.hpp"
#include "channels/shared_input.hpp"
#include "display/screen.hpp"
#include "protocol/channel_id.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace spice::channels {

class ClientRegistry {
public:
    // A client came, or one went; it is among clients() only while it is there.
    using ChangeHandler = std::function<void(const Client& client, bool came)>;

    ClientRegistry(boost::asio::any_io_executor executor, Session& session);
    ~ClientRegistry();
    ClientRegistry(const ClientRegistry&) = delete;
    ClientRegistry& operator=(const ClientRegistry&) = delete;

    // For the link handshake: SPICE_LINK_ERR_OK when add() would take such a link now. BAD_CONNECTION_ID: no
    // such client, or a main channel that wants to belong to one (only a migration's target would).
    // CHANNEL_NOT_AVAILABLE: we have no such channel, the client has it already, or there are max_clients.
    uint32_t admit(const protocol::ChannelId& channel, uint32_t connection_id) const;
    // What the client with this connection id came in with; none if there is no such client.
    std::shared_ptr<auth::Pass> pass_of(uint32_t connection_id) const;
    // Makes a new client of a main channel, adds any other to its client. A link that cannot be admitted any
    // more is closed.
    void add(auth::LinkedStream link);

    // Something in the session changed for everybody.
    void screen_updated(const display::ScreenUpdate& update);
    void cursor_changed(bool shape);
    void lock_keys_changed();

    size_t size() const;                                  // clients that have not ended
    std::vector<std::shared_ptr<Client>> clients() const; // these, by their numbers
    void set_change_handler(ChangeHandler on_change) { on_change_ = std::move(on_change); }
    SharedInput& input() { return input_; }
    // Ends all that are there.
    void disconnect_all(std::string_view reason);
    // Ends all clients, for good.
    void stop(std::string_view reason);

private:
    void add_client(auth::LinkedStream link);
    void client_ended(const Client& client);
    void forget(uint32_t connection_id);
    uint32_t new_connection_id();
    Client* find(uint32_t connection_id) const;

    boost::asio::any_io_executor executor_;
    Session& session_; // the server's
    SharedInput input_;
    std::random_device random_;
    uint64_t last_number_ = 0;
    Watchers::Watch watch_; // while there are clients
    ChangeHandler on_change_;
    std::map<uint32_t, std::shared_ptr<Client>> clients_; // by connection id; ended ones until the next turn
};

} // namespace spice::channels
