#include "recorder/recording.hpp"

#include "base/log.hpp"
#include "recorder/errors.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace spice::recorder {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int kProtocol = 1;
constexpr auto kPatience = 10s;     // for answers that need no waiting
constexpr int kLongestWait = 60000; // ms: the most that `frame` takes

// What the display says of a request that it refused; empty when it did not.
std::string refusal(const Answer& answer) {
    const boost::json::value* const ok = answer.members.if_contains("ok");
    if (ok != nullptr && ok->is_bool() && ok->get_bool()) {
        return {};
    }
    const boost::json::value* const error = answer.members.if_contains("error");
    return error != nullptr && error->is_string() ? escaped(std::string_view(error->get_string()))
                                                  : "no reason given";
}

bool is_true(const Answer& answer, std::string_view name) {
    const boost::json::value* const value = answer.members.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

// When the newest change of an answer happened; `now` when it does not say.
TimePoint time_of_change(const Answer& answer, TimePoint now) {
    const boost::json::value* const time = answer.members.if_contains("time");
    boost::system::error_code error;
    const int64_t microseconds = time != nullptr ? time->to_number<int64_t>(error) : -1;
    const auto latest = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    if (error || microseconds < 0 || microseconds > latest) {
        return now;
    }
    return TimePoint(std::chrono::microseconds(microseconds));
}

[[noreturn]] void refuse(const Options& options, const std::string& why) {
    throw OperatorError("--control " + escaped(options.control) + ": " + why);
}

// The next line of a display that owes us one.
Answer owed_line(ControlConnection& connection, const Options& options, int stop) {
    switch (connection.wait(stop, steady_clock::now() + kPatience)) {
    case ControlConnection::Event::stop:
        throw OperatorError("--output " + escaped(options.output) +
                            ": stopped before the first picture; try again");
    case ControlConnection::Event::closed:
        refuse(options, "the display closed the connection; are you its user, and is it still running?");
    case ControlConnection::Event::time:
        refuse(options, "no answer within 10 s; is that the control socket of a display?");
    case ControlConnection::Event::line:
        break;
    }
    Result<Answer> answer = connection.take();
    if (!answer) {
        refuse(options, std::string(answer.error().what) + "; is that the control socket of a display?");
    }
    return std::move(*answer);
}

} // namespace

ControlConnection Recording::greeted(const Options& options, int stop) {
    ControlConnection connection(options.control);
    const Answer greeting = owed_line(connection, options, stop);
    const boost::json::value* const protocol = greeting.members.if_contains("protocol");
    if (greeting.members.contains("error")) {
        refuse(options, "the display refuses: " + refusal(greeting));
    }
    if (protocol == nullptr || *protocol != kProtocol) {
        refuse(options, "the display speaks another protocol; use the xspice-recorder of its version");
    }
    return connection;
}

Capture Recording::first_picture(ControlConnection& connection, const Options& options, int stop) {
    connection.send({{"command", "capture"}, {"cursor", options.cursor}});
    Answer answer = owed_line(connection, options, stop);
    if (const std::string why = refusal(answer); !why.empty()) {
        refuse(options, "the display refuses: " + why);
    }
    Result<Capture> capture = Capture::open(std::move(answer));
    if (!capture) {
        refuse(options, std::string("the display sent ") + capture.error().what +
                            "; use the xspice-recorder of its version");
    }
    return std::move(*capture);
}

Recording::Recording(const Options& options, int stop)
    : connection_(greeted(options, stop)), stop_(stop), capture_(first_picture(connection_, options, stop)),
      start_(steady_clock::now()), pacer_(start_, options.fps, options.duration),
      writer_(options, capture_.picture().size) {}

void Recording::run(const Progress& progress) {
    writer_.show(capture_.picture(), 0ms);
    TimePoint next_progress = start_ + 1s;
    while (step()) {
        if (const TimePoint now = steady_clock::now(); now >= next_progress) {
            progress(std::chrono::duration_cast<std::chrono::milliseconds>(now - start_), frames());
            next_progress = now + 1s;
        }
    }
    finish();
}

bool Recording::step() {
    const TimePoint now = steady_clock::now();
    if (!asked_ && now >= pacer_.next_request()) {
        // No hurry with the answer: what is told while nothing changes is for us to decide.
        if (!connection_.send({{"command", "frame"}, {"timeout", kLongestWait}})) {
            return false;
        }
        asked_ = true;
    }
    TimePoint until = std::min(pacer_.next_hold(), pacer_.end());
    if (!asked_) {
        until = std::min(until, pacer_.next_request());
    }
    const ControlConnection::Event event = connection_.wait(stop_, until);
    const TimePoint then = steady_clock::now();
    if (event == ControlConnection::Event::stop || event == ControlConnection::Event::closed ||
        then >= pacer_.end()) {
        return false;
    }
    if (event == ControlConnection::Event::line) {
        take_answer();
    } else if (then >= pacer_.next_hold()) {
        writer_.repeat(pacer_.held(then));
    }
    return true;
}

void Recording::take_answer() {
    Result<Answer> answer = connection_.take();
    if (!answer) {
        fail(answer.error().what);
    }
    if (const std::string why = refusal(*answer); !why.empty()) {
        fail("the display refuses: " + why);
    }
    asked_ = false;
    const TimePoint now = steady_clock::now();
    const TimePoint change = time_of_change(*answer, now);
    const bool resized = is_true(*answer, "resized");
    if (!resized && !is_true(*answer, "changed")) {
        return;
    }
    if (resized) {
        Result<Capture> capture = Capture::open(std::move(*answer));
        if (!capture) {
            fail(std::string("the display sent ") + capture.error().what);
        }
        capture_ = std::move(*capture);
    }
    writer_.show(capture_.picture(), pacer_.changed(change, now));
}

void Recording::finish() {
    const FramePacer::Closing closing = pacer_.close(std::min(steady_clock::now(), pacer_.end()));
    length_ = closing.length;
    writer_.finish(closing.repeated, closing.length);
}

void Recording::fail(const std::string& why) {
    finish();
    throw RecordingError("--control: " + why + "; the file has what was recorded before");
}

} // namespace spice::recorder
