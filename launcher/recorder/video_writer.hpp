// Writes pictures of a screen into a video file that can be played at every moment, also when nobody finishes
// it.
#pragma once

#include "recorder/canvas.hpp"
#include "recorder/libav.hpp"
#include "recorder/options.hpp"
#include "recorder/output_file.hpp"
#include "recorder/picture.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace spice::recorder {

class VideoWriter {
public:
    using Stamp = std::chrono::milliseconds; // from the beginning; each later than the one before

    // For a screen of that size, at first. Throws OperatorError; then nothing was written.
    VideoWriter(const Options& options, Size screen);

    // These throw RecordingError when the file takes no more.
    void show(const PictureView& picture, Stamp time);
    void repeat(Stamp time); // the last picture
    // `length`: how long all of it takes; `repeated`: the last picture is told once more before.
    void finish(std::optional<Stamp> repeated, Stamp length);

    int64_t frames() const { return frames_; }

private:
    void start(Container container);
    void encode(Stamp time, Stamp duration);
    void write_packets(Stamp duration);
    [[noreturn]] void fail(const char* what, int status);

    Size frame_size_;
    LibavPtr<AVCodecContext> encoder_;
    OutputFile file_;
    LibavPtr<AVFormatContext> format_; // writes to file_
    AVStream* stream_ = nullptr;       // of format_
    LibavPtr<AVPacket> packet_;
    Canvas canvas_;
    Stamp usual_duration_;
    Stamp last_key_{0};
    bool new_since_key_ = false;
    int64_t frames_ = 0;
};

} // namespace spice::recorder
