#include "recorder/encoder.hpp"

#include "recorder/errors.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <new>
#include <thread>

namespace spice::recorder {

namespace {

struct Kind {
    const char* option;  // as it is written after --codec
    const char* encoder; // libavcodec's name
    AVColorSpace colours;
};

Kind kind_of(Codec codec) {
    switch (codec) {
    case Codec::vp8:
        return {"vp8", "libvpx", AVCOL_SPC_SMPTE170M}; // the only one that VP8 has
    case Codec::vp9:
        return {"vp9", "libvpx-vp9", AVCOL_SPC_BT709};
    case Codec::h264:
        break;
    }
    return {"h264", "libx264", AVCOL_SPC_BT709};
}

// Large pictures are shared by threads, but half of the processors stay with those who draw them.
int threads_for(Size frame) {
    constexpr int64_t kPixelsPerThread = 1024 * 768;
    const int64_t wanted = int64_t{frame.width} * frame.height / kPixelsPerThread + 1;
    const int64_t free = std::max(1u, std::thread::hardware_concurrency() / 2);
    return static_cast<int>(std::min({wanted, free, int64_t{8}}));
}

// Quick, and good enough to read small text; a screen at rest gets better with each picture.
void set_quality(Codec codec, AVCodecContext& context, LibavOptions& options) {
    if (codec == Codec::h264) {
        options.set("preset", "ultrafast");
        options.set("tune", "zerolatency");
        options.set("crf", 20);
        options.set("forced-idr", 1);
        options.set("x264-params", "scenecut=0");
        return;
    }
    // Bits per second at most, for a screen that changes all over all the time.
    context.bit_rate =
        std::clamp<int64_t>(int64_t{context.width} * context.height * 6, 1'000'000, 40'000'000);
    context.qmin = 4;
    context.qmax = 50;
    options.set("deadline", "realtime");
    options.set("lag-in-frames", 0);
    options.set("crf", 8);
    options.set("cpu-used", codec == Codec::vp8 ? -10 : 8);
    if (codec == Codec::vp9) {
        options.set("tune-content", "screen");
        options.set("row-mt", 1);
    }
}

} // namespace

void check_encoder(Codec codec) {
    const Kind kind = kind_of(codec);
    if (avcodec_find_encoder_by_name(kind.encoder) == nullptr) {
        throw OperatorError(std::string("--codec ") + kind.option +
                            ": this machine's libavcodec has no encoder " + kind.encoder +
                            "; choose another codec, or install a libavcodec that has it");
    }
}

AVColorSpace colour_space_of(Codec codec) {
    return kind_of(codec).colours;
}

LibavPtr<AVCodecContext> open_encoder(Codec codec, Size frame, int fps, bool global_header) {
    check_encoder(codec);
    const Kind kind = kind_of(codec);
    const AVCodec* const encoder = avcodec_find_encoder_by_name(kind.encoder);
    LibavPtr<AVCodecContext> context(avcodec_alloc_context3(encoder));
    if (!context) {
        throw std::bad_alloc();
    }
    context->width = frame.width;
    context->height = frame.height;
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->time_base = {1, 1000};
    context->framerate = {fps, 1};
    context->gop_size = 1 << 20; // key frames come by time, as they are asked for
    context->max_b_frames = 0;
    context->thread_count = threads_for(frame);
    context->colorspace = kind.colours;
    context->color_range = AVCOL_RANGE_MPEG;
    if (kind.colours == AVCOL_SPC_BT709) {
        context->color_primaries = AVCOL_PRI_BT709;
        context->color_trc = AVCOL_TRC_BT709;
    }
    if (global_header) {
        context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    }
    LibavOptions options;
    set_quality(codec, *context, options);
    const int status = avcodec_open2(context.get(), encoder, options.get());
    if (status < 0) {
        throw OperatorError(std::string("--codec ") + kind.option + ": " + kind.encoder + " does not take " +
                            std::to_string(frame.width) + "x" + std::to_string(frame.height) +
                            " pixels: " + libav_error(status) + "; choose another codec");
    }
    assert(options.used_up());
    return context;
}

} // namespace spice::recorder
