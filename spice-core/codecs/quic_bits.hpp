// Bits to bytes as QUIC has them: the first bit is the uppermost one of a 32-bit word, words are little
// endian.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace spice::codecs::quic {

static_assert(std::endian::native == std::endian::little);

// Does not look for room: see BitOutput. Small enough to live in registers while pixels are coded.
class BitWriter {
public:
    explicit BitWriter(uint8_t* to) : to_(to) {}

    // `length`: 1 to 32, of which `bits` has no more.
    void put(uint64_t bits, uint32_t length) {
        // Fewer than 32 bits wait in the upper half, so there is room for 32 more. The upper half is always
        // written and kept until it is full: a branch here would go either way too often to be foretold.
        used_ += length;
        waiting_ |= bits << (64 - used_);
        const auto upper = static_cast<uint32_t>(waiting_ >> 32);
        std::memcpy(to_, &upper, sizeof upper);
        const uint32_t full = used_ & 32;
        to_ += full / 8;
        waiting_ <<= full;
        used_ -= full;
    }

    // Zeros up to the next word.
    void pad() {
        if (used_ > 0) {
            put(0, 32 - used_);
        }
    }

    uint8_t* end() const { return to_; } // of the words that are full
    void move_to(uint8_t* to) { to_ = to; }

private:
    uint8_t* to_;
    uint64_t waiting_ = 0; // from the top
    uint32_t used_ = 0;    // bits of waiting_, less than 32
};

// Bits on their way into memory of limited size, in blocks, so that room is looked for once per block.
class BitOutput {
public:
    // Bytes that may be put between two calls of make_room().
    static constexpr size_t kRoom = 1024;

    explicit BitOutput(std::span<uint8_t> into) : into_(into) {}
    BitOutput(const BitOutput&) = delete;
    BitOutput& operator=(const BitOutput&) = delete;

    void make_room() {
        if (bits.end() > block_.data() + (block_.size() - kSlack)) {
            drain();
        }
    }
    // Pads to a whole word. Then size() is final.
    void finish() {
        bits.pad();
        drain();
    }
    // Something did not fit; nothing more is written.
    bool full() const { return full_; }
    size_t size() const { return size_; }

private:
    static constexpr size_t kSlack = kRoom + 8; // and the words that BitWriter has begun and writes early

    void drain() {
        const auto count = static_cast<size_t>(bits.end() - block_.data());
        full_ = full_ || into_.size() - size_ < count;
        if (!full_) {
            std::memcpy(into_.data() + size_, block_.data(), count);
            size_ += count;
        }
        bits.move_to(block_.data());
    }

    std::array<uint8_t, 8192> block_;
    std::span<uint8_t> into_;
    size_t size_ = 0; // bytes used of into_
    bool full_ = false;

public:
    BitWriter bits{block_.data()};
};

} // namespace spice::codecs::quic
