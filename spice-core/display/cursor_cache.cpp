#include "display/cursor_cache.hpp"

#include <algorithm>

namespace spice::display {

namespace {

size_t pixel_count(const CursorShape& shape) {
    return static_cast<size_t>(shape.size.width) * static_cast<size_t>(shape.size.height);
}

size_t byte_count(const CursorShape& shape) {
    return pixel_count(shape) * sizeof(uint32_t);
}

uint64_t hash_of(const CursorShape& shape) {
    uint64_t hash = 0xcbf29ce484222325u; // FNV-1a, a word at a time
    const auto add = [&hash](uint32_t word) { hash = (hash ^ word) * 0x100000001b3u; };
    add(static_cast<uint32_t>(shape.size.width));
    add(static_cast<uint32_t>(shape.hot_spot.x));
    add(static_cast<uint32_t>(shape.hot_spot.y));
    std::for_each(shape.pixels.get(), shape.pixels.get() + pixel_count(shape), add);
    return hash;
}

bool same(const CursorShape& a, const CursorShape& b) {
    return a.size == b.size && a.hot_spot == b.hot_spot &&
           (a.pixels == b.pixels ||
            std::equal(a.pixels.get(), a.pixels.get() + pixel_count(a), b.pixels.get()));
}

} // namespace

CursorCache::Use CursorCache::use(const CursorShape& shape) {
    const uint64_t hash = hash_of(shape);
    const auto found = std::ranges::find_if(
        entries_, [&](const Entry& entry) { return entry.hash == hash && same(entry.shape, shape); });
    if (found != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, found);
        return {found->key, true, {}};
    }
    Use use{++last_key_, false, {}};
    while (!entries_.empty() && (entries_.size() >= kMaxEntries || bytes_ + byte_count(shape) > kMaxBytes)) {
        use.evicted.push_back(entries_.back().key);
        bytes_ -= byte_count(entries_.back().shape);
        entries_.pop_back();
    }
    entries_.push_front({use.key, hash, shape});
    bytes_ += byte_count(shape);
    return use;
}

} // namespace spice::display
