#include "channels/inputs_channel.hpp"

#include "protocol/inputs_messages.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace spice::channels {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kRetry{1};
constexpr LockKeys kAllLocks = SPICE_KEYBOARD_MODIFIER_FLAGS_SCROLL_LOCK |
                               SPICE_KEYBOARD_MODIFIER_FLAGS_NUM_LOCK |
                               SPICE_KEYBOARD_MODIFIER_FLAGS_CAPS_LOCK;

// SPICE_MOUSE_BUTTON_* to X's numbers, 0 for none. The protocol names seven buttons and X's wheel goes left
// and right where SIDE and EXTRA would be, so these two move up; the numbers above EXTRA have no name, and
// the two that became free stand for the horizontal wheel: every button of X can be said.
uint8_t button_number(uint8_t spice_button) {
    constexpr uint8_t numbers[] = {0, 1, 2, 3, 4, 5, 8, 9, 6, 7, 10, 11, 12, 13, 14, 15, 16};
    static_assert(SPICE_MOUSE_BUTTON_LEFT == 1 && SPICE_MOUSE_BUTTON_DOWN == 5 &&
                  SPICE_MOUSE_BUTTON_SIDE == 6 && SPICE_MOUSE_BUTTON_EXTRA == 7);
    return spice_button < std::size(numbers) ? numbers[spice_button] : uint8_t{0};
}

// Motion beyond the largest surface's edge says nothing more.
int clamped_motion(int32_t distance) {
    return std::clamp<int32_t>(distance, -kMaxSurfaceEdge, kMaxSurfaceEdge);
}

int clamped_position(uint32_t position, int edge) {
    return static_cast<int>(std::min<uint32_t>(position, static_cast<uint32_t>(edge - 1)));
}

} // namespace

InputsChannel::InputsChannel(auth::LinkedStream link, Session& session, SharedInput& input,
                             PressedHandler on_pressed, ClosedHandler on_closed)
    : Channel(std::move(link), session, std::move(on_closed)), input_(input),
      on_pressed_(std::move(on_pressed)), retry_(executor()) {}

void InputsChannel::started() {
    told_lock_keys_ = session().lock_keys;
    const protocol::InputsInit init{told_lock_keys_};
    send(protocol::InputsInit::kType, init.body());
}

void InputsChannel::lock_keys_changed() {
    if (closed() || session().lock_keys == told_lock_keys_ || outbox_bytes() > kOutboxLowWater) {
        return;
    }
    told_lock_keys_ = session().lock_keys;
    const protocol::InputsKeyModifiers modifiers{told_lock_keys_};
    send(protocol::InputsKeyModifiers::kType, modifiers.body());
}

void InputsChannel::set_view_only(bool view_only) {
    Channel::set_view_only(view_only);
    if (view_only && !closed()) {
        input_.release_all(held_);
    }
}

void InputsChannel::room() {
    lock_keys_changed();
}

void InputsChannel::closing() {
    retry_.cancel();
    input_.release_all(held_);
}

size_t InputsChannel::max_message_size(uint16_t type) const {
    return protocol::max_inputs_message(type);
}

asio::awaitable<Result<>> InputsChannel::received(uint16_t type, Bytes body) {
    pending_.clear();
    const Result<> result = parse(type, body);
    if (!result) {
        co_return result;
    }
    if (outbox_bytes() > kOutboxLowWater) {
        co_return Error{"inputs: does not read its acknowledgements"};
    }
    if (view_only()) {
        pending_.clear(); // acknowledged as ever, so that the client does not hold back
    }
    for (const InputEvent& event : pending_) {
        while (!closed() && !view_only() && !input_.offer(held_, event)) {
            boost::system::error_code ignored; // cancelled: closed
            retry_.expires_after(kRetry);
            co_await retry_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }
    co_return Result<>();
}

Result<> InputsChannel::parse(uint16_t type, Bytes body) {
    switch (type) {
    case SPICE_MSGC_INPUTS_KEY_DOWN:
    case SPICE_MSGC_INPUTS_KEY_UP:
    case SPICE_MSGC_INPUTS_KEY_SCANCODE:
        pressed();
        return parse_keys(type, body);
    case SPICE_MSGC_INPUTS_KEY_MODIFIERS:
        return parse_keys(type, body);
    case SPICE_MSGC_INPUTS_MOUSE_MOTION:
    case SPICE_MSGC_INPUTS_MOUSE_POSITION:
        return parse_pointer(type, body);
    case SPICE_MSGC_INPUTS_MOUSE_PRESS:
    case SPICE_MSGC_INPUTS_MOUSE_RELEASE:
        pressed();
        return parse_button(type, body);
    default:
        return Error{"inputs: unknown message"};
    }
}

void InputsChannel::pressed() {
    if (!view_only()) {
        on_pressed_();
    }
}

Result<> InputsChannel::parse_keys(uint16_t type, Bytes body) {
    if (type == SPICE_MSGC_INPUTS_KEY_MODIFIERS) {
        const auto message = protocol::KeyModifiers::parse(body);
        if (!message) {
            return message.error();
        }
        pending_.push_back(LockKeysWanted{static_cast<LockKeys>(message->lock_keys & kAllLocks)});
        return {};
    }
    std::vector<KeyEvent> keys;
    if (type == SPICE_MSGC_INPUTS_KEY_SCANCODE) {
        keys = scancodes_.decode(body);
    } else {
        // The release bit of the code itself says which it is, as for a real keyboard controller.
        const auto message = protocol::KeyCode::parse(body);
        if (!message) {
            return message.error();
        }
        keys = scancodes_.decode(message->code);
    }
    pending_.insert(pending_.end(), keys.begin(), keys.end());
    return {};
}

Result<> InputsChannel::parse_pointer(uint16_t type, Bytes body) {
    // The button state in these messages repeats what MOUSE_PRESS and MOUSE_RELEASE said.
    if (type == SPICE_MSGC_INPUTS_MOUSE_MOTION) {
        const auto motion = protocol::MouseMotion::parse(body);
        if (!motion) {
            return motion.error();
        }
        pending_.push_back(PointerMotion{clamped_motion(motion->dx), clamped_motion(motion->dy)});
    } else {
        const auto position = protocol::MousePosition::parse(body);
        if (!position) {
            return position.error();
        }
        if (const auto& surface = session().screen.surface()) {
            pending_.push_back(PointerPosition{{clamped_position(position->x, surface->size.width),
                                                clamped_position(position->y, surface->size.height)}});
        }
    }
    acknowledge_motion();
    return {};
}

Result<> InputsChannel::parse_button(uint16_t type, Bytes body) {
    const auto message = protocol::MouseButton::parse(body);
    if (!message) {
        return message.error();
    }
    if (const uint8_t button = button_number(message->button); button != 0) {
        pending_.push_back(ButtonEvent{button, type == SPICE_MSGC_INPUTS_MOUSE_PRESS});
    }
    return {};
}

// On receipt, not when the desktop has taken the motion: clients hold motion back while acknowledgements are
// missing, so a late one is pointer lag.
void InputsChannel::acknowledge_motion() {
    if (++unacknowledged_motions_ == SPICE_INPUT_MOTION_ACK_BUNCH) {
        unacknowledged_motions_ = 0;
        send(SPICE_MSG_INPUTS_MOUSE_MOTION_ACK, {});
    }
}

} // namespace spice::channels
