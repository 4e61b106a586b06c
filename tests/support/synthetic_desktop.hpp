// A front-end without X: a framebuffer that changes on command. For tests, benchmarks and trying clients by
// hand.
//
// It behaves as Xorg's driver does: draws whenever it likes, collects what it did in a CommitBuilder, and
// commits what is there when the gate lets it. The owner's thread is the front-end thread; the functions of
// Desktop are called by the core and only leave notes for it.
#pragma once

#include "spice-core/commit_builder.hpp"
#include "spice-core/desktop.hpp"
#include "spice-core/server.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <vector>

namespace spice::test {

class SyntheticDesktop final : public Desktop {
public:
    // A black surface with one head.
    explicit SyntheticDesktop(Size size);

    // The server to commit to; it must outlive the last pump().
    void attach(Server& server) { server_ = &server; }

    // --- drawing: front-end thread; areas are clipped to the surface ---
    void resize(Size size); // black again, one head
    void fill(const Rect& area, uint32_t colour);
    void noise(const Rect& area, uint32_t seed);
    // What `area` shows moves by (dx, dy) within it; what it uncovers stays as it was.
    void scroll(const Rect& area, int dx, int dy);
    void set_monitors(const MonitorsConfig& monitors) { builder_.set_monitors(monitors); }
    void set_cursor(const Cursor& cursor) { builder_.set_cursor(cursor); }
    void move_cursor(Point position) { builder_.set_cursor_position(position); }
    void set_lock_keys(LockKeys locks) { builder_.set_lock_keys(locks); }

    Size size() const { return size_; }
    const std::vector<uint32_t>& pixels() const { return pixels_; } // rows without padding

    // --- the front-end's loop ---
    // Heeds what the core has asked for, and commits if there is something and the gate lets it. True when
    // nothing is left to commit.
    bool pump();
    // Waits until the core has something for pump() or for take_input(), or the time is over.
    void wait(std::chrono::milliseconds time);
    // pump() and wait() until everything drawn is committed; false: not within `time`.
    bool flush(std::chrono::milliseconds time);

    // --- what the core told ---
    bool watched() const;
    std::vector<InputEvent> take_input();
    // From now on refuse input while this many events wait to be taken.
    void limit_input(size_t events);
    // How often post_input() has refused.
    size_t refused_input() const;

    // Core thread. Any layout of up to kMaxHeads outputs is made within kMaxEdge by pump(), black again.
    static constexpr uint32_t kMaxHeads = 16;
    static constexpr int kMaxEdge = 4096;
    bool post_input(const InputEvent& event) override;
    void set_watched(bool watched) override;
    void wake_for_commit() override;
    void want_commit(uint64_t token) override;
    void want_monitors(std::vector<Head> wanted, uint64_t token) override;

private:
    struct MonitorsWish {
        std::vector<Head> wanted;
        uint64_t token = 0;
    };

    void apply(const MonitorsWish& wish);
    Rect clipped(const Rect& area) const;
    uint32_t& at(int x, int y);

    Server* server_ = nullptr;
    Size size_;
    std::vector<uint32_t> pixels_;
    CommitBuilder builder_;

    mutable std::mutex mutex_; // what follows
    std::condition_variable told_;
    bool woken_ = false;
    bool watched_ = false;
    std::vector<bool> watched_notes_; // in order: leaving and coming back means everything anew
    std::optional<uint64_t> commit_wish_;
    std::optional<MonitorsWish> monitors_wish_;
    std::vector<InputEvent> input_;
    size_t input_limit_ = std::numeric_limits<size_t>::max();
    size_t refused_input_ = 0;
};

} // namespace spice::test
