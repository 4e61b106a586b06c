// A picture that follows the screen when it is told to, written only where something changed.
//
// Core thread.
#pragma once

#include "base/clock.hpp"
#include "channels/session.hpp"
#include "channels/watchers.hpp"
#include "control/picture_file.hpp"
#include "display/screen.hpp"
#include "spice-core/pending_update.hpp"
#include "spice-core/region.hpp"

#include <cstdint>

namespace spice::control {

class Capture {
public:
    // Shows what the screen shows now; `watch` keeps the screen up to date for it. `session` outlives it, and
    // has a surface. Throws as PictureFile does.
    Capture(const channels::Session& session, channels::Watchers::Watch watch, bool with_cursor);

    void screen_updated(const display::ScreenUpdate& update);
    void cursor_changed();

    // Whether the screen shows something else by now.
    bool differs() const { return resized_ || cursor_dirty_ || !pending_.empty(); }
    TimePoint changed_at() const { return changed_at_; } // the newest change, also one that is shown already
    bool resized() const { return resized_; }            // it cannot follow any more; make another one
    // Now it shows what the screen shows. Only if it is not resized(). When it throws it still differs.
    void follow();

    const PictureFile& picture() const { return picture_; }
    bool with_cursor() const { return with_cursor_; }

private:
    void write(const Region& region);

    const channels::Session& session_;
    channels::Watchers::Watch watch_;
    const bool with_cursor_;
    PictureFile picture_;
    PendingUpdate pending_; // since follow(); no copies
    bool resized_ = false;
    bool cursor_dirty_ = false;
    Rect cursor_shown_{}; // where the picture has the pointer
    TimePoint changed_at_;
};

// The screen as it is now, sealed.
PictureFile screenshot(const channels::Session& session, bool with_cursor);

} // namespace spice::control
