// What a picture is known by when the question is whether it has been seen, encoded or sent before.
#pragma once

#include "codecs/pixel_format.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>

namespace spice::codecs {

// 128 bits of XXH3 over the pixels, seeded with a secret of this process, and the size. Two different
// pictures have the same key with a probability of 2^-128, and nobody who draws on the screen can look for
// such a pair without knowing the secret: equal keys are taken for equal pictures.
struct ContentKey {
    uint64_t low = 0;
    uint64_t high = 0;
    uint32_t width = 0;
    uint32_t height = 0;

    friend auto operator<=>(const ContentKey&, const ContentKey&) = default;
};

// Costs about as much as reading the pixels does. Any thread.
ContentKey content_key(const ImageView& image);

struct ContentKeyHash {
    size_t operator()(const ContentKey& key) const { return static_cast<size_t>(key.low); }
};

} // namespace spice::codecs
