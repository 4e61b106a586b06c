#include "protocol/base_messages.hpp"

#include "base/byte_writer.hpp"
#include "protocol/parse.hpp"

#include <cassert>

namespace spice::protocol {

namespace {

Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

} // namespace

std::vector<uint8_t> SetAck::body() const {
    return ByteWriter().u32(generation).u32(window).take();
}

std::vector<uint8_t> Ping::body() const {
    return ByteWriter().u32(id).u64(timestamp).zeros(padding).take();
}

std::vector<uint8_t> Disconnecting::body() const {
    return ByteWriter().u64(time_stamp).u32(reason).take();
}

std::vector<uint8_t> Notify::body() const {
    ByteWriter out;
    out.u64(time_stamp).u32(severity).u32(visibility).u32(what);
    out.u32(static_cast<uint32_t>(message.size())).bytes(bytes_of(message)).u8(0);
    return out.take();
}

std::vector<uint8_t> MessageList::body() const {
    assert(items.size() <= 0xffff);
    ByteWriter out;
    out.u16(static_cast<uint16_t>(items.size()));
    const size_t offsets = out.size();
    out.zeros(4 * items.size());
    for (size_t i = 0; i < items.size(); ++i) {
        out.patch_u32(offsets + 4 * i, static_cast<uint32_t>(out.size()));
        out.u16(items[i].type).u32(static_cast<uint32_t>(items[i].body.size())).bytes(items[i].body);
    }
    return out.take();
}

Result<AckSync> AckSync::parse(Bytes body) {
    ByteReader in(body);
    AckSync message;
    message.generation = in.u32();
    return complete(in, message, "ack_sync: shorter than 4 bytes");
}

Result<Pong> Pong::parse(Bytes body) {
    ByteReader in(body);
    Pong message;
    message.id = in.u32();
    message.timestamp = in.u64();
    return complete(in, message, "pong: shorter than 12 bytes");
}

Result<ClientDisconnecting> ClientDisconnecting::parse(Bytes body) {
    ByteReader in(body);
    ClientDisconnecting message;
    message.time_stamp = in.u64();
    message.reason = in.u32();
    return complete(in, message, "disconnecting: shorter than 12 bytes");
}

} // namespace spice::protocol
