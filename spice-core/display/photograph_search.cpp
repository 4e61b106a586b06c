#include "display/photograph_search.hpp"

#include "display/fresh_pixels.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace spice::display {

namespace {

constexpr int32_t kBlock = 16;     // pixels, both ways
constexpr int32_t kMaxRowStep = 4; // of a block's rows one in so many is looked at

// Chosen on pages and desktops with photographs, and on photographs that fill the screen, which stay whole.
constexpr uint32_t kPercentFresh = 20;    // pixels of a photograph's block
constexpr int64_t kPercentFilled = 60;    // blocks of a rectangle around a photograph
constexpr int64_t kPercentDifferent = 20; // pixels of lines that are alike
constexpr int64_t kMinPhotograph = 2048;  // pixels; for fewer, QUIC has little to learn from
constexpr int64_t kMinRest = 1024;        // pixels

const uint32_t* pixels_of(const codecs::ImageView& image, int32_t y) {
    return reinterpret_cast<const uint32_t*>(image.row(static_cast<uint32_t>(y)));
}

// Which blocks of an image look like a photograph's.
class Blocks {
public:
    explicit Blocks(const codecs::ImageView& image)
        : columns_((static_cast<int32_t>(image.width) + kBlock - 1) / kBlock),
          rows_((static_cast<int32_t>(image.height) + kBlock - 1) / kBlock) {
        marked_.reserve(static_cast<size_t>(columns_) * static_cast<size_t>(rows_));
        FreshPixels pixels;
        for (int32_t row = 0; row < rows_; ++row) {
            look_at(image, row, pixels);
        }
    }

    struct Group {
        Rect extents; // in blocks
        int64_t blocks = 0;
    };

    // Blocks that hang together, each once; none: no more.
    std::optional<Group> next_group() {
        const auto first = std::ranges::find(marked_, true);
        if (first == marked_.end()) {
            return std::nullopt;
        }
        const auto index = static_cast<int32_t>(first - marked_.begin());
        Group group{{columns_, rows_, 0, 0}, 0};
        take({index % columns_, index / columns_});
        while (!open_.empty()) {
            const Point at = open_.back();
            open_.pop_back();
            ++group.blocks;
            Rect& extents = group.extents;
            extents = {std::min(extents.x1, at.x), std::min(extents.y1, at.y), std::max(extents.x2, at.x + 1),
                       std::max(extents.y2, at.y + 1)};
            take({at.x - 1, at.y});
            take({at.x + 1, at.y});
            take({at.x, at.y - 1});
            take({at.x, at.y + 1});
        }
        return group;
    }

private:
    void look_at(const codecs::ImageView& image, int32_t row, FreshPixels& pixels) {
        const auto width = static_cast<int32_t>(image.width);
        const auto height = static_cast<int32_t>(image.height);
        const int32_t step = std::clamp(height / 4, 1, kMaxRowStep);
        const int32_t end = std::min(height, (row + 1) * kBlock);
        std::vector<FreshPixels::Count> counts(static_cast<size_t>(columns_));
        for (int32_t y = row * kBlock + step / 2; y < end; y += step) {
            const uint32_t* const here = pixels_of(image, y);
            const uint32_t* const above = pixels_of(image, std::max(y, 1) - 1);
            for (int32_t column = 0; column < columns_; ++column) {
                const int32_t from = std::max(column * kBlock, 1);
                const int32_t to = std::min((column + 1) * kBlock, width);
                pixels.count(here + from, here + from - 1, above + from, to - from,
                             counts[static_cast<size_t>(column)]);
            }
        }
        for (const FreshPixels::Count& count : counts) {
            marked_.push_back(count.coloured * 100 > count.pixels * kPercentFresh);
        }
    }

    void take(const Point& at) {
        if (at.x < 0 || at.x >= columns_ || at.y < 0 || at.y >= rows_) {
            return;
        }
        const auto index =
            static_cast<size_t>(at.y) * static_cast<size_t>(columns_) + static_cast<size_t>(at.x);
        if (marked_[index]) {
            marked_[index] = false;
            open_.push_back(at);
        }
    }

