// Bytes to lines.
#pragma once

#include "control/wiped_memory.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace spice::control {

class LineBuffer {
public:
    static constexpr size_t kMaxLine = 1 << 20; // bytes, without its end

    // Where the next bytes go: never empty. Call next() first until it has no more.
    std::span<char> room();
    // So many of them have come.
    void filled(size_t bytes) { end_ += bytes; }
    // The oldest line that is whole, without its end; valid until the next call of anything here.
    std::optional<std::string_view> next();
    // What has come is more than a line may have, and no end was among it.
    bool too_long() const { return scanned_ - begin_ > kMaxLine; }

private:
    WipedChars bytes_;
    size_t begin_ = 0;   // of the oldest line that next() has not given
    size_t scanned_ = 0; // no end of a line from begin_ to here
    size_t end_ = 0;     // of what has come
};

} // namespace spice::control
