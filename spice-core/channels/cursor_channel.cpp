#include "channels/cursor_channel.hpp"

#include "display/cursor_pixels.hpp"

#include <spice/enums.h>
#include <spice/protocol.h>

#include <utility>

namespace spice::channels {

CursorChannel::CursorChannel(auth::LinkedStream link, Session& session, ClosedHandler on_closed)
    : Channel(std::move(link), session, std::move(on_closed)),
      client_caches_(has_common_cap(SPICE_COMMON_CAP_AUTH_SASL)) {}

size_t CursorChannel::max_message_size(uint16_t type) const {
    return protocol::max_cursor_message(type);
}

boost::asio::awaitable<Result<>> CursorChannel::received(uint16_t /*type*/, Bytes /*body*/) {
    co_return Error{"unknown cursor message"};
}

void CursorChannel::started() {
    started_ = true;
    const Cursor& cursor = session().cursor;
    protocol::CursorInit init;
    init.position = cursor.position;
    if (cursor.shape) {
        init.visible = true;
        init.image = image_of(*cursor.shape);
    }
    shown_ = init.visible;
    shape_due_ = false;
    position_due_ = false;
    send(protocol::CursorInit::kType, init.body());
}

void CursorChannel::cursor_changed(bool shape) {
    shape_due_ = shape_due_ || shape;
    position_due_ = true;
    send_what_fits();
}

void CursorChannel::set_mouse_mode(uint32_t mode) {
    server_mouse_ = mode == SPICE_MOUSE_MODE_SERVER;
    position_due_ = position_due_ || server_mouse_;
    send_what_fits();
}

void CursorChannel::send_what_fits() {
    if (!started_ || !has_room()) {
        return;
    }
    if (std::exchange(shape_due_, false)) {
        send_shape();
    }
    // A hidden pointer must not be moved: spice-gtk shows it again.
    if (position_due_ && server_mouse_ && shown_) {
        send_position();
    }
}

void CursorChannel::send_shape() {
    const Cursor& cursor = session().cursor;
    if (!cursor.shape) {
        if (std::exchange(shown_, false)) {
            send(SPICE_MSG_CURSOR_HIDE, {});
        }
        return;
    }
    const protocol::CursorSet set{cursor.position, true, image_of(*cursor.shape)};
    send(protocol::CursorSet::kType, set.body());
    // After HIDE, spice-gtk in mode SERVER shows a new shape with the next MOVE only.
    const bool was_shown = std::exchange(shown_, true);
    position_due_ = position_due_ || !was_shown;
}

void CursorChannel::send_position() {
    position_due_ = false;
    send(protocol::CursorMove::kType, protocol::CursorMove{session().cursor.position}.body());
}

protocol::CursorImage CursorChannel::image_of(const CursorShape& shape) {
    protocol::CursorImage image{0, 0, shape.size, shape.hot_spot, {}};
    if (client_caches_) {
        const display::CursorCache::Use use = cache_.use(shape);
        for (const uint64_t key : use.evicted) {
            send(protocol::CursorInvalOne::kType, protocol::CursorInvalOne{key}.body());
        }
        image.unique = use.key;
        image.flags = use.cached ? SPICE_CURSOR_FLAGS_FROM_CACHE : SPICE_CURSOR_FLAGS_CACHE_ME;
        if (use.cached) {
            return image;
        }
    }
    const size_t count = static_cast<size_t>(shape.size.width) * static_cast<size_t>(shape.size.height);
    image.pixels = display::straight_alpha_bytes({shape.pixels.get(), count});
    return image;
}

} // namespace spice::channels
