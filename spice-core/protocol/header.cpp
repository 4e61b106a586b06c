#include "protocol/header.hpp"

#include <cassert>
#include <limits>

namespace spice::protocol {

Result<MessageHeader> parse_header(HeaderForm form, Bytes bytes) {
    ByteReader in(bytes);
    MessageHeader header;
    if (form == HeaderForm::full) {
        in.skip(sizeof(SpiceDataHeader::serial));
    }
    header.type = in.u16();
    header.size = in.u32();
    if (form == HeaderForm::full) {
        in.skip(sizeof(SpiceDataHeader::sub_list));
    }
    if (!in.ok()) {
        return Error{"message header: too short"};
    }
    if (header.size > kMaxClientMessage) {
        return Error{"message header: size above every message's limit"};
    }
    return header;
}

void write_header(ByteWriter& out, HeaderForm form, uint16_t type, size_t body_size, uint64_t serial) {
    assert(body_size <= std::numeric_limits<uint32_t>::max());
    const auto size = static_cast<uint32_t>(body_size);
    if (form == HeaderForm::full) {
        out.u64(serial).u16(type).u32(size).u32(0);
    } else {
        out.u16(type).u32(size);
    }
}

} // namespace spice::protocol
