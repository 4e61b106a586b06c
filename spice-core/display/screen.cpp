#include "display/screen.hpp"

#include "display/copy_order.hpp"
#include "display/image_area.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace spice::display {

namespace {

// More rectangles than this say no more to anybody: trackers keep fewer, and each costs a message.
constexpr size_t kMaxRects = 256;

Region written_by(std::span<const Copy> copies) {
    Region written;
    for (const Copy& copy : copies) {
        written |= copy.destination;
    }
    return written;
}

} // namespace

ScreenUpdate Screen::apply(const Commit& commit, CoveredPixels::Time now) {
    ScreenUpdate update;
    if (commit.surface && commit.surface->id == 0) {
        update.surface_changed = set_surface(*commit.surface);
    }
    if (commit.monitors && *commit.monitors != monitors_) {
        monitors_ = *commit.monitors;
        update.monitors_changed = true;
    }
    if (!surface_) {
        return update;
    }
    ++generation_;
    let_commit_go();
    covered_.advance(now);
    const Region bounds = Rect{0, 0, surface_->size.width, surface_->size.height};
    std::vector<Copy> told;
    for (const Copy& copy : commit.copies) {
        Copy inside{copy.destination & bounds & bounds.translated(copy.dx, copy.dy), copy.dx, copy.dy};
        if (!inside.destination.empty()) {
            told.push_back(std::move(inside));
        }
    }
    move(told, update);
    std::vector<Block> blocks = blocks_of(commit);
    if (update.surface_changed) {
        compare(blocks);
    } else {
        std::vector<PixelArea> after;
        for (const Block& block : blocks) {
            after.push_back(block.after);
        }
        if (std::optional<Copy> copy = motion_search_.repeated(picture(), after)) {
            move({&*copy, 1}, update);
        }
        compare(blocks);
        const std::vector<Copy> found = find_motion(blocks, after);
        move(found, update);
        compare_again(blocks, found);
    }
    write(blocks, update);
    if (update.surface_changed) {
        update.copies.clear();
        update.kept.clear();
        update.changed = bounds;
    }
    latest_ = commit.changed;
    if (covered_wanted_) {
        covered_.changed(update.changed | written_by(update.copies));
    }
    return update;
}

void Screen::write(const std::vector<Block>& blocks, ScreenUpdate& update) {
    std::vector<Rect> different;
    for (const Block& block : blocks) {
        different.insert(different.end(), block.different.begin(), block.different.end());
    }
    if (covered_wanted_) {
        Region lost(different);
        for (const Copy& copy : update.copies) {
            lost -= copy.source();
        }
        cover(std::move(lost), update);
    }
    for (const Block& block : blocks) {
        for (const Rect& rect : block.different) {
            write_pixels(block.after, rect);
        }
    }
    update.changed = Region(join_neighbours(different)).simplified(kMaxRects);
}

void Screen::move(std::span<const Copy> copies, ScreenUpdate& update) {
    if (covered_wanted_) {
        Region lost = written_by(copies);
        for (const Copy& copy : copies) {
            lost -= copy.source(); // which is to be seen elsewhere
        }
        cover(std::move(lost), update);
    }
    for (const Copy& copy : copies) {
        move_pixels(copy);
    }
    update.copies.insert(update.copies.end(), copies.begin(), copies.end());
}

// Only what the update's copies have not overwritten yet is what the screen showed before.
void Screen::cover(Region lost, ScreenUpdate& update) {
    const Region overwritten = written_by(update.copies);
    lost -= overwritten;
    covered_.cover(lost, overwritten, picture(), update.kept);
}

void Screen::keep_covered(bool wanted) {
    covered_wanted_ = wanted;
    if (!wanted) {
        covered_.clear();
    }
}

std::vector<Screen::Block> Screen::blocks_of(const Commit& commit) const {
    std::vector<Block> blocks;
    for (const PixelBlock& block : commit.changed) {
        const Rect area = intersect(block.area, picture().area);
        if (!area.empty()) {
            const PixelArea whole{block.area, block.pixels.get(), static_cast<size_t>(block.area.width())};
            blocks.push_back({{area, whole.at(area.x1, area.y1), whole.stride}, {}});
        }
    }
    return blocks;
}

void Screen::compare(std::vector<Block>& blocks) const {
    for (Block& block : blocks) {
        find_differences(block.after, picture(), block.after.area, block.different);
    }
}

