#include "display/image_planner.hpp"

#include "display/cell_grid.hpp"
#include "display/content_class.hpp"

#include <algorithm>
#include <utility>

namespace spice::display {

namespace {

// Drawing from the cache costs a message of 81 bytes, which is what the smallest image costs besides its
// data.
constexpr int64_t kMinKept = 48; // pixels
// Up to this size it is a character or an icon, which come again: they are kept when they come first, unless
// they come in crowds.
constexpr int64_t kCharacter = 1024; // pixels
constexpr size_t kCrowd = 4;         // images in one update
// Nor is it worth refining: a JPEG's tables alone are 640 bytes.
constexpr int64_t kMinLossy = 16 * 1024; // pixels

} // namespace

// The screen's pixels in `area`, which later commits overwrite.
codecs::ImageView view_of(const Screen& screen, const Rect& area) {
    const size_t offset = static_cast<size_t>(area.y1) * screen.stride() + static_cast<size_t>(area.x1);
    return codecs::xrgb_view(&screen.pixels()[offset], screen.stride(), static_cast<uint32_t>(area.width()),
                             static_cast<uint32_t>(area.height()));
}

// A cell that the client has, or that comes up a second time, is better drawn as a whole. What a film shows
// beside its border does not come again.
bool ImagePlanner::take_whole(const Rect& cell, const Screen& screen, Time now) {
    const Activity& activity = activity_at(cell);
    if (activity.frames >= kVideoFrames && activity.goes_on(now)) {
        return false;
    }
    const codecs::ContentKey key = content_key(view_of(screen, cell));
    return cache_.find(key) || cache_.seen_before(key);
}

PlannedImage ImagePlanner::image(const Rect& area, bool keep, const Screen& screen) {
    PlannedImage planned{area, content_key(view_of(screen, area)), {}};
    if (area.area() >= kMinKept) {
        planned.cached = cache_.find(planned.key);
        planned.keep = !planned.cached && (keep || cache_.seen_before(planned.key));
    }
    return planned;
}

ImagePlanner::Plan ImagePlanner::plan(const Region& changed, const Screen& screen, int64_t waiting,
                                      LinkSpeed link, bool may_be_lossy, Time now) {
    UpdatePlan pieces =
        plan_update(changed, screen, [&](const Rect& cell) { return take_whole(cell, screen, now); });
    Plan plan;
    plan.covered = pieces.covered();
    plan.fills = std::move(pieces.fills);
    for (const Rect& cell : pieces.cells) {
        plan.images.push_back(image(cell, true, screen));
    }
    for (const Rect& part : pieces.parts) {
        const bool character = part.area() <= kCharacter && pieces.parts.size() <= kCrowd;
        plan.images.push_back(image(part, character, screen));
    }
    std::vector<PlannedImage*> photographs;
    for (PlannedImage& planned : plan.images) {
        if (planned.cached) {
            continue;
        }
        const int64_t area = planned.area.area();
        const bool lossy = may_be_lossy && area >= kMinLossy;
        const ContentClass content =
            lossy ? watch(planned, screen, now) : classify_content(view_of(screen, planned.area));
        planned.choice = choose_codec(preferences_, content, area, link);
        if (lossy && (planned.video || suits_jpeg(content))) {
            photographs.push_back(&planned);
        }
    }
    if (!photographs.empty()) {
        const auto rest = static_cast<double>(std::max<int64_t>(0, waiting - changed.area()));
        make_lossy(photographs, rest / static_cast<double>(plan.covered.area()), link);
    }
    return plan;
}

// `more`: as many times the pixels of this update wait, too; they are taken to be as photographic.
void ImagePlanner::make_lossy(const std::vector<PlannedImage*>& photographs, double more, LinkSpeed link) {
    int64_t pixels = 0;
    for (const PlannedImage* planned : photographs) {
        pixels += planned->area.area();
    }
    pixels += static_cast<int64_t>(static_cast<double>(pixels) * more);
    for (PlannedImage* planned : photographs) {
        if (const codecs::ImageCodec* jpeg = choose_lossy(preferences_, pixels, planned->video, link)) {
            planned->choice = {{jpeg, nullptr}};
            planned->lossy = true;
            planned->keep = false;
        }
    }
}

ImagePlanner::Activity& ImagePlanner::activity_at(const Rect& area) {
    const auto column = static_cast<uint32_t>((area.x1 + area.x2) / 2 / kCell);
    const auto row = static_cast<uint32_t>((area.y1 + area.y2) / 2 / kCell);
    return activity_[row << 16 | column];
}

// What it looks like, and whether it is video. Text that moves is found by the motion search: what changes
// all over again and again, though it does not look like a photograph, is film, too: a dark scene, a drawing.
ContentClass ImagePlanner::watch(PlannedImage& planned, const Screen& screen, Time now) {
    Activity& activity = activity_at(planned.area);
    activity.frames = activity.goes_on(now) ? activity.frames + 1 : 1;
    activity.last = now;
    // A film looks like its last frame, mostly.
    if (activity.frames <= kVideoFrames || activity.frames % kVideoFrames == 0) {
        activity.content = classify_content(view_of(screen, planned.area));
    }
    const bool patterns = activity.content == ContentClass::patterns;
    planned.video = activity.frames >= (patterns ? 4 * kVideoFrames : kVideoFrames);
    return activity.content;
}

} // namespace spice::display
