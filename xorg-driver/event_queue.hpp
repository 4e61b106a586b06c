// From the core thread to the X thread: a bounded queue with a file descriptor to poll.
//
// It is the Desktop and the LogSink that the core talks to. The core's side never waits for more than a push;
// the X thread takes bounded batches, so that a flood of input cannot keep it from its other clients.
#pragma once

#include "spice-core/desktop.hpp"
#include "spice-core/log.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace spice::driver {

class EventQueue final : public Desktop, public LogSink {
public:
    static constexpr size_t kMaxInput = 1024;
    // From this length on, a pointer movement that follows another one is merged into it.
    static constexpr size_t kCoalesceFrom = 256;
    static constexpr size_t kMaxLogLines = 256;

    struct LogLine {
        LogLevel level = LogLevel::info;
        std::string text;
    };

    struct MonitorsWish {
        std::vector<Head> wanted;
        uint64_t token = 0;
    };

    struct Batch {
        std::vector<LogLine> log;
        size_t log_lines_dropped = 0; // since the batch before
        bool watched = false;
        bool unwatched_meanwhile = false; // somebody stopped watching since the batch before
        std::vector<InputEvent> input;    // oldest first
        // The newest wish for a commit that no input was posted before that is still waiting.
        std::optional<uint64_t> commit_wanted;
        std::optional<MonitorsWish> monitors_wanted; // the newest
    };

    EventQueue(); // throws std::system_error without a descriptor
    ~EventQueue() override;
    EventQueue(const EventQueue&) = delete;
    EventQueue& operator=(const EventQueue&) = delete;

    // Core thread; write() also on the thread that constructs the Server.
    bool post_input(const InputEvent& event) override;
    void set_watched(bool watched) override;
    void wake_for_commit() override;
    void want_commit(uint64_t token) override;
    void want_monitors(std::vector<Head> wanted, uint64_t token) override;
    void write(LogLevel level, std::string_view line) override;

    // X thread. Readable while there is something to take; owned by the queue.
    int fd() const { return fd_; }
    // At most `max_input` events of input; the descriptor is readable as long as more are left. After 0 it is
    // not: input is not wanted now, and whoever wants it again need not be woken for it.
    Batch take(size_t max_input);

private:
    struct CommitWish {
        uint64_t token = 0;
        uint64_t after = 0; // how many events of input go before it, since the beginning
    };

    void signal();
    bool coalesce(const InputEvent& event);

    int fd_;           // eventfd
    std::mutex mutex_; // guards what follows
    bool signalled_ = false;
    std::deque<InputEvent> input_;
    uint64_t input_taken_ = 0;             // since the beginning
    std::deque<CommitWish> commit_wishes_; // at most one more than input_
    std::optional<MonitorsWish> monitors_wish_;
    std::deque<LogLine> log_;
    size_t log_lines_dropped_ = 0;
    bool watched_ = false;
    bool unwatched_meanwhile_ = false;
};

} // namespace spice::driver