std::vector<Copy> Screen::find_motion(const std::vector<Block>& blocks, std::span<const PixelArea> after) {
    std::vector<Rect> different;
    int64_t pixels = 0;
    for (const Block& block : blocks) {
        for (const Rect& rect : block.different) {
            different.push_back(rect);
            pixels += rect.area();
        }
    }
    if (pixels < MotionSearch::kMinDifferent) {
        return {};
    }
    return motion_search_.find(picture(), after, different);
}

// After the copies, which may have made right what differed and wrong what did not.
void Screen::compare_again(std::vector<Block>& blocks, const std::vector<Copy>& copies) const {
    const Region written = written_by(copies);
    for (Block& block : blocks) {
        if (!written.overlaps(block.after.area)) {
            continue;
        }
        const Region kept = Region(block.different) - written;
        block.different.assign(kept.rects().begin(), kept.rects().end());
        const Region again = written & Region(block.after.area);
        for (const Rect& rect : again.rects()) {
            find_differences(block.after, picture(), rect, block.different);
        }
        std::ranges::sort(block.different, {}, [](const Rect& rect) { return std::pair(rect.y1, rect.x1); });
    }
}

// True when the picture has another size than before. The same surface told again is no news: it is what the
// front-end says when somebody begins to watch.
bool Screen::set_surface(const Surface& surface) {
    if (surface_ && surface_->size == surface.size) {
        return false;
    }
    const auto width = static_cast<size_t>(std::clamp(surface.size.width, 1, kMaxSurfaceEdge));
    const auto height = static_cast<size_t>(std::clamp(surface.size.height, 1, kMaxSurfaceEdge));
    std::vector<uint32_t> pixels(width * height);
    pixels_ = std::move(pixels);
    covered_.clear();
    surface_ = Surface{0, {static_cast<int>(width), static_cast<int>(height)}};
    return true;
}

// `copy` lies inside the surface, source and destination.
void Screen::move_pixels(const Copy& copy) {
    for (const Rect& rect : copy_order(copy)) {
        const size_t bytes = static_cast<size_t>(rect.width()) * sizeof(uint32_t);
        const int32_t height = rect.height();
        for (int32_t i = 0; i < height; ++i) {
            const int32_t y = copy.dy > 0 ? rect.y2 - 1 - i : rect.y1 + i;
            const uint32_t* const from = pixel(rect.x1 - copy.dx, y - copy.dy);
            if (copy.dy == 0) {
                std::memmove(pixel(rect.x1, y), from, bytes); // within one row
            } else {
                copy_pixels(from, pixel(rect.x1, y), rect.width());
            }
        }
    }
}

codecs::ImageView Screen::view(const Rect& area) const {
    return codecs::xrgb_view(picture().at(area.x1, area.y1), stride(), static_cast<uint32_t>(area.width()),
                             static_cast<uint32_t>(area.height()));
}

Screen::StillPixels Screen::still(const Rect& area) const {
    for (const PixelBlock& block : latest_) {
        if (intersect(block.area, area) == area) {
            const auto stride = static_cast<size_t>(block.area.width());
            const PixelArea whole{block.area, block.pixels.get(), stride};
            return {{block.pixels, whole.at(area.x1, area.y1)}, stride};
        }
    }
    return {copy_of(area), static_cast<size_t>(area.width())};
}

std::shared_ptr<const uint32_t[]> Screen::copy_of(const Rect& area) const {
    std::shared_ptr<uint32_t[]> pixels =
        std::make_shared_for_overwrite<uint32_t[]>(static_cast<size_t>(area.area()));
    uint32_t* row = pixels.get();
    for (int32_t y = area.y1; y < area.y2; ++y, row += area.width()) {
        copy_pixels(picture().at(area.x1, y), row, area.width());
    }
    return pixels;
}

PixelArea Screen::picture() const {
    return {{0, 0, surface_->size.width, surface_->size.height}, pixels_.data(), stride()};
}

// `rect` lies in the area and in the surface.
void Screen::write_pixels(const PixelArea& from, const Rect& rect) {
    for (int32_t y = rect.y1; y < rect.y2; ++y) {
        copy_pixels(from.at(rect.x1, y), pixel(rect.x1, y), rect.width());
    }
}

} // namespace spice::display
