// Turns frames into packets of a codec, at once: none is kept back, so none is lost with us.
#pragma once

#include "recorder/libav.hpp"
#include "recorder/options.hpp"
#include "recorder/picture.hpp"

namespace spice::recorder {

// Throws OperatorError naming --codec when this libavcodec has no encoder for it.
void check_encoder(Codec codec);

// The matrix by which a codec's players make colours of what it stores.
AVColorSpace colour_space_of(Codec codec);

// An open encoder for frames of that size in AV_PIX_FMT_YUV420P, with times in milliseconds. A key frame
// comes where a frame's pict_type asks for it. `global_header`: as the container needs. Throws OperatorError.
LibavPtr<AVCodecContext> open_encoder(Codec codec, Size frame, int fps, bool global_header);

} // namespace spice::recorder
