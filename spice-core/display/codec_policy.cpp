#include "display/codec_policy.hpp"

#include <spice/enums.h>

namespace spice::display {

namespace {

ImageCompression wish(const CodecPreferences& preferences) {
    if (!preferences.wanted) {
        return preferences.configured;
    }
    switch (*preferences.wanted) {
    case SPICE_IMAGE_COMPRESSION_OFF:
        return ImageCompression::off;
    case SPICE_IMAGE_COMPRESSION_LZ:
    case SPICE_IMAGE_COMPRESSION_AUTO_LZ:
        return ImageCompression::lz;
    case SPICE_IMAGE_COMPRESSION_LZ4:
        return ImageCompression::lz4;
    default:
        return ImageCompression::automatic;
    }
}

} // namespace

codecs::Codec choose_codec(const CodecPreferences& preferences) {
    switch (wish(preferences)) {
    case ImageCompression::off:
        return codecs::Codec::raw;
    case ImageCompression::lz:
        return codecs::Codec::lz;
    case ImageCompression::lz4:
    case ImageCompression::automatic:
        break;
    }
    return preferences.has_lz4 ? codecs::Codec::lz4 : codecs::Codec::lz;
}

} // namespace spice::display
