// Reads the image formats whose fields are big endian.
#pragma once

#include "base/byte_reader.hpp"

#include <cstddef>
#include <cstdint>

namespace spice::test {

class BigEndianReader {
public:
    explicit BigEndianReader(Bytes bytes) : in_(bytes) {}
    uint32_t u8() { return in_.u8(); }
    uint32_t u16() {
        const uint32_t high = u8();
        return high << 8 | u8();
    }
    uint32_t u32() {
        const uint32_t high = u16();
        return high << 16 | u16();
    }
    Bytes bytes(size_t count) { return in_.bytes(count); }
    size_t remaining() const { return in_.remaining(); }
    bool ok() const { return in_.ok(); }
    bool at_end() const { return in_.at_end(); }

private:
    ByteReader in_;
};

} // namespace spice::test
