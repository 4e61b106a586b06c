#include "spice-core/pending_update.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace spice {

namespace {

size_t rect_count(const std::vector<Copy>& copies) {
    size_t count = 0;
    for (const Copy& copy : copies) {
        count += copy.destination.rect_count();
    }
    return count;
}

} // namespace

void PendingUpdate::add_changed(const Region& region) {
    changed_ |= region;
    if (changed_.rect_count() > kMaxChangedRects) {
        // Half of the limit, so that the next rectangles do not do the same work again.
        changed_ = changed_.simplified(kMaxChangedRects / 2);
    }
}

void PendingUpdate::add_copy(const Copy& copy) {
    if (copy.dx == 0 && copy.dy == 0) {
        return;
    }
    // The receiver has wrong pixels in `changed`, so what was copied from there is wrong at its destination;
    // what was copied from elsewhere is right, and takes its destination out of `changed`. The source was
    // read before the destination was written, so a copy that overlaps itself needs no special case.
    Copy known{copy.destination, copy.dx, copy.dy};
    if (!changed_.empty()) {
        Region unknown = changed_.translated(copy.dx, copy.dy);
        unknown &= copy.destination;
        known.destination -= unknown;
        changed_ -= known.destination;
        add_changed(unknown);
        // Covering `changed` with fewer rectangles may have taken in some of what is known.
    }
    if (known.destination.empty() || extends_last_copy(known)) {
        return;
    }
    copies_.push_back(std::move(known));
    bound_copies();
}

// Side by side with the same offset, and not reading what the last copy wrote: together one simultaneous
// copy.
bool PendingUpdate::extends_last_copy(const Copy& copy) {
    if (copies_.empty()) {
        return false;
    }
    Copy& last = copies_.back();
    if (copy.dx != last.dx || copy.dy != last.dy || copy.source().overlaps(last.destination)) {
        return false;
    }
    last.destination |= copy.destination;
    bound_copies();
    return true;
}

PendingUpdate::Taken PendingUpdate::take() {
    simplify_copies();
    return Taken{std::exchange(copies_, {}), std::exchange(changed_, {})};
}

PendingUpdate::Taken PendingUpdate::take(const Region& part) {
    simplify_copies();
    Taken taken{std::exchange(copies_, {}), changed_ & part};
    changed_ -= part;
    return taken;
}

void PendingUpdate::remove_changed(const Region& region) {
    assert(copies_.empty()); // their pixels would come before those that were told
    changed_ -= region;
}

void PendingUpdate::clear() {
    copies_.clear();
    changed_.clear();
}

// Backwards through the copies, with the pixels that are dead: those that `changed` or a later copy replaces
// before any later copy reads them. Destinations are trimmed to what is alive. Where a copy reads only what
// the copy before it wrote, and nothing else needs that, the pixels might as well have come in one step: that
// turns a hundred small scrolls, or a window's way across the screen, into one copy.
void PendingUpdate::simplify_copies() {
    Region dead = changed_;
    for (size_t i = copies_.size(); i-- > 0;) {
        Copy& copy = copies_[i];
        copy.destination -= dead;
        if (i > 0 && !copy.destination.empty()) {
            Copy& before = copies_[i - 1];
            const Region others = before.destination - copy.destination - dead;
            if (others.empty() && before.destination.contains(copy.source())) {
                before = Copy{std::move(copy.destination), before.dx + copy.dx, before.dy + copy.dy};
                copy.destination.clear();
                continue;
            }
        }
        if (copy.dx == 0 && copy.dy == 0) {
            copy.destination.clear(); // came back to where it was
        }
        dead |= copy.destination;
        dead -= copy.source();
    }
    std::erase_if(copies_, [](const Copy& copy) { return copy.destination.empty(); });
}

void PendingUpdate::bound_copies() {
    if (copies_.size() <= kMaxCopies && rect_count(copies_) <= kMaxCopyRects) {
        return;
    }
    simplify_copies();
    // Down to half of the limits, so that the next copy does not do the same work again.
    while (copies_.size() > kMaxCopies / 2 || rect_count(copies_) > kMaxCopyRects / 2) {
        fold_smallest_copy();
    }
}

// Gives up the copy that saves the fewest pixels: what it wrote, wherever later copies took it, is sent as
// pixels instead.
void PendingUpdate::fold_smallest_copy() {
    auto smallest = std::ranges::min_element(copies_, {}, [](const Copy& copy) {
        return copy.destination.area() / static_cast<int64_t>(copy.destination.rect_count());
    });
    Region lost = smallest->destination;
    for (auto later = smallest + 1; later != copies_.end(); ++later) {
        Region reached = lost.translated(later->dx, later->dy);
        reached &= later->destination;
        lost -= later->destination;
        later->destination -= reached;
        lost |= reached;
    }
    copies_.erase(smallest);
    std::erase_if(copies_, [](const Copy& copy) { return copy.destination.empty(); });
    add_changed(lost);
}

} // namespace spice
