// Which encoder a client's images go through.
#pragma once

#include "codecs/image_codec.hpp"
#include "spice-core/config.hpp"

#include <cstdint>
#include <optional>

namespace spice::display {

// What is known of one client.
struct CodecPreferences {
    ImageCompression configured = ImageCompression::automatic; // the operator's wish
    std::optional<uint8_t> wanted; // the client's last PREFERRED_COMPRESSION: SPICE_IMAGE_COMPRESSION_*
    bool has_lz4 = false;          // the client announced SPICE_DISPLAY_CAP_LZ4_COMPRESSION
};

// The client's wish counts for more than the operator's, its capabilities for more than any wish. What asks
// for a codec that only exists in other servers, or for an automatic choice, gets ours.
codecs::Codec choose_codec(const CodecPreferences& preferences);

} // namespace spice::display
