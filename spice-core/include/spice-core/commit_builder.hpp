// The front-end's side of a commit: collects what was done to the desktop until the core is ready for it.
//
// Belongs to the front-end thread (Xorg's main thread). Bounded by the surface, not by the number of
// operations: what merges, merges. While nobody watches, it remembers only the latest state of each thing.
#pragma once

#include "spice-core/display_command.hpp"
#include "spice-core/pending_update.hpp"

#include <cstddef>
#include <memory>

namespace spice {

class CommitMemory;

// Pixels of the whole primary surface, read during build() only.
struct FramebufferView {
    const uint32_t* pixels = nullptr; // upper left pixel
    size_t stride = 0;                // pixels from one row to the next
    Size size;
};

class CommitBuilder {
public:
    CommitBuilder();

    // The surface was made or resized: its whole content is new, older operations on it are void.
    void set_surface(const Surface& surface);
    void add_changed(const Region& region); // clipped to the surface
    // Call before a later operation touches source or destination, after add_changed() of all earlier ones.
    void add_copy(const Region& destination, int dx, int dy);
    // False: so many copies were told since the last commit that one more is better told as a change. Each
    // costs more than its pixels then, and where pixels move that often, little is left to copy.
    bool wants_copies() const { return copies_told_ < PendingUpdate::kMaxCopies; }
    void set_monitors(MonitorsConfig monitors);
    void set_cursor(Cursor cursor);
    void set_cursor_position(Point position);
    void set_lock_keys(LockKeys lock_keys);
    // The answers to Desktop::want_commit() and want_monitors(): a commit is due even if nothing changed.
    void set_reached(uint64_t token);
    void set_monitors_answer(MonitorsAnswer answer);

    // From false to true, the next commit carries everything: surface, all pixels, monitors, cursor, locks,
    // and the answers again.
    void set_watched(bool watched);
    bool watched() const { return watched_; }

    // Whether build() would say anything.
    bool dirty() const;

    // Takes what has been collected, with the pixels that `framebuffer` shows now; its size must be the
    // surface's.
    //
    // A commit of many pixels has them in memory that comes back when the last reference is dropped, on
    // whatever thread, and serves the next such commit: at most one surface's worth is kept, and none any
    // more after kSmallCommits small commits in a row, when nobody watches, or when the surface changes size.
    Commit build(const FramebufferView& framebuffer);

    static constexpr int kSmallCommits = 16;
    size_t kept_pixels() const; // that wait for the next commit, in pixels of 4 bytes

private:
    std::shared_ptr<uint32_t[]> memory_for(size_t pixels);

    bool watched_ = false;
    std::optional<Surface> surface_;
    std::optional<MonitorsConfig> monitors_;
    std::optional<Cursor> cursor_;
    LockKeys lock_keys_ = 0;
    std::optional<uint64_t> reached_;
    std::optional<MonitorsAnswer> monitors_answer_;
    bool surface_dirty_ = false;
    bool monitors_dirty_ = false;
    bool cursor_dirty_ = false;
    bool cursor_position_dirty_ = false;
    bool lock_keys_dirty_ = false;
    bool reached_dirty_ = false;
    bool monitors_answer_dirty_ = false;
    PendingUpdate pending_;
    size_t copies_told_ = 0;               // since the last commit
    std::shared_ptr<CommitMemory> memory_; // with the commits under way
    int small_commits_ = 0;                // since the last one of many pixels
};

} // namespace spice
