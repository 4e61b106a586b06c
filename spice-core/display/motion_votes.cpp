#include "display/motion_votes.hpp"

#include "spice-core/display_command.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace spice::display {

namespace {

constexpr int kAnchorBits = 14;                            // of the table's size
constexpr int64_t kAnchorsWanted = 1 << (kAnchorBits - 1); // half full at most
constexpr int kCountBits = 12;
constexpr size_t kCountsWanted = 1 << (kCountBits - 1);
constexpr uint32_t kMinVotes = 3;

constexpr int16_t kFree = -1;
constexpr int16_t kUsedTwice = -1;
static_assert(kMaxSurfaceEdge <= std::numeric_limits<int16_t>::max());

// 64 bits that move up by two for each pixel: they depend on the last 32 pixels, and on no others.
constexpr int kHashStep = 2;
static_assert(MotionVotes::kAnchorWidth * kHashStep == 64);

uint64_t next_hash(uint64_t hash, uint32_t pixel) {
    return (hash << kHashStep) + pixel * uint64_t{0x9e3779b97f4a7c15}; // odd, its bits at random
}

uint32_t mixed(uint64_t value) {
    value ^= value >> 32;
    return static_cast<uint32_t>((value * 0xd6e8feb86659fd93) >> 32);
}

// What is flat, or just goes on from the row above, has no place of its own.
bool is_distinct(const uint32_t* window, const uint32_t* above) {
    constexpr int32_t kWidth = MotionVotes::kAnchorWidth;
    return !same_pixels(window, window + 1, kWidth - 1) && !same_pixels(window, above, kWidth);
}

// Calls found(x, key) for the anchors of a row, with the x of their first pixels.
template <typename Found>
void find_anchors(const PixelArea& picture, const Rect& row, int shift, Found found) {
    constexpr int32_t kWidth = MotionVotes::kAnchorWidth;
    if (row.width() < kWidth || row.y1 == picture.area.y1) {
        return;
    }
    const uint32_t* const pixels = picture.at(row.x1, row.y1);
    const uint32_t* const above = picture.at(row.x1, row.y1 - 1);
    uint64_t hash = 0;
    for (int32_t i = 0; i < kWidth - 1; ++i) {
        hash = next_hash(hash, pixels[i]);
    }
    uint64_t found_before = 0;
    const int32_t end = row.width() - (kWidth - 1);
    for (int32_t i = 0; i < end; ++i) {
        hash = next_hash(hash, pixels[i + kWidth - 1]);
        if (hash >> shift == 0 && hash != found_before) {
            found_before = hash;
            if (is_distinct(pixels + i, above + i)) {
                found(row.x1 + i, mixed(hash));
            }
        }
    }
}

} // namespace

MotionVotes::MotionVotes() : anchors_(size_t{1} << kAnchorBits), counts_(size_t{1} << kCountBits) {}

void MotionVotes::begin(int64_t old_pixels) {
    const auto pixels_for_each = static_cast<uint64_t>(std::max<int64_t>(old_pixels / kAnchorsWanted, 1));
    shift_ = 64 - std::max(2, static_cast<int>(std::bit_width(pixels_for_each)));
    anchors_used_ = 0;
    counts_used_ = 0;
    std::ranges::fill(anchors_, Anchor{0, 0, kFree});
    std::ranges::fill(counts_, Count{});
}

// Where `key` is, or where it would have to be.
MotionVotes::Anchor& MotionVotes::anchor_slot(uint32_t key) {
    size_t i = key >> (32 - kAnchorBits);
    while (anchors_[i].y != kFree && anchors_[i].key != key) {
        i = (i + 1) % anchors_.size();
    }
    return anchors_[i];
}

void MotionVotes::add_old(const PixelArea& picture, const Rect& row) {
    find_anchors(picture, row, shift_, [&](int32_t x, uint32_t key) {
        Anchor& slot = anchor_slot(key);
        if (slot.y != kFree) {
            slot.x = kUsedTwice;
        } else if (anchors_used_ < static_cast<size_t>(kAnchorsWanted)) {
            ++anchors_used_;
            slot = {key, static_cast<int16_t>(x), static_cast<int16_t>(row.y1)};
        }
    });
}

void MotionVotes::add_new(const PixelArea& picture, const Rect& row) {
    find_anchors(picture, row, shift_, [&](int32_t x, uint32_t key) {
        const Anchor& slot = anchor_slot(key);
        if (slot.y != kFree && slot.x != kUsedTwice && (slot.x != x || slot.y != row.y1)) {
            vote({x - slot.x, row.y1 - slot.y});
        }
    });
}

void MotionVotes::vote(Displacement displacement) {
    const auto both = static_cast<uint64_t>(static_cast<uint32_t>(displacement.dx)) << 32 |
                      static_cast<uint32_t>(displacement.dy);
    size_t i = mixed(both) >> (32 - kCountBits);
    while (counts_[i].votes != 0 && counts_[i].displacement != displacement) {
        i = (i + 1) % counts_.size();
    }
    if (counts_[i].votes == 0) {
        if (counts_used_ == kCountsWanted) {
            return;
        }
        ++counts_used_;
        counts_[i].displacement = displacement;
    }
    ++counts_[i].votes;
}

std::vector<Displacement> MotionVotes::best(size_t max) const {
    std::vector<Count> counts;
    std::ranges::copy_if(counts_, std::back_inserter(counts),
                         [](const Count& count) { return count.votes >= kMinVotes; });
    std::ranges::sort(counts, std::ranges::greater{}, &Count::votes);
    std::vector<Displacement> best;
    for (const Count& count : std::span(counts).first(std::min(max, counts.size()))) {
        best.push_back(count.displacement);
    }
    return best;
}

} // namespace spice::display
