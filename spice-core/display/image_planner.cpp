#include "display/image_planner.hpp"

#include "display/cell_grid.hpp"
#include "display/photograph_search.hpp"

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
// Cells of which so much changed are drawn as a whole where a dictionary makes little of the rest.
constexpr int64_t kLargeShare = 40; // percent
// A photograph of which less is seen in one direction is what a scroll uncovers: it does not come again.
constexpr int32_t kStrip = 64; // pixels

// As the grid divides it.
std::vector<Rect> in_cells(const Rect& area) {
    std::vector<Rect> parts;
    for_each_cell(
        area, [&](int32_t column, int32_t row) { parts.push_back(intersect(area, cell_at(column, row))); });
    return parts;
}

bool may_have_photographs(ContentClass content) {
    return content == ContentClass::patterns || content == ContentClass::mixed;
}

// What the screen shows in this place at this moment: as good as the content where that does not come again,
// and it costs nothing. It differs from the keys of contents but with a probability of 2^-128.
codecs::ContentKey moment_key(const Rect& area, const Screen& screen) {
    static_assert(kMaxSurfaceEdge < 1 << 15);
    const uint64_t place = static_cast<uint64_t>(area.y1) << 15 | static_cast<uint64_t>(area.x1);
    return {screen.generation() << 30 | place, 0, static_cast<uint32_t>(area.width()),
            static_cast<uint32_t>(area.height())};
}

} // namespace

// A cell that the client has, or that comes up a second time, is better drawn as a whole. What a film shows
// beside its border does not come again.
bool ImagePlanner::take_whole(const Rect& cell, int64_t changed_pixels, const Screen& screen, Time now) {
    if (film_.goes_on(cell, now)) {
        return false;
    }
    if (preferences_.alone && changed_pixels * 100 >= cell.area() * kLargeShare) {
        return true;
    }
    const codecs::ContentKey key = content_key(screen.view(cell));
    return cache_.find(key) || cache_.seen_before(key);
}

PlannedImage ImagePlanner::image(const Rect& area, bool keep, const Screen& screen) {
    PlannedImage planned{area, content_key(screen.view(area)), {}};
    if (area.area() >= kMinKept) {
        planned.cached = cache_.find(planned.key);
        planned.keep = !planned.cached && (keep || cache_.seen_before(planned.key));
    }
    return planned;
}

// One image, or several where that makes fewer bytes.
void ImagePlanner::add_images(const Rect& area, bool keep, const Screen& screen, Time now, Plan& plan) {
    PlannedImage whole = image(area, keep, screen);
    // A small one that comes again and again is what a scroll uncovers.
    const bool film = area.area() >= FilmWatch::kMinPiece && film_.goes_on(area, now);
    if (!whole.cached && !film) {
        const codecs::ImageView view = screen.view(area);
        whole.content = classify_content(view);
        if (may_have_photographs(*whole.content) && chooses_by_content(preferences_)) {
            std::vector<Rect> photographs = find_photographs(view);
            if (!photographs.empty()) {
                cache_.seen_before(whole.key); // next time it is taken as a whole, and divided again
                add_divided(area, std::move(photographs), keep, screen, plan);
                return;
            }
        }
    }
    plan.images.push_back(std::move(whole));
}

// `photographs` count from the area's upper left corner.
void ImagePlanner::add_divided(const Rect& area, std::vector<Rect> photographs, bool keep,
                               const Screen& screen, Plan& plan) {
    for (Rect& photograph : photographs) {
        photograph = {area.x1 + photograph.x1, area.y1 + photograph.y1, area.x1 + photograph.x2,
                      area.y1 + photograph.y2};
        if (std::min(photograph.width(), photograph.height()) < kStrip) {
            plan.images.push_back(image(photograph, keep, screen));
            continue;
        }
        // The same pieces of it, whatever else changed.
        for (const Rect& part : in_cells(photograph)) {
            plan.images.push_back(image(part, true, screen));
        }
    }
    const Region rest = Region(area) - Region(photographs);
    for (const Rect& part : rest.rects()) {
        const codecs::ImageView view = screen.view(part);
        const ContentClass content = classify_content(view);
        if (content == ContentClass::solid) {
            plan.fills.push_back({part, *reinterpret_cast<const uint32_t*>(view.row(0))});
        } else {
            plan.images.push_back(image(part, keep, screen));
            plan.images.back().content = content;
            plan.images.back().beside_photograph = true;
        }
    }
}

ImagePlanner::Plan ImagePlanner::plan(const Region& changed, const Screen& screen, int64_t waiting,
                                      LinkSpeed link, bool may_be_lossy, Time now) {
    Plan plan;
    Region rest = changed;
    if (may_be_lossy && choose_lossy(preferences_, FilmWatch::kMinPiece, true, link) != nullptr) {
        for (const Rect& piece : film_.take(rest, screen, now)) {
            plan.covered |= piece;
            plan.images.push_back({piece, moment_key(piece, screen), std::nullopt, {}, true});
        }
    }
    UpdatePlan pieces = plan_update(rest, screen, [&](const Rect& cell, int64_t changed_pixels) {
        return take_whole(cell, changed_pixels, screen, now);
    });
    plan.covered |= pieces.covered();
    plan.fills = std::move(pieces.fills);
    for (const Rect& cell : pieces.cells) {
        add_images(cell, true, screen, now, plan);
    }
    for (const Rect& part : pieces.parts) {
        const bool character = part.area() <= kCharacter && pieces.parts.size() <= kCrowd;
        add_images(part, character, screen, now, plan);
    }
    std::vector<PlannedImage*> photographs;
    for (PlannedImage& planned : plan.images) {
        if (planned.film || choose(planned, screen, link, may_be_lossy, now)) {
            photographs.push_back(&planned);
        }
    }
    if (!photographs.empty()) {
        const auto others = static_cast<double>(std::max<int64_t>(0, waiting - changed.area()));
        make_lossy(photographs, others / static_cast<double>(plan.covered.area()), link);
    }
    return plan;
}

// Exact, as far as there is something to encode. True: a lossy image may do.
bool ImagePlanner::choose(PlannedImage& planned, const Screen& screen, LinkSpeed link, bool may_be_lossy,
                          Time now) {
    if (planned.cached) {
        return false;
    }
    const int64_t area = planned.area.area();
    const ContentClass content =
        planned.content ? *planned.content : classify_content(screen.view(planned.area));
    planned.choice = choose_codec(preferences_, content, area, link);
    if (!may_be_lossy || area < kMinCellChange || planned.beside_photograph) {
        return false;
    }
    planned.film = film_.shown(planned.area, content, now);
    return area >= FilmWatch::kMinPiece && (planned.film || suits_jpeg(content));
}

// `more`: as many times the pixels of this update wait, too; they are taken to be as photographic.
void ImagePlanner::make_lossy(const std::vector<PlannedImage*>& photographs, double more, LinkSpeed link) {
    int64_t pixels = 0;
    for (const PlannedImage* planned : photographs) {
        pixels += planned->area.area();
    }
    pixels += static_cast<int64_t>(static_cast<double>(pixels) * more);
    for (PlannedImage* planned : photographs) {
        if (const codecs::ImageCodec* jpeg = choose_lossy(preferences_, pixels, planned->film, link)) {
            planned->choice = {{jpeg, nullptr}};
            planned->lossy = true;
            planned->keep = false;
        }
    }
}

} // namespace spice::display
