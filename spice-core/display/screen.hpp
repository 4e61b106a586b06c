// The desktop's picture as last committed: the truth that every client is brought to.
//
// Core thread. Applies commits, drops what did not really change (once for all clients) and answers with what
// each client's UpdateTracker has to add.
#pragma once

#include "codecs/pixel_format.hpp"
#include "display/covered_pixels.hpp"
#include "display/image_area.hpp"
#include "display/motion_search.hpp"
#include "spice-core/display_command.hpp"
#include "spice-core/region.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace spice::display {

// A commit after comparison: what really differs from the picture before.
struct ScreenUpdate {
    bool surface_changed = false; // a new primary surface: everything known about the old one is void
    std::vector<Copy> copies; // in order, before `changed`: those of the commit, then what was found to move
    Region changed;           // pixels that differ after the copies
    // What the update covers, as the screen showed it before: disjoint.
    std::vector<CoveredPixels::Kept> kept;
    bool monitors_changed = false;

    bool pixels_changed() const { return surface_changed || !copies.empty() || !changed.empty(); }
};

class Screen {
public:
    // Takes a commit in, whose pixels have an upper byte of 0. Areas outside the surface are ignored.
    ScreenUpdate apply(const Commit& commit, CoveredPixels::Time now = std::chrono::steady_clock::now());

    const std::optional<Surface>& surface() const { return surface_; } // none before the first commit
    const MonitorsConfig& monitors() const { return monitors_; }

    // Rows of the whole surface, top to bottom, stride() pixels apart; upper byte of each pixel is 0.
    std::span<const uint32_t> pixels() const { return pixels_; }
    size_t stride() const { return static_cast<size_t>(surface_ ? surface_->size.width : 0); }
    // Those in `area`, which lies in the surface; later commits overwrite them.
    codecs::ImageView view(const Rect& area) const;
    std::shared_ptr<const uint32_t[]> copy_of(const Rect& area) const; // without gaps
    // What stays as it is, too: the pixels of the commit that was applied last, or else a copy.
    struct StillPixels {
        std::shared_ptr<const uint32_t[]> first; // the upper left one
        size_t stride = 0;
    };
    StillPixels still(const Rect& area) const;
    // From now on still() copies: whoever had something to say of the last commit has said it.
    void let_commit_go() { latest_.clear(); }
    // Of the pixels: they are the same for as long as this is.
    uint64_t generation() const { return generation_; }
    PixelArea picture() const; // all of it; there must be a surface

    // What was covered lately. Nothing is kept but while somebody asks for it.
    const CoveredPixels& covered() const { return covered_; }
    void keep_covered(bool wanted);

private:
    // A block of a commit inside the surface, and what differs there.
    struct Block {
        PixelArea after;
        std::vector<Rect> different;
    };

    bool set_surface(const Surface& surface);
    std::vector<Block> blocks_of(const Commit& commit) const;
    void compare(std::vector<Block>& blocks) const;
    void move(std::span<const Copy> copies, ScreenUpdate& update);
    void write(const std::vector<Block>& blocks, ScreenUpdate& update);
    void cover(Region lost, ScreenUpdate& update);
    std::vector<Copy> find_motion(const std::vector<Block>& blocks, std::span<const PixelArea> after);
    void compare_again(std::vector<Block>& blocks, const std::vector<Copy>& copies) const;
    void move_pixels(const Copy& copy);
    void write_pixels(const PixelArea& from, const Rect& rect);
    uint32_t* pixel(int32_t x, int32_t y) {
        return pixels_.data() + static_cast<size_t>(y) * stride() + static_cast<size_t>(x);
    }

    std::optional<Surface> surface_;
    MonitorsConfig monitors_;
    std::vector<uint32_t> pixels_;
    std::vector<PixelBlock> latest_; // of the last commit; pixels_ has the same in these areas
    uint64_t generation_ = 0;
    MotionSearch motion_search_;
    CoveredPixels covered_;
    bool covered_wanted_ = false;
};

} // namespace spice::display
