#include "display/image_cache.hpp"

namespace spice::display {

std::optional<uint64_t> ImageCache::find(const codecs::ContentKey& key) {
    const auto found = by_id_.find(key.low);
    if (found == by_id_.end() || *found->second != key) {
        return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return key.low;
}

std::optional<ImageCache::Added> ImageCache::add(const codecs::ContentKey& key) {
    if (area(key) > budget_ || by_id_.contains(key.low)) {
        return std::nullopt;
    }
    Added added{key.low, {}};
    while (pixels_ + area(key) > budget_ || entries_.size() >= kMaxEntries) {
        const codecs::ContentKey& oldest = entries_.back();
        added.evicted.push_back(oldest.low);
        pixels_ -= area(oldest);
        by_id_.erase(oldest.low);
        entries_.pop_back();
    }
    entries_.push_front(key);
    by_id_.emplace(key.low, entries_.begin());
    pixels_ += area(key);
    return added;
}

bool ImageCache::seen_before(const codecs::ContentKey& key) {
    const auto found = seen_by_key_.find(key);
    if (found != seen_by_key_.end()) {
        seen_.splice(seen_.begin(), seen_, found->second);
        return true;
    }
    seen_.push_front(key);
    seen_by_key_.emplace(key, seen_.begin());
    if (seen_.size() > kMaxSeen) {
        seen_by_key_.erase(seen_.back());
        seen_.pop_back();
    }
    return false;
}

} // namespace spice::display
