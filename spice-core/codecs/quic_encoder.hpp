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
// whose states are its own, follows. In every row but the first, a run may begin at a pixel with at least
// three before it, when the two before it are the same, and so are the one above and the one left of that;
// but not where a run of no pixels has just been told. It tells how many pixels repeat the one before it, no
// further than the end of the row or the point where the learning slows down (quic_model.hpp). Pixels in a
// run have no symbols: the context of the first pixel after it is the symbol that the place to its left had
// last, in whatever row. The context of a row's first pixel is the first symbol of the row above, and 0 in
// the first row.
//
// | in spice-common              | here                                                                  |
// | correlate_row                | symbols_                                                              |
// | decorrelate, xlatU2L         | predict(), fold()                                                     |
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

// Takes rgb555, rgb888, xrgb8888 and argb8888 in either direction; the bytes need neither palette nor
// direction beside them and are those that the reference makes of the same picture, as the format leaves no
// choice. For photographs, of which it makes a half to a third at 5 to 10 ns per pixel; about as much time
// goes into text, which LZ makes smaller. An encoder has no state, one serves all threads; each image needs
// 11 KiB of stack.
class QuicEncoder final : public ImageCodec {
public:
    std::optional<uint8_t> image_type(PixelFormat format) const override;
    std::optional<Size> encode(const ImageView& image, std::span<uint8_t> into) const override;
};

} // namespace spice::codecs
