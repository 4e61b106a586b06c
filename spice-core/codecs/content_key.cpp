#include "codecs/content_key.hpp"

// The header's own code: the state of a hash is on the stack, and short rows cost no calls.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <random>

namespace spice::codecs {

namespace {

uint64_t secret_seed() {
    static const uint64_t seed = [] {
        std::random_device random;
        return uint64_t{random()} << 32 | random();
    }();
    return seed;
}

} // namespace

ContentKey content_key(const ImageView& image) {
    XXH3_state_t state;
    XXH3_INITSTATE(&state); // it is not taken for one that has this seed already
    XXH3_128bits_reset_withSeed(&state, secret_seed());
    for (uint32_t y = 0; y < image.height; ++y) {
        XXH3_128bits_update(&state, image.row(y), image.row_size());
    }
    const XXH128_hash_t hash = XXH3_128bits_digest(&state);
    return {hash.low64, hash.high64, image.width, image.height};
}

} // namespace spice::codecs
