// Which encoder a part of the screen goes through, for one client.
//
// The client's wish counts for more than the operator's, its capabilities for more than any wish; where both
// leave the choice to us, content and link decide. Pure; core thread.
#pragma once

#include "codecs/encode_pool.hpp"
#include "display/content_class.hpp"
#include "spice-core/config.hpp"

#include <cstdint>
#include <optional>

namespace spice::display {

// What is known of one client.
struct CodecPreferences {
    ImageCompression configured = ImageCompression::automatic; // the operator's wishes
    WanCompression jpeg = WanCompression::automatic;
    WanCompression zlib_glz = WanCompression::automatic;
    std::optional<uint8_t> wanted; // the client's last PREFERRED_COMPRESSION: SPICE_IMAGE_COMPRESSION_*
    bool has_lz4 = false;          // the client announced SPICE_DISPLAY_CAP_LZ4_COMPRESSION
    bool has_glz = false;          // its display INIT told a GLZ window: it decodes GLZ and palettes
    bool alone = false;            // nobody else could use what is encoded for it
};

// The client's link as far as it is known: bytes per second.
using LinkSpeed = std::optional<double>;

// Below it the link is what the reference calls one of low bandwidth: 10 Mbit/s.
inline constexpr double kSlowLink = 1.25e6;

struct CodecChoice {
    codecs::Recipe recipe;
    // GLZ with what this client was sent before, zlib behind it or not; the recipe where that does not do.
    bool dictionary = false;
    bool zlib = true;
};

// Whether choose_codec() looks at the content at all.
bool chooses_by_content(const CodecPreferences& preferences);

// What is to be used for `pixels` exact pixels.
CodecChoice choose_codec(const CodecPreferences& preferences, ContentClass content, int64_t pixels,
                         LinkSpeed link);

// The JPEG that `pixels` of photographs, all that wait, are to go as first; none: they go exact at once.
// `video`: they are the next ones of many.
const codecs::ImageCodec* choose_lossy(const CodecPreferences& preferences, int64_t pixels, bool video,
                                       LinkSpeed link);

} // namespace spice::display
