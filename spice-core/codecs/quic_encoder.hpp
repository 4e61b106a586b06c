// SPICE_IMAGE_TYPE_QUIC: SPICE's own lossless coder for photographs, after SFALIC. Each component of a pixel
// is predicted, and the difference gets one of eight Golomb-Rice codes, chosen by how good the prediction to
// the left was. What code suits which context is learned on the way, by both sides alike.
//
// Bits fill 32-bit words from the top, words are little endian (quic_bits.hpp). The header is five words:
// "QUIC", version 0, type (2 RGB16, 3 RGB24, 4 RGB32, 5 RGBA), width, height. Then the rows from the upper
// one of the picture down; no field says otherwise, so a picture that lies bottom-up in memory is encoded
// from its end. The last word of the rows is filled with zeros and a word of zeros follows.
//
// A row is its pixels from the left, each as red, green and blue; with alpha, another pass over the row,
// whose states are its own, follows. In every row but the first, a run may begin at pixel x > 2 when pixels x
// - 1 and x - 2 are the same, those above x and x - 1 are, and the pixel is not where a run of no pixels has
// just been told. It tells how many pixels from x on repeat x - 1, no further than the end of the row or the
// point where the learning slows down (quic_model.hpp). Pixels in a run have no symbols: what lies to the
// left of the first pixel after it, as a context, is the symbol of the last row in which that place had one.
// The context of a row's first pixel is the first symbol of the row above, and 0 in the first row.
//
// | in spice-common              | here                                                                  |
// | correlate_row                | symbols (before: of the row above, with what older rows left in runs) |
// | decorrelate, xlatU2L         | predict_row(), fold()                                                 |
// | golomb_code, golomb_code_len | CodeTable::words                                                      |
// | bucket, pcounters, bestcode  | ContextModel: bucket, totals_, best_                                  |
// | wm_trigger                   | Pace::limit()                                                         |
// | wmidx, wmileft, waitcnt      | Pace: level_, left_, wait_                                            |
// | tabrand                      | kDraws                                                                |
// | melcstate, melclen           | RunLengths: state_, kBits                                             |
//
// Source: spice-common, quic.c and its templates. Every client can decode it; how fast is up to the format.
#pragma once

#include "codecs/image_codec.hpp"

namespace spice::codecs {

// Takes rgb555, rgb888, xrgb8888 and argb8888, in either direction, with the same bytes as the result of
// both. What it gives is never lossy and needs neither palette nor direction beside it. For photographs: it
// takes about as long whatever is in the picture, and makes a half to a third of most; text and controls are
// LZ's.
class QuicEncoder final : public ImageCodec {
public:
    std::optional<uint8_t> image_type(PixelFormat format) const override;
    std::optional<Size> encode(const ImageView& image, std::span<uint8_t> into) const override;
};

} // namespace spice::codecs
