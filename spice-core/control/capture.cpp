#include "control/capture.hpp"

#include <chrono>
#include <utility>

namespace spice::control {

namespace {

Region whole(Size size) {
    return Rect{0, 0, size.width, size.height};
}

} // namespace

Capture::Capture(const channels::Session& session, channels::Watchers::Watch watch, bool with_cursor)
    : session_(session), watch_(std::move(watch)), with_cursor_(with_cursor),
      picture_(session.screen.surface()->size), changed_at_(std::chrono::steady_clock::now()) {
    write(whole(picture_.size()));
}

void Capture::screen_updated(const display::ScreenUpdate& update) {
    if (update.surface_changed) {
        resized_ = true;
    } else {
        for (const Copy& copy : update.copies) {
            pending_.add_changed(copy.destination);
        }
        pending_.add_changed(update.changed);
    }
    if (update.pixels_changed()) {
        changed_at_ = std::chrono::steady_clock::now();
    }
}

void Capture::cursor_changed() {
    const bool shown =
        !cursor_shown_.empty() || !shown_area(session_.cursor, *session_.screen.surface()).empty();
    if (with_cursor_ && shown) {
        cursor_dirty_ = true;
        changed_at_ = std::chrono::steady_clock::now();
    }
}

void Capture::follow() {
    write(pending_.changed() | Region(cursor_shown_));
    pending_.clear();
}

void Capture::write(const Region& region) {
    picture_.write(session_.screen, region);
    if (with_cursor_) {
        picture_.write_cursor(session_.screen, session_.cursor);
        cursor_shown_ = shown_area(session_.cursor, *session_.screen.surface());
        cursor_dirty_ = false;
    }
}

PictureFile screenshot(const channels::Session& session, bool with_cursor) {
    PictureFile picture(session.screen.surface()->size);
    picture.write(session.screen, whole(picture.size()));
    if (with_cursor) {
        picture.write_cursor(session.screen, session.cursor);
    }
    picture.seal();
    return picture;
}

} // namespace spice::control
