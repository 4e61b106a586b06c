// What a front-end tells the core about the desktop: plain values, pushed and never pulled.
//
// One Commit carries everything that happened since the commit before it. It is a value: its pixels are
// copied, owned and immutable, so the thread that made it may go on drawing at once. CommitBuilder
// (commit_builder.hpp) makes commits; Server::post() takes them.
#pragma once

#include "spice-core/region.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spice {

// Pixels of surfaces are 32 bits, native little endian 0x??RRGGBB: SPICE_SURFACE_FMT_32_xRGB. The upper
// byte is not part of the picture; the core sets it to 0 on entry so that equal pictures are equal bytes.

// The content of `area`, rows top to bottom without padding. The blocks of a commit share their memory: who
// keeps one keeps all.
struct PixelBlock {
    Rect area;
    std::shared_ptr<const uint32_t[]> pixels; // area.width() * area.height() values
};

// Pixels in `destination` became what the surface showed at (x - dx, y - dy) before the copy.
struct Copy {
    Region destination;
    int dx = 0;
    int dy = 0;

    Region source() const { return destination.translated(-dx, -dy); }
};

struct Surface {
    uint32_t id = 0; // 0 is the primary surface: the screen
    Size size;       // pixels, 1x1 to 16384x16384 (kMaxSurfaceEdge)
};

inline constexpr int kMaxSurfaceEdge = 16384;

// One output of the desktop, a rectangle of the primary surface.
struct Head {
    uint32_t id = 0;
    Rect area;

    friend bool operator==(const Head&, const Head&) = default;
};

struct MonitorsConfig {
    std::vector<Head> heads; // active outputs; at most max_heads
    uint32_t max_heads = 1;  // outputs that could be active, 1 to 16

    friend bool operator==(const MonitorsConfig&, const MonitorsConfig&) = default;
};

// A pointer image: premultiplied ARGB, rows top to bottom without padding.
struct CursorShape {
    Size size;                                // 1x1 to kMaxCursorEdge
    Point hot_spot;                           // inside the image
    std::shared_ptr<const uint32_t[]> pixels; // size.width * size.height values
};

inline constexpr int kMaxCursorEdge = 256;

struct Cursor {
    std::optional<CursorShape> shape; // none: X shows no pointer
    Point position;                   // of the hot spot, in surface coordinates
};

// Bits as in the protocol: SPICE_KEYBOARD_MODIFIER_FLAGS_SCROLL_LOCK 1, NUM_LOCK 2, CAPS_LOCK 4.
using LockKeys = uint8_t;

// What became of Desktop::want_monitors().
struct MonitorsAnswer {
    uint64_t token = 0;  // of the newest wish that was heard; older ones are replaced by it
    std::string refusal; // empty: the outputs are as wished; otherwise why they stay as they were, one line

    friend bool operator==(const MonitorsAnswer&, const MonitorsAnswer&) = default;
};

// Everything that changed between two moments. Apply in the order of the fields: a new surface (whose
// content is unknown until `changed` covers it), then the copies one after another, then the pixels.
struct Commit {
    std::optional<Surface> surface;  // set when the primary surface was made or changed its size
    std::vector<Copy> copies;        // against what the surface showed after the previous commit
    std::vector<PixelBlock> changed; // disjoint areas, inside the surface
    std::optional<MonitorsConfig> monitors;
    std::optional<Cursor> cursor;         // set when shape or visibility changed
    std::optional<Point> cursor_position; // set when only the position changed
    std::optional<LockKeys> lock_keys;
    std::optional<uint64_t> reached; // newest token of Desktop::want_commit() that was heard
    std::optional<MonitorsAnswer> monitors_answer;
};

} // namespace spice
