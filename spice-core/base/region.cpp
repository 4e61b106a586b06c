#include "spice-core/region.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace spice {

namespace {

// Rect has pixman's layout (asserted in the header), so a span of one is a span of the other.
const pixman_box32_t* as_boxes(const Rect* rects) {
    return reinterpret_cast<const pixman_box32_t*>(rects);
}

// `value` is not below `origin`.
int32_t round_down(int32_t value, int32_t origin, int32_t step) {
    return value - (value - origin) % step;
}

} // namespace

Rect intersect(const Rect& a, const Rect& b) {
    Rect both{std::max(a.x1, b.x1), std::max(a.y1, b.y1), std::min(a.x2, b.x2), std::min(a.y2, b.y2)};
    return both.empty() ? Rect{} : both;
}

Region::Region() {
    pixman_region32_init(&region_);
}

Region::Region(const Rect& rect) {
    if (rect.empty()) {
        pixman_region32_init(&region_);
    } else {
        pixman_region32_init_with_extents(&region_, const_cast<pixman_box32_t*>(as_boxes(&rect)));
    }
}

Region::Region(std::span<const Rect> rects) {
    std::vector<Rect> proper;
    proper.reserve(rects.size());
    std::ranges::copy_if(rects, std::back_inserter(proper), [](const Rect& rect) { return !rect.empty(); });
    pixman_region32_init_rects(&region_, as_boxes(proper.data()), static_cast<int>(proper.size()));
}

Region::Region(const Region& other) : Region() {
    *this = other;
}

Region::Region(Region&& other) noexcept : region_(other.region_) {
    pixman_region32_init(&other.region_);
}

Region& Region::operator=(const Region& other) {
    if (this != &other) {
        pixman_region32_copy(&region_, const_cast<pixman_region32_t*>(&other.region_));
    }
    return *this;
}

Region& Region::operator=(Region&& other) noexcept {
    std::swap(region_, other.region_);
    return *this;
}

Region::~Region() {
    pixman_region32_fini(&region_);
}

bool Region::empty() const {
    return pixman_region32_not_empty(const_cast<pixman_region32_t*>(&region_)) == 0;
}

int64_t Region::area() const {
    int64_t pixels = 0;
    for (const Rect& rect : rects()) {
        pixels += rect.area();
    }
    return pixels;
}

Rect Region::extents() const {
    if (empty()) {
        return {};
    }
    const pixman_box32_t& box = region_.extents;
    return {box.x1, box.y1, box.x2, box.y2};
}

std::span<const Rect> Region::rects() const {
    int count = 0;
    const pixman_box32_t* boxes =
        pixman_region32_rectangles(const_cast<pixman_region32_t*>(&region_), &count);
    return {reinterpret_cast<const Rect*>(boxes), static_cast<size_t>(count)};
}

bool Region::contains(Point point) const {
    return pixman_region32_contains_point(const_cast<pixman_region32_t*>(&region_), point.x, point.y,
                                          nullptr) != 0;
}

bool Region::contains(const Rect& rect) const {
    return rect.empty() || pixman_region32_contains_rectangle(const_cast<pixman_region32_t*>(&region_),
                                                              const_cast<pixman_box32_t*>(as_boxes(&rect))) ==
                               PIXMAN_REGION_IN;
}

bool Region::contains(const Region& other) const {
    return std::ranges::all_of(other.rects(), [this](const Rect& rect) { return contains(rect); });
}

bool Region::overlaps(const Rect& rect) const {
    return !rect.empty() && pixman_region32_contains_rectangle(
                                const_cast<pixman_region32_t*>(&region_),
                                const_cast<pixman_box32_t*>(as_boxes(&rect))) != PIXMAN_REGION_OUT;
}

bool Region::overlaps(const Region& other) const {
    if (intersect(extents(), other.extents()).empty()) {
        return false;
    }
    return std::ranges::any_of(other.rects(), [this](const Rect& rect) { return overlaps(rect); });
}

void Region::clear() {
    pixman_region32_clear(&region_);
}

void Region::translate(int dx, int dy) {
    pixman_region32_translate(&region_, dx, dy);
}

Region Region::translated(int dx, int dy) const {
    Region moved(*this);
    moved.translate(dx, dy);
    return moved;
}

Region Region::simplified(size_t max_rects) const {
    Region simple(*this);
    const Rect bounds = extents();
    for (int32_t step = 8; simple.rect_count() > std::max<size_t>(max_rects, 1); step *= 2) {
        std::vector<Rect> grown;
        grown.reserve(simple.rect_count());
        for (const Rect& rect : simple.rects()) {
            const Rect on_grid{round_down(rect.x1, bounds.x1, step), round_down(rect.y1, bounds.y1, step),
                               round_down(rect.x2 + step - 1, bounds.x1, step),
                               round_down(rect.y2 + step - 1, bounds.y1, step)};
            grown.push_back(intersect(on_grid, bounds));
        }
        simple = Region(grown);
    }
    return simple;
}

Region& Region::operator|=(const Region& other) {
    pixman_region32_union(&region_, &region_, const_cast<pixman_region32_t*>(&other.region_));
    return *this;
}

Region& Region::operator&=(const Region& other) {
    pixman_region32_intersect(&region_, &region_, const_cast<pixman_region32_t*>(&other.region_));
    return *this;
}

Region& Region::operator-=(const Region& other) {
    pixman_region32_subtract(&region_, &region_, const_cast<pixman_region32_t*>(&other.region_));
    return *this;
}

bool operator==(const Region& a, const Region& b) {
    return pixman_region32_equal(const_cast<pixman_region32_t*>(&a.region_),
                                 const_cast<pixman_region32_t*>(&b.region_)) != 0;
}

} // namespace spice
