// What libav gives us, owned.
#pragma once

#include <memory>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

#include <string>

namespace spice::recorder {

struct LibavDeleter {
    void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
    void operator()(AVFormatContext* format) const { avformat_free_context(format); }
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
    void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
    void operator()(AVIOContext* file) const {
        av_freep(&file->buffer);
        avio_context_free(&file);
    }
};

template <class T>
using LibavPtr = std::unique_ptr<T, LibavDeleter>;

// Options by name, as libav's functions take them; those take out what they know.
class LibavOptions {
public:
    LibavOptions() = default;
    LibavOptions(const LibavOptions&) = delete;
    LibavOptions& operator=(const LibavOptions&) = delete;
    ~LibavOptions() { av_dict_free(&options_); }

    void set(const char* name, const char* value) { av_dict_set(&options_, name, value, 0); }
    void set(const char* name, int value) { av_dict_set_int(&options_, name, value, 0); }
    bool used_up() const { return av_dict_count(options_) == 0; }
    AVDictionary** get() { return &options_; }

private:
    AVDictionary* options_ = nullptr;
};

inline std::string libav_error(int error) {
    char text[AV_ERROR_MAX_STRING_SIZE];
    return av_make_error_string(text, sizeof text, error);
}

} // namespace spice::recorder
