#include "control/picture_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <span>
#include <system_error>
#include <vector>

namespace spice::control {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
}

// Not by a mapping: where memory is short that would be a signal instead of an error.
void write_at(const UniqueFd& file, std::span<const uint32_t> pixels, size_t first) {
    const auto* bytes = reinterpret_cast<const char*>(pixels.data());
    size_t left = pixels.size_bytes();
    auto offset = static_cast<off_t>(first * sizeof(uint32_t));
    while (left > 0) {
        const ssize_t written = ::pwrite(file.value(), bytes, left, offset);
        if (written < 0 && errno != EINTR) {
            fail("memfd");
        }
        const auto done = static_cast<size_t>(std::max<ssize_t>(written, 0));
        bytes += done;
        left -= done;
        offset += static_cast<off_t>(done);
    }
}

// Each channel of `pixel` times `factor` / 255, rounded.
uint32_t scaled(uint32_t pixel, uint32_t factor) {
    uint32_t result = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        const uint32_t product = ((pixel >> shift) & 0xff) * factor + 0x80;
        result |= ((product + (product >> 8)) >> 8) << shift;
    }
    return result;
}

// Premultiplied `source` over `below`, as X blends pictures.
uint32_t over(uint32_t source, uint32_t below) {
    const uint32_t rest = scaled(below, 255 - (source >> 24));
    uint32_t result = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        const uint32_t sum = ((source >> shift) & 0xff) + ((rest >> shift) & 0xff);
        result |= std::min<uint32_t>(sum, 0xff) << shift;
    }
    return result;
}

} // namespace

Rect shown_area(const Cursor& cursor, const Surface& surface) {
    if (!cursor.shape) {
        return {};
    }
    const int x = cursor.position.x - cursor.shape->hot_spot.x;
    const int y = cursor.position.y - cursor.shape->hot_spot.y;
    const Rect whole{x, y, x + cursor.shape->size.width, y + cursor.shape->size.height};
    const Rect shown = intersect(whole, {0, 0, surface.size.width, surface.size.height});
    return shown.empty() ? Rect{} : shown;
}

PictureFile::PictureFile(Size size)
    : size_(size), file_(::memfd_create("xspice screen", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    if (!file_ || ::ftruncate(file_.value(), static_cast<off_t>(stride()) * size.height) != 0 ||
        ::fcntl(file_.value(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
        fail("memfd");
    }
}

void PictureFile::write(const display::Screen& screen, const Region& region) {
    const auto width = static_cast<size_t>(size_.width);
    for (const Rect& rect : region.rects()) {
        const auto y1 = static_cast<size_t>(rect.y1);
        const auto y2 = static_cast<size_t>(rect.y2);
        if (rect.width() * 2 >= size_.width) { // one write of whole rows
            write_at(file_, screen.pixels().subspan(y1 * width, (y2 - y1) * width), y1 * width);
            continue;
        }
        for (size_t y = y1; y < y2; ++y) {
            const size_t first = y * width + static_cast<size_t>(rect.x1);
            write_at(file_, screen.pixels().subspan(first, static_cast<size_t>(rect.width())), first);
        }
    }
}

void PictureFile::write_cursor(const display::Screen& screen, const Cursor& cursor) {
    const Rect area = shown_area(cursor, *screen.surface());
    std::vector<uint32_t> row(static_cast<size_t>(area.width()));
    for (int y = area.y1; y < area.y2; ++y) {
        const CursorShape& shape = *cursor.shape;
        const size_t first = static_cast<size_t>(y) * screen.stride() + static_cast<size_t>(area.x1);
        const int left = area.x1 - cursor.position.x + shape.hot_spot.x; // in the shape
        const int top = y - cursor.position.y + shape.hot_spot.y;
        const uint32_t* source = shape.pixels.get() + top * shape.size.width + left;
        for (size_t x = 0; x < row.size(); ++x) {
            row[x] = over(source[x], screen.pixels()[first + x]);
        }
        write_at(file_, row, first);
    }
}

void PictureFile::seal() {
    if (::fcntl(file_.value(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
        fail("memfd");
    }
}

UniqueFd PictureFile::descriptor() const {
    UniqueFd copy(::fcntl(file_.value(), F_DUPFD_CLOEXEC, 3));
    if (!copy) {
        fail("descriptor");
    }
    return copy;
}

} // namespace spice::control
