// Bytes into a space of limited size, for encoders that may find that an image does not get small enough.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace spice::codecs {

// Refuses what does not fit, and whatever comes after that.
class BoundedOutput {
public:
    explicit BoundedOutput(std::span<uint8_t> into)
        : begin_(into.data()), to_(begin_), end_(begin_ + into.size()) {}

    bool full() const { return full_; }
    size_t size() const { return static_cast<size_t>(to_ - begin_); }

    // Whether so many bytes may be put; they all must be then.
    bool room(size_t count) {
        full_ = full_ || static_cast<size_t>(end_ - to_) < count;
        return !full_;
    }
    void put(size_t byte) { *to_++ = static_cast<uint8_t>(byte); }
    // Where the next bytes go, for whoever writes them and then calls advance().
    uint8_t* next() { return to_; }
    void advance(size_t count) { to_ += count; }

private:
    uint8_t* begin_;
    uint8_t* to_;
    uint8_t* end_;
    bool full_ = false;
};

} // namespace spice::codecs
