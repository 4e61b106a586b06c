// What somebody who shows an older state of a surface must be told: the algorithm that everything rests on.
//
// "Somebody" is the core between two commits (CommitBuilder) and each client between two updates
// (display/update_tracker.hpp). The state is a list of copies, valid one after another against what the
// receiver shows now, and a region whose current pixels must be sent after them. Operations merge into it,
// so its size is bounded by the surface and kMaxCopies, however many there are.
//
// Invariant: receiver's picture, then the copies in order, then the current pixels of `changed`, equals the
// current picture.
#pragma once

#include "spice-core/display_command.hpp"

#include <cstddef>
#include <vector>

namespace spice {

class PendingUpdate {
public:
    static constexpr size_t kMaxCopies = 32;        // more fold into `changed`
    static constexpr size_t kMaxCopyRects = 256;    // of all copies together; more fold into `changed`
    static constexpr size_t kMaxChangedRects = 256; // more are covered by fewer, larger ones

    struct Taken {
        std::vector<Copy> copies; // at most kMaxCopies
        Region changed;           // after the copies
    };

    bool empty() const { return copies_.empty() && changed_.empty(); }
    const Region& changed() const { return changed_; }
    const std::vector<Copy>& copies() const { return copies_; }

    // Pixels in `region` changed in a way that only their current values tell.
    void add_changed(const Region& region);
    // A copy was done, after everything added so far. `copy.source()` must lie inside the surface.
    void add_copy(const Copy& copy);
    // Hands out the whole state and starts again from nothing: the receiver is being told.
    Taken take();
    // As take(), but `changed` only as far as it lies in `part`; all copies go. The rest stays pending.
    Taken take(const Region& part);
    // The receiver is being told this part of `changed` besides what was taken. Only while no copy is
    // pending.
    void remove_changed(const Region& region);
    void clear();

private:
    bool extends_last_copy(const Copy& copy);
    void simplify_copies();
    void bound_copies();
    void fold_smallest_copy();

    std::vector<Copy> copies_;
    Region changed_;
};

} // namespace spice
