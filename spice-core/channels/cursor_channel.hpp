// The cursor channel of one client: the pointer's shape, and in mouse mode SERVER its position.
//
// INIT goes out at once, with the shape if there is one; afterwards only the latest state is sent, when there
// is room. Which clients take shapes out of their cache the protocol does not say, as it has no capability
// for it: spice-html5 cannot, and would show nothing. But it never announces SPICE_COMMON_CAP_AUTH_SASL,
// which spice-gtk as distributions build it always does; without that bit every shape is sent whole, which
// costs a few kilobytes and is right for everybody. Core thread; see Channel.
#pragma once

#include "channels/channel.hpp"
#include "display/cursor_cache.hpp"
#include "protocol/cursor_messages.hpp"

#include <cstdint>

namespace spice::channels {

class CursorChannel final : public Channel {
public:
    CursorChannel(auth::LinkedStream link, Session& session, ClosedHandler on_closed);

    // session().cursor has changed: its position, and its shape maybe.
    void cursor_changed(bool shape);
    // SPICE_MOUSE_MODE_*. In mode CLIENT the client moves the pointer by itself.
    void set_mouse_mode(uint32_t mode);

protected:
    void started() override;
    boost::asio::awaitable<Result<>> received(uint16_t type, Bytes body) override;
    void room() override { send_what_fits(); }
    size_t max_message_size(uint16_t type) const override;

private:
    void send_what_fits();
    void send_shape();
    void send_position();
    // The message part for a shape, after telling the client what to forget for it.
    protocol::CursorImage image_of(const CursorShape& shape);

    const bool client_caches_;
    display::CursorCache cache_;
    bool server_mouse_ = true;
    bool started_ = false;
    bool shown_ = false; // the client shows a pointer
    bool shape_due_ = false;
    bool position_due_ = false; // meaningful in mode SERVER while a pointer is shown
};

} // namespace spice::channels
