// The picture of the screen that the display keeps for us, in memory that both share.
#pragma once

#include "base/result.hpp"
#include "recorder/control_connection.hpp"
#include "recorder/picture.hpp"

#include <cstddef>

namespace spice::recorder {

class Capture {
public:
    // From an answer that brings a picture's `width`, `height`, `stride` and memory. Nothing of it is
    // believed: the memory must have room for all of the picture, and be sealed against becoming smaller.
    static Result<Capture> open(Answer answer);

    Capture(Capture&& other) noexcept;
    Capture& operator=(Capture&& other) noexcept;
    ~Capture();

    // Changes only between the request of the next `frame` and its answer.
    const PictureView& picture() const { return picture_; }

private:
    Capture(std::byte* memory, size_t length, PictureView picture);

    std::byte* memory_; // null: moved from
    size_t length_;
    PictureView picture_;
};

} // namespace spice::recorder
