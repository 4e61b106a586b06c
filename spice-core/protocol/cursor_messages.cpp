#include "protocol/cursor_messages.hpp"

#include "base/byte_writer.hpp"

#include <algorithm>
#include <limits>

namespace spice::protocol {

namespace {

uint16_t clamped(int value) {
    using Limits = std::numeric_limits<int16_t>;
    return static_cast<uint16_t>(std::clamp<int>(value, Limits::min(), Limits::max()));
}

void put_point(ByteWriter& out, const Point& position) {
    out.u16(clamped(position.x)).u16(clamped(position.y));
}

void put_image(ByteWriter& out, const CursorImage& image) {
    out.u16(image.flags);
    if ((image.flags & SPICE_CURSOR_FLAGS_NONE) != 0) {
        return;
    }
    out.u64(image.unique).u8(SPICE_CURSOR_TYPE_ALPHA);
    out.u16(clamped(image.size.width)).u16(clamped(image.size.height));
    put_point(out, image.hot_spot);
    out.bytes(image.pixels);
}

} // namespace

std::vector<uint8_t> CursorInit::body() const {
    ByteWriter out;
    put_point(out, position);
    out.u16(0).u16(0).u8(visible ? 1 : 0);
    put_image(out, image);
    return out.take();
}

std::vector<uint8_t> CursorSet::body() const {
    ByteWriter out;
    put_point(out, position);
    out.u8(visible ? 1 : 0);
    put_image(out, image);
    return out.take();
}

std::vector<uint8_t> CursorMove::body() const {
    ByteWriter out;
    put_point(out, position);
    return out.take();
}

std::vector<uint8_t> CursorInvalOne::body() const {
    return ByteWriter().u64(unique).take();
}

} // namespace spice::protocol
