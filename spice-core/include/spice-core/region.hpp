// Sets of pixels: the currency between the driver, the update trackers and the channels.
//
// Coordinates are pixels, x to the right and y downwards from the surface's upper left corner. A Rect is
// half open: it covers x1 <= x < x2 and y1 <= y < y2. A Region is a set of pixels kept as disjoint
// rectangles in y-x bands (pixman's region32 does the arithmetic). All of it is plain value arithmetic,
// usable from any thread.
#pragma once

#include <pixman.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace spice {

struct Point {
    int x = 0;
    int y = 0;

    friend bool operator==(const Point&, const Point&) = default;
};

struct Size {
    int width = 0;
    int height = 0;

    friend bool operator==(const Size&, const Size&) = default;
};

// Same layout as pixman_box32_t, so that spans of rectangles need no conversion.
struct Rect {
    int32_t x1 = 0;
    int32_t y1 = 0;
    int32_t x2 = 0;
    int32_t y2 = 0;

    int32_t width() const { return x2 - x1; }
    int32_t height() const { return y2 - y1; }
    int64_t area() const { return empty() ? 0 : int64_t{width()} * height(); }
    bool empty() const { return x1 >= x2 || y1 >= y2; }

    friend bool operator==(const Rect&, const Rect&) = default;
};

static_assert(sizeof(Rect) == sizeof(pixman_box32_t));

Rect intersect(const Rect& a, const Rect& b);

class Region {
public:
    Region();
    Region(const Rect& rect); // NOLINT(google-explicit-constructor): a rectangle is a region
    explicit Region(std::span<const Rect> rects); // may overlap, any order; empty ones are ignored
    Region(const Region& other);
    Region(Region&& other) noexcept;
    Region& operator=(const Region& other);
    Region& operator=(Region&& other) noexcept;
    ~Region();

    bool empty() const;
    int64_t area() const;                // pixels
    Rect extents() const;                // smallest rectangle around it; an empty Rect for an empty region
    std::span<const Rect> rects() const; // disjoint, top to bottom, left to right; valid until changed
    size_t rect_count() const { return rects().size(); }

    bool contains(Point point) const;
    bool contains(const Rect& rect) const;    // every pixel of it
    bool contains(const Region& other) const; // every pixel of it
    bool overlaps(const Rect& rect) const;
    bool overlaps(const Region& other) const;

    void clear();
    void translate(int dx, int dy);
    Region translated(int dx, int dy) const;
    // A region of at most `max_rects` (at least 1) rectangles that covers this one and stays inside its
    // extents: what to use where fewer rectangles matter more than a few pixels too many.
    Region simplified(size_t max_rects) const;

    Region& operator|=(const Region& other);
    Region& operator&=(const Region& other);
    Region& operator-=(const Region& other);

    friend Region operator|(Region a, const Region& b) { return a |= b; }
    friend Region operator&(Region a, const Region& b) { return a &= b; }
    friend Region operator-(Region a, const Region& b) { return a -= b; }
    friend bool operator==(const Region& a, const Region& b);

private:
    pixman_region32_t region_;
};

} // namespace spice
