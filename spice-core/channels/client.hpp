// One remote viewer: its connection id and its channels.
//
// The main channel is the client: when it closes, all others are closed and the client has ended. Any other
// channel may close (and be linked again) without hurting the rest. Destroying or closing a client is all it
// takes to be rid of a viewer, whatever it was doing.
//
// Core thread. Owned by ClientRegistry.
#pragma once

#include "auth/linked_stream.hpp"
#include "channels/channel.hpp"
#include "channels/session.hpp"
#include "channels/shared_input.hpp"
#include "display/screen.hpp"
#include "protocol/channel_id.hpp"
#include "spice-core/report.hpp"
#include "transport/stream.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spice::channels {

class Client : public std::enable_shared_from_this<Client> {
public:
    // Called once when the client has ended, maybe from the middle of its own functions: look at it later.
    using EndedHandler = std::function<void(const Client&)>;

    // `number` names the client in the log, where its connection id must not be: that lets links in.
    // `session` and `input` outlive the client.
    Client(uint32_t connection_id, uint64_t number, Session& session, SharedInput& input,
           EndedHandler on_ended);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    uint32_t connection_id() const { return connection_id_; }
    uint64_t number() const { return number_; }
    const std::string& name() const { return name_; }
    bool ended() const { return ended_; }
    bool has(const protocol::ChannelId& channel) const { return channels_.contains(channel); }
    std::vector<protocol::ChannelId> channels() const;

    bool view_only() const { return view_only_; }
    // From now on; what it holds down comes up.
    void set_view_only(bool view_only);
    bool encrypted() const; // all of its channels
    // Of one that came by a Unix socket.
    std::optional<transport::PeerCredentials> credentials() const;

    // Makes the channel that `link` is for and starts it; the main channel is the first. Only what
    // ClientRegistry::admit() lets in: an offered channel that this client, which has not ended, has not yet.
    void add(auth::LinkedStream link);

    // Something changed for everybody. Whatever goes wrong with this client in there ends this client.
    void screen_updated(const display::ScreenUpdate& update);
    void cursor_changed(bool shape);
    void lock_keys_changed();

    // What it came in with; none only where nothing was asked for (tests).
    const std::shared_ptr<auth::Pass>& pass() const { return pass_; }

    // What was sent to it so far.
    ClientFigures figures() const;

    // Closes all channels. The client has no claim to come back.
    void close(std::string_view reason);

private:
    void end(std::string_view reason);
    std::shared_ptr<Channel> make_channel(auth::LinkedStream link);
    Channel::ClosedHandler closed_handler();
    void channel_closed(Channel& channel, std::string_view reason);
    void mouse_mode_changed(uint32_t mode);
    void hold(std::shared_ptr<auth::Pass> pass);
    bool silent();
    void input_came();
    // Adds what `channel` has done to `figures`.
    static void count(const Channel& channel, ClientFigures& figures);
    void report_activity();
    // Calls `function` with each open channel of that type.
    template <class Kind, class Function>
    void for_each(uint8_t type, Function function);
    // `function`, with whatever it throws ending this client.
    template <class Function>
    void fenced(Function function);

    const uint32_t connection_id_;
    const uint64_t number_;
    const std::string name_; // for the log
    const std::chrono::system_clock::time_point connected_since_ = std::chrono::system_clock::now();
    const std::chrono::steady_clock::time_point connected_at_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point reported_at_ = connected_at_;
    ClientFigures past_; // of channels that have closed
    Session& session_;   // the server's
    SharedInput& input_; // the registry's
    EndedHandler on_ended_;
    bool ended_ = false;
    std::map<protocol::ChannelId, std::shared_ptr<Channel>> channels_;
    std::shared_ptr<auth::Pass> pass_;
    bool view_only_ = false;
};

} // namespace spice::channels
