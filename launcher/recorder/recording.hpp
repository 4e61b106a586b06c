// One recording: asks the display for pictures, and writes them.
#pragma once

#include "recorder/capture.hpp"
#include "recorder/control_connection.hpp"
#include "recorder/frame_pacer.hpp"
#include "recorder/options.hpp"
#include "recorder/video_writer.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace spice::recorder {

class Recording {
public:
    using Progress = std::function<void(std::chrono::milliseconds length, int64_t frames)>;

    // Begins. Ends early when there is something to read from `stop`. Throws OperatorError.
    Recording(const Options& options, int stop);

    // Until the duration is over, `stop`, or the end of the display. `progress` is called about once a
    // second. Throws RecordingError; the file has what came before.
    void run(const Progress& progress);

    std::chrono::milliseconds length() const { return length_; }
    int64_t frames() const { return writer_.frames(); }

private:
    static ControlConnection greeted(const Options& options, int stop);
    static Capture first_picture(ControlConnection& connection, const Options& options, int stop);

    bool step(); // false at the end
    void take_answer();
    void finish();
    [[noreturn]] void fail(const std::string& why);

    ControlConnection connection_;
    int stop_;
    Capture capture_;
    TimePoint start_;
    FramePacer pacer_;
    VideoWriter writer_;
    bool asked_ = false; // for a picture that has not come yet
    std::chrono::milliseconds length_{0};
};

} // namespace spice::recorder
