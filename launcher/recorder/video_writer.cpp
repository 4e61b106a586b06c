#include "recorder/video_writer.hpp"

#include "recorder/encoder.hpp"
#include "recorder/errors.hpp"

#include <cassert>
#include <new>
#include <string>

namespace spice::recorder {

namespace {

using namespace std::chrono_literals;

constexpr VideoWriter::Stamp kKeyInterval = 10s; // how far apart the places are that a player can jump to
constexpr int kPieceMilliseconds = 500;          // a file that nobody finished lacks that much at its end

const char* name_of_muxer(Container container) {
    switch (container) {
    case Container::webm:
        return "webm";
    case Container::mp4:
        return "mp4";
    case Container::matroska:
        break;
    }
    return "matroska";
}

const AVOutputFormat& muxer_for(Container container) {
    const AVOutputFormat* const muxer = av_guess_format(name_of_muxer(container), nullptr, nullptr);
    if (muxer == nullptr) {
        throw OperatorError(std::string("--output: this machine's libavformat has no muxer ") +
                            name_of_muxer(container) + "; let the file end in another way");
    }
    return *muxer;
}

// Asked before there is a file: without a muxer, what is in its place stays.
bool needs_global_header(Container container) {
    return (muxer_for(container).flags & AVFMT_GLOBALHEADER) != 0;
}

} // namespace

VideoWriter::VideoWriter(const Options& options, Size screen)
    : frame_size_(frame_for(screen)),
      encoder_(open_encoder(options.codec, frame_size_, options.fps, needs_global_header(options.container))),
      file_(options.output), packet_(av_packet_alloc()), canvas_(frame_size_, colour_space_of(options.codec)),
      usual_duration_(1000 / options.fps) {
    if (!packet_) {
        throw std::bad_alloc();
    }
    start(options.container);
}

void VideoWriter::start(Container container) {
    AVFormatContext* format = nullptr;
    if (avformat_alloc_output_context2(&format, &muxer_for(container), nullptr, nullptr) < 0) {
        throw std::bad_alloc();
    }
    format_.reset(format);
    format_->pb = file_.io();
    format_->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_FLUSH_PACKETS;
    stream_ = avformat_new_stream(format_.get(), nullptr);
    if (stream_ == nullptr || avcodec_parameters_from_context(stream_->codecpar, encoder_.get()) < 0) {
        throw std::bad_alloc();
    }
    stream_->time_base = encoder_->time_base;
    LibavOptions options;
    if (container == Container::mp4) {
        options.set("movflags", "+frag_keyframe+empty_moov+default_base_moof");
        options.set("frag_duration", kPieceMilliseconds * 1000);
    } else {
        options.set("cluster_time_limit", kPieceMilliseconds);
    }
    if (const int status = avformat_write_header(format_.get(), options.get()); status < 0) {
        fail("the beginning", status);
    }
    assert(options.used_up());
    file_.check();
}

void VideoWriter::show(const PictureView& picture, Stamp time) {
    canvas_.draw(picture);
    new_since_key_ = true;
    encode(time, usual_duration_);
}

void VideoWriter::repeat(Stamp time) {
    encode(time, usual_duration_);
}

void VideoWriter::finish(std::optional<Stamp> repeated, Stamp length) {
    if (repeated) {
        encode(*repeated, length - *repeated);
    }
    avcodec_send_frame(encoder_.get(), nullptr);
    write_packets(usual_duration_);
    if (const int status = av_write_trailer(format_.get()); status < 0) {
        fail("the end", status);
    }
    file_.close();
}

void VideoWriter::encode(Stamp time, Stamp duration) {
    AVFrame& frame = canvas_.frame();
    frame.pts = time.count();
    frame.pict_type = AV_PICTURE_TYPE_NONE;
    // A screen at rest needs no other key frame: they are large.
    if (new_since_key_ && (frames_ == 0 || time - last_key_ >= kKeyInterval)) {
        frame.pict_type = AV_PICTURE_TYPE_I;
        last_key_ = time;
        new_since_key_ = false;
    }
    if (const int status = avcodec_send_frame(encoder_.get(), &frame); status < 0) {
        fail("a picture", status);
    }
    ++frames_;
    write_packets(duration);
}

void VideoWriter::write_packets(Stamp duration) {
    while (true) {
        int status = avcodec_receive_packet(encoder_.get(), packet_.get());
        if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) {
            return;
        }
        if (status < 0) {
            fail("a picture", status);
        }
        packet_->duration = duration.count();
        packet_->stream_index = stream_->index;
        av_packet_rescale_ts(packet_.get(), encoder_->time_base, stream_->time_base);
        status = av_write_frame(format_.get(), packet_.get());
        av_packet_unref(packet_.get());
        if (status < 0) {
            fail("a picture", status);
        }
        file_.check();
    }
}

void VideoWriter::fail(const char* what, int status) {
    file_.check(); // that says it better
    throw RecordingError(std::string("--output: ") + what + " could not be written: " + libav_error(status) +
                         "; the file has what was recorded before; try another --codec");
}

} // namespace spice::recorder
