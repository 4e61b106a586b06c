// The main channel: makes the session known to a new client and carries what belongs to none of the others.
//
// Order to the client: INIT; NAME and UUID for clients that can take them; CHANNELS_LIST when the client asks
// with ATTACH_CHANNELS, again as often as it asks.
//
// The mouse mode is each client's own: CLIENT mode means that this client draws its pointer where its user
// moves it and sends positions, SERVER mode that it grabs its user's pointer and sends motion. The desktop
// takes both at any time, so that two clients may differ. CLIENT is what a front-end with an absolute pointer
// offers from INIT on, and begins with; no agent is needed for it.
//
// There is no agent: its data and tokens are checked, taken and dropped.
#pragma once

#include "channels/channel.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace spice::channels {

class MainChannel final : public Channel {
public:
    // Called with the new mode (SPICE_MOUSE_MODE_*) when the client has changed it; not for the first one.
    using MouseModeHandler = std::function<void(uint32_t mode)>;

    MainChannel(auth::LinkedStream link, Session& session, uint32_t connection_id,
                MouseModeHandler on_mouse_mode, ClosedHandler on_closed);

    uint32_t mouse_mode() const { return mouse_mode_; }

private:
    void started() override;
    boost::asio::awaitable<Result<>> received(uint16_t type, Bytes body) override;
    size_t max_message_size(uint16_t type) const override;

    Result<> handle_message(uint16_t type, Bytes body);
    Result<> handle_mouse_mode(Bytes body);
    void send_init();
    void send_name_and_uuid();
    void send_channels_list();

    const uint32_t connection_id_;
    MouseModeHandler on_mouse_mode_;
    const uint32_t supported_mouse_modes_; // SPICE_MOUSE_MODE_* bits
    uint32_t mouse_mode_;
};

} // namespace spice::channels
