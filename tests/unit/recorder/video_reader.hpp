// Reads a video file back, by libavformat and libavcodec.
#pragma once

#include "recorder/libav.hpp"
#include "recorder/picture.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace spice::recorder {

struct ReadFrame {
    std::chrono::milliseconds time;
    bool key;
    Size size;
    std::vector<uint32_t> pixels; // 0x00RRGGBB

    uint32_t at(int x, int y) const { return pixels[static_cast<size_t>(y * size.width + x)]; }
};

struct ReadVideo {
    std::string codec;
    std::chrono::milliseconds duration;
    std::vector<ReadFrame> frames;
};

inline std::vector<uint32_t> colours_of(const AVFrame& frame) {
    const int matrix = frame.colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    const LibavPtr<SwsContext> scaler(sws_getContext(
        frame.width, frame.height, AV_PIX_FMT_YUV420P, frame.width, frame.height, AV_PIX_FMT_0RGB32,
        SWS_POINT | SWS_FULL_CHR_H_INT | SWS_ACCURATE_RND, nullptr, nullptr, nullptr));
    sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(matrix), 0,
                             sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
    // Room for what the scaler writes past the end.
    std::vector<uint32_t> pixels(static_cast<size_t>(frame.width) * static_cast<size_t>(frame.height) + 64);
    uint8_t* const target[] = {reinterpret_cast<uint8_t*>(pixels.data()), nullptr, nullptr, nullptr};
    const int stride[] = {frame.width * 4, 0, 0, 0};
    sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, target, stride);
    for (uint32_t& pixel : pixels) {
        pixel &= 0xFFFFFF;
    }
    return pixels;
}

inline ReadVideo read_video(const std::string& path) {
    AVFormatContext* format = nullptr;
    if (avformat_open_input(&format, path.c_str(), nullptr, nullptr) < 0) {
        throw std::runtime_error("not a video");
    }
    struct Close {
        void operator()(AVFormatContext* open) const { avformat_close_input(&open); }
    };
    const std::unique_ptr<AVFormatContext, Close> closed_at_the_end(format);
    if (avformat_find_stream_info(format, nullptr) < 0 || format->nb_streams != 1) {
        throw std::runtime_error("not one stream");
    }
    const AVStream& stream = *format->streams[0];
    const AVCodec* const decoder = avcodec_find_decoder(stream.codecpar->codec_id);
    const LibavPtr<AVCodecContext> context(avcodec_alloc_context3(decoder));
    avcodec_parameters_to_context(context.get(), stream.codecpar);
    context->thread_count = 1;
    if (avcodec_open2(context.get(), decoder, nullptr) < 0) {
        throw std::runtime_error("no decoder");
    }
    ReadVideo video;
    video.codec = avcodec_get_name(stream.codecpar->codec_id);
    video.duration =
        std::chrono::milliseconds(format->duration == AV_NOPTS_VALUE ? -1 : format->duration / 1000);
    const LibavPtr<AVPacket> packet(av_packet_alloc());
    const LibavPtr<AVFrame> frame(av_frame_alloc());
    for (bool more = true; more;) {
        more = av_read_frame(format, packet.get()) >= 0;
        if (avcodec_send_packet(context.get(), more ? packet.get() : nullptr) < 0) {
            throw std::runtime_error("a damaged packet");
        }
        av_packet_unref(packet.get());
        while (avcodec_receive_frame(context.get(), frame.get()) >= 0) {
            const int64_t time = av_rescale_q(frame->pts, stream.time_base, {1, 1000});
            video.frames.push_back({std::chrono::milliseconds(time),
                                    frame->key_frame != 0,
                                    {frame->width, frame->height},
                                    colours_of(*frame)});
        }
    }
    return video;
}

} // namespace spice::recorder
