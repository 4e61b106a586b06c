// Writes little endian values into a growing buffer: the body of a message.
#pragma once

#include "base/byte_reader.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace spice {

class ByteWriter {
public:
    ByteWriter& u8(uint8_t value) { return little_endian(value, 1); }
    ByteWriter& u16(uint16_t value) { return little_endian(value, 2); }
    ByteWriter& u32(uint32_t value) { return little_endian(value, 4); }
    ByteWriter& i32(int32_t value) { return u32(static_cast<uint32_t>(value)); }
    ByteWriter& u64(uint64_t value) { return little_endian(value, 8); }
    ByteWriter& bytes(Bytes value) {
        buffer_.insert(buffer_.end(), value.begin(), value.end());
        return *this;
    }
    ByteWriter& zeros(size_t count) {
        buffer_.resize(buffer_.size() + count);
        return *this;
    }

    // Overwrites four bytes written before: offsets that are known only later.
    void patch_u32(size_t offset, uint32_t value) {
        assert(offset + 4 <= buffer_.size());
        for (size_t i = 0; i < 4; ++i) {
            buffer_[offset + i] = static_cast<uint8_t>(value >> (8 * i));
        }
    }

    void reserve(size_t size) { buffer_.reserve(size); }
    size_t size() const { return buffer_.size(); }
    Bytes view() const { return buffer_; }
    std::vector<uint8_t> take() { return std::exchange(buffer_, {}); }

private:
    ByteWriter& little_endian(uint64_t value, size_t count) {
        for (size_t i = 0; i < count; ++i) {
            buffer_.push_back(static_cast<uint8_t>(value >> (8 * i)));
        }
        return *this;
    }

    std::vector<uint8_t> buffer_;
};

} // namespace spice
