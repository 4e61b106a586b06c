// xspice-recorder: records a display into a video file. A process of its own: what a codec needs, and
// whatever goes wrong in it, is nothing that the X server should have to do with.

#include "recorder/encoder.hpp"
#include "recorder/errors.hpp"
#include "recorder/options.hpp"
#include "recorder/recording.hpp"
#include "recorder/stop_signals.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>

namespace {

using namespace spice::recorder;

constexpr int kNotRecorded = 2;
constexpr int kEndedEarly = 1;
constexpr int kNiceness = 5;

double seconds(std::chrono::milliseconds time) {
    return std::chrono::duration<double>(time).count();
}

int record(const Options& options) {
    const StopSignals stop;
    std::signal(SIGPIPE, SIG_IGN); // errors of writing are told by those who write
    std::signal(SIGXFSZ, SIG_IGN);
    // Those who draw go first, and then those who look on: a recorder that is late leaves pictures out.
    setpriority(PRIO_PROCESS, 0, kNiceness);
    av_log_set_level(AV_LOG_QUIET);
    check_encoder(options.codec);

    const bool terminal = isatty(STDERR_FILENO) != 0;
    const auto say = [&](std::FILE* where, const char* before, std::chrono::milliseconds length,
                         int64_t frames, const char* after) {
        std::fprintf(where, "%s%s: %.1f s, %jd frames%s", before, options.output.c_str(), seconds(length),
                     static_cast<intmax_t>(frames), after);
        std::fflush(where);
    };
    Recording recording(options, stop.descriptor());
    const auto end_progress = [&] {
        if (terminal) {
            std::fputs("\r\033[K", stderr);
        }
    };
    try {
        recording.run([&](std::chrono::milliseconds length, int64_t frames) {
            if (terminal) {
                say(stderr, "\r", length, frames, "");
            }
        });
    } catch (...) {
        end_progress();
        throw;
    }
    end_progress();
    say(stdout, "", recording.length(), recording.frames(), "\n");
    return 0;
}

} // namespace

int main(int count, char** words) {
    int status = 0;
    try {
        const Options options =
            parse_options(std::span<const char* const>(words, static_cast<size_t>(count)).subspan(1));
        if (options.help) {
            std::fputs(std::string(help_text()).c_str(), stdout);
            return 0;
        }
        return record(options);
    } catch (const OperatorError& error) {
        std::fprintf(stderr, "xspice-recorder: %s\n", error.what());
        status = kNotRecorded;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "xspice-recorder: %s\n", error.what());
        status = kEndedEarly;
    }
    return status;
}