    int32_t columns_;
    int32_t rows_;
    std::vector<bool> marked_{};
    std::vector<Point> open_{}; // taken; their neighbours are not looked at yet
};

// Finds where a photograph ends: at the image's edge, or where plain lines begin.
class Edges {
public:
    explicit Edges(const codecs::ImageView& image)
        : image_(image), width_(static_cast<int32_t>(image.width)),
          height_(static_cast<int32_t>(image.height)) {}

    // From blocks to pixels. None: it does not end, but turns into something else.
    std::optional<Rect> around(const Rect& blocks) const {
        Rect box{blocks.x1 * kBlock, blocks.y1 * kBlock, std::min(blocks.x2 * kBlock, width_),
                 std::min(blocks.y2 * kBlock, height_)};
        const auto column = [&box](int32_t x) { return Rect{x, box.y1, x + 1, box.y2}; };
        const auto left = last_line(box.x1, -1, width_, column);
        const auto right = last_line(box.x2 - 1, 1, width_, column);
        if (!left || !right) {
            return std::nullopt;
        }
        box.x1 = *left;
        box.x2 = *right + 1;
        const auto row = [&box](int32_t y) { return Rect{box.x1, y, box.x2, y + 1}; };
        const auto top = last_line(box.y1, -1, height_, row);
        const auto bottom = last_line(box.y2 - 1, 1, height_, row);
        if (!top || !bottom) {
            return std::nullopt;
        }
        box.y1 = *top;
        box.y2 = *bottom + 1;
        return box;
    }

private:
    static constexpr int32_t kNoStrip = 8; // pixels beside a photograph that are not worth an image

    // The last one before plain ones, in the block that begins with line `from` and in the one before it.
    template <typename Line>
    std::optional<int32_t> last_line(int32_t from, int32_t step, int32_t size, const Line& line) const {
        const int32_t edge = step < 0 ? 0 : size - 1;
        for (int32_t i = -kBlock; i < kBlock; ++i) {
            const int32_t at = from + i * step;
            const int32_t beyond = at + 3 * step; // there may be a frame between
            if (std::min(at, beyond) >= 0 && std::max(at, beyond) < size && is_plain(line(at + step)) &&
                is_plain(line(beyond - step)) && are_equal(line(beyond - step), line(beyond)) &&
                !is_plain(line(at))) {
                return (edge - at) * step < kNoStrip ? edge : at;
            }
        }
        return (edge - from) * step < kBlock ? std::optional(edge) : std::nullopt;
    }

    // Of a row or a column, mostly: it has one colour.
    bool is_plain(const Rect& line) const {
        return line.height() == 1 ? are_equal({line.x1, line.y1, line.x2 - 1, line.y2},
                                              {line.x1 + 1, line.y1, line.x2, line.y2})
                                  : are_equal({line.x1, line.y1, line.x2, line.y2 - 1},
                                              {line.x1, line.y1 + 1, line.x2, line.y2});
    }

    // Mostly.
    bool are_equal(const Rect& one, const Rect& other) const {
        int64_t different = 0;
        for (int32_t y = 0; y < one.height(); ++y) {
            const uint32_t* const a = pixels_of(image_, one.y1 + y) + one.x1;
            const uint32_t* const b = pixels_of(image_, other.y1 + y) + other.x1;
            for (int32_t x = 0; x < one.width(); ++x) {
                different += a[x] != b[x] ? 1 : 0;
            }
        }
        return different * 100 <= one.area() * kPercentDifferent;
    }

    const codecs::ImageView& image_;
    int32_t width_;
    int32_t height_;
};

} // namespace

std::vector<Rect> find_photographs(const codecs::ImageView& image) {
    assert(image.format == codecs::PixelFormat::xrgb8888);
    const Rect all{0, 0, static_cast<int32_t>(image.width), static_cast<int32_t>(image.height)};
    std::vector<Rect> found;
    if (all.area() < kMinPhotograph + kMinRest) {
        return found;
    }
    Blocks blocks(image);
    const Edges edges(image);
    while (const auto group = blocks.next_group()) {
        const int64_t area = group->extents.area();
        if (area * kBlock * kBlock < kMinPhotograph || group->blocks * 100 < area * kPercentFilled) {
            continue;
        }
        const auto box = edges.around(group->extents);
        if (box && box->area() >= kMinPhotograph) {
            found.push_back(*box);
        }
    }
    const Region rest = Region(all) - Region(found);
    return rest.area() < kMinRest ? std::vector<Rect>() : found;
}

} // namespace spice::display
