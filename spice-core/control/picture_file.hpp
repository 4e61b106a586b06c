// The screen in a file in memory (memfd) whose descriptor can be given away: rows top to bottom without
// padding, pixels as display::Screen has them. Nobody can change the size of such a file.
#pragma once

#include "base/unique_fd.hpp"
#include "display/screen.hpp"
#include "spice-core/display_command.hpp"
#include "spice-core/region.hpp"

#include <cstddef>

namespace spice::control {

// Where the pointer is on the surface; empty when X shows none.
Rect shown_area(const Cursor& cursor, const Surface& surface);

class PictureFile {
public:
    // Still without content. Throws std::system_error when memory or descriptors are short, as all of it
    // does.
    explicit PictureFile(Size size);

    Size size() const { return size_; }
    size_t stride() const { return static_cast<size_t>(size_.width) * sizeof(uint32_t); } // bytes

    // What `screen`, which has this size, shows in `region`, and maybe around it.
    void write(const display::Screen& screen, const Region& region);
    // The pointer on top of what the screen shows there.
    void write_cursor(const display::Screen& screen, const Cursor& cursor);
    // Nobody writes any more.
    void seal();

    UniqueFd descriptor() const; // a new one

private:
    Size size_;
    UniqueFd file_;
};

} // namespace spice::control
