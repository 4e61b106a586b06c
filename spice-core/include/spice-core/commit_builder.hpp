// The front-end's side of a commit: collects what was done to the desktop until the core is ready for it.
//
// Belongs to the front-end thread (Xorg's main thread). Bounded by the surface, not by the number of
// operations: what merges, merges. While nobody watches, it remembers only the latest state of each thing.
#pragma once

#include "spice-core/display_command.hpp"
#include "spice-core/pending_update.hpp"

#include <cstddef>

namespace spice {

// Pixels of the whole primary surface, read during build() only.
struct FramebufferView {
    const uint32_t* pixels = nullptr; // upper left pixel
    size_t stride = 0;                // pixels from one row to the next
    Size size;
};

class CommitBuilder {
public:
    // The surface was made or resized: its whole content is new, older operations on it are void.
    void set_surface(const Surface& surface);
    void add_changed(const Region& region); // clipped to the surface
    // Call before a later operation touches source or destination, after add_changed() of all earlier ones.
    void add_copy(const Region& destination, int dx, int dy);
    void set_monitors(MonitorsConfig monitors);
    void set_cursor(Cursor cursor);
    void set_cursor_position(Point position);
    void set_lock_keys(LockKeys lock_keys);

    // From false to true, the next commit carries everything: surface, all pixels, monitors, cursor, locks.
    void set_watched(bool watched);
    bool watched() const { return watched_; }

    // Whether build() would say anything.
    bool dirty() const;

    // Takes what has been collected, with the pixels that `framebuffer` shows now; its size must be the
    // surface's.
    Commit build(const FramebufferView& framebuffer);

private:
    bool watched_ = false;
    std::optional<Surface> surface_;
    std::optional<MonitorsConfig> monitors_;
    std::optional<Cursor> cursor_;
    LockKeys lock_keys_ = 0;
    bool surface_dirty_ = false;
    bool monitors_dirty_ = false;
    bool cursor_dirty_ = false;
    bool cursor_position_dirty_ = false;
    bool lock_keys_dirty_ = false;
    PendingUpdate pending_;
};

} // namespace spice
