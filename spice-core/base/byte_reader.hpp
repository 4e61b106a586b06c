// Reads little endian values from bytes that somebody else wrote.
//
// Reading past the end yields zeros and makes ok() false for good, so a parser reads its whole layout first
// and asks once. Nothing is allocated and nothing outside the span is touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace spice {

using Bytes = std::span<const uint8_t>;

class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

    uint8_t u8() { return static_cast<uint8_t>(little_endian(1)); }
    uint16_t u16() { return static_cast<uint16_t>(little_endian(2)); }
    uint32_t u32() { return static_cast<uint32_t>(little_endian(4)); }
    int32_t i32() { return static_cast<int32_t>(u32()); }
    uint64_t u64() { return little_endian(8); }
    // The next `count` bytes, or an empty span when there are fewer.
    Bytes bytes(size_t count) {
        if (count > bytes_.size()) {
            fail();
            return {};
        }
        Bytes taken = bytes_.first(count);
        bytes_ = bytes_.subspan(count);
        return taken;
    }
    void skip(size_t count) { bytes(count); }

    bool ok() const { return ok_; }
    size_t remaining() const { return bytes_.size(); }
    bool at_end() const { return bytes_.empty(); }
    void fail() {
        ok_ = false;
        bytes_ = {};
    }

private:
    uint64_t little_endian(size_t count) {
        Bytes taken = bytes(count);
        uint64_t value = 0;
        for (size_t i = 0; i < taken.size(); ++i) {
            value |= uint64_t{taken[i]} << (8 * i);
        }
        return value;
    }

    Bytes bytes_;
    bool ok_ = true;
};

} // namespace spice
