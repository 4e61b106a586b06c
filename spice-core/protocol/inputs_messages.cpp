#include "protocol/inputs_messages.hpp"

#include "base/byte_writer.hpp"
#include "protocol/parse.hpp"

namespace spice::protocol {

std::vector<uint8_t> InputsInit::body() const {
    return ByteWriter().u16(lock_keys).take();
}

std::vector<uint8_t> InputsKeyModifiers::body() const {
    return ByteWriter().u16(lock_keys).take();
}

Result<KeyCode> KeyCode::parse(Bytes body) {
    ByteReader in(body);
    KeyCode message;
    message.code = in.u32();
    return complete(in, message, "inputs key_down/key_up: shorter than 4 bytes");
}

Result<KeyModifiers> KeyModifiers::parse(Bytes body) {
    ByteReader in(body);
    KeyModifiers message;
    message.lock_keys = in.u16();
    return complete(in, message, "inputs key_modifiers: shorter than 2 bytes");
}

Result<MouseMotion> MouseMotion::parse(Bytes body) {
    ByteReader in(body);
    MouseMotion message;
    message.dx = in.i32();
    message.dy = in.i32();
    message.buttons = in.u16();
    return complete(in, message, "inputs mouse_motion: shorter than 10 bytes");
}

Result<MousePosition> MousePosition::parse(Bytes body) {
    ByteReader in(body);
    MousePosition message;
    message.x = in.u32();
    message.y = in.u32();
    message.buttons = in.u16();
    message.display = in.u8();
    return complete(in, message, "inputs mouse_position: shorter than 11 bytes");
}

Result<MouseButton> MouseButton::parse(Bytes body) {
    ByteReader in(body);
    MouseButton message;
    message.button = in.u8();
    message.buttons = in.u16();
    return complete(in, message, "inputs mouse_press/mouse_release: shorter than 3 bytes");
}

} // namespace spice::protocol
