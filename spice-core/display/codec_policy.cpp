#include "display/codec_policy.hpp"

#include "codecs/jpeg_encoder.hpp"

#include <spice/enums.h>

namespace spice::display {

namespace {

using codecs::Codec;

// What the user bears before an exact picture is there; longer, and a lossy one comes first.
constexpr double kBearable = 0.150; // s
// Photographs: bytes that QUIC makes of a pixel, and pixels that one thread here and one at the client get
// done in a second, one after the other.
constexpr double kQuicBytes = 1.0;
constexpr double kQuicPixels = 42e6;
// All that waits is to be on its way, lossy, in this time.
constexpr double kLossyTime = 0.060; // s
// Pixels of an image of which zlib and QUIC make no less than LZ, in many times the time.
constexpr int64_t kTiny = 192;
// Pixels of an image for which more effort is no effort: a line of text, a strip that a scroll uncovers.
constexpr int64_t kSmall = 24 * 1024;

ImageCompression wish(const CodecPreferences& preferences) {
    if (!preferences.wanted) {
        return preferences.configured;
    }
    switch (*preferences.wanted) {
    case SPICE_IMAGE_COMPRESSION_OFF:
        return ImageCompression::off;
    case SPICE_IMAGE_COMPRESSION_AUTO_GLZ:
        return ImageCompression::auto_glz;
    case SPICE_IMAGE_COMPRESSION_AUTO_LZ:
        return ImageCompression::auto_lz;
    case SPICE_IMAGE_COMPRESSION_QUIC:
        return ImageCompression::quic;
    case SPICE_IMAGE_COMPRESSION_GLZ:
        return ImageCompression::glz;
    case SPICE_IMAGE_COMPRESSION_LZ:
        return ImageCompression::lz;
    case SPICE_IMAGE_COMPRESSION_LZ4:
        return ImageCompression::lz4;
    default:
        return preferences.configured;
    }
}

bool slow(LinkSpeed link) {
    return link && *link < kSlowLink;
}

bool by_content(ImageCompression compression) {
    return compression == ImageCompression::automatic || compression == ImageCompression::auto_glz ||
           compression == ImageCompression::auto_lz;
}

CodecChoice one(Codec which) {
    return {{codecs::codec(which), nullptr}};
}

CodecChoice glz(const CodecPreferences& preferences, ImageCompression compression, int64_t pixels,
                LinkSpeed link) {
    if (!preferences.has_glz) {
        return one(Codec::lz);
    }
    const bool zlib = preferences.zlib_glz == WanCompression::always ||
                      (preferences.zlib_glz == WanCompression::automatic &&
                       (compression == ImageCompression::automatic || slow(link)));
    const bool tiny = compression == ImageCompression::automatic && pixels < kTiny;
    CodecChoice choice = one(tiny ? Codec::lz : zlib ? Codec::zlib_glz : Codec::glz);
    choice.dictionary = slow(link) || preferences.alone;
    choice.zlib = zlib;
    return choice;
}

} // namespace

bool chooses_by_content(const CodecPreferences& preferences) {
    return by_content(wish(preferences));
}

CodecChoice choose_codec(const CodecPreferences& preferences, ContentClass content, int64_t pixels,
                         LinkSpeed link) {
    const ImageCompression compression = wish(preferences);
    const bool soft = content == ContentClass::soft; // the one class where a sample does not tell
    if ((soft || suits_quic(content)) && by_content(compression)) {
        CodecChoice choice = one(Codec::quic);
        // QUIC begins anew with every image, and has little to learn from in a small one.
        if (soft || pixels <= kSmall) {
            const bool lz = !preferences.has_glz || compression == ImageCompression::auto_lz;
            choice.recipe.other = codecs::codec(lz ? Codec::lz : Codec::zlib_glz);
        }
        return choice;
    }
    switch (compression) {
    case ImageCompression::off:
        return one(Codec::raw);
    case ImageCompression::quic:
        return one(Codec::quic);
    case ImageCompression::lz4:
        return one(preferences.has_lz4 ? Codec::lz4 : Codec::lz);
    case ImageCompression::lz:
    case ImageCompression::auto_lz:
        return one(Codec::lz);
    case ImageCompression::automatic:
    case ImageCompression::auto_glz:
    case ImageCompression::glz:
        break;
    }
    return glz(preferences, compression, pixels, link);
}

const codecs::ImageCodec* choose_lossy(const CodecPreferences& preferences, int64_t pixels, bool video,
                                       LinkSpeed link) {
    const ImageCompression compression = wish(preferences);
    if (preferences.jpeg == WanCompression::never ||
        !(by_content(compression) || compression == ImageCompression::quic)) {
        return nullptr;
    }
    const auto count = static_cast<double>(pixels);
    const double exact = count / kQuicPixels + (link ? count * kQuicBytes / *link : 0);
    if (preferences.jpeg == WanCompression::automatic && !video && exact <= kBearable) {
        return nullptr;
    }
    const auto ladder = codecs::jpeg_ladder();
    // The next picture comes before anybody looks for what this one lacks.
    size_t rung = ladder.size() - (video ? 2 : 1);
    while (rung > 0 && link && count * ladder[rung].bytes_per_pixel() > *link * kLossyTime) {
        --rung;
    }
    return &ladder[rung];
}

} // namespace spice::display
