// Paces commits without either thread waiting for the other.
//
// The gate is closed by a commit and opened by the core when it has taken that commit in and is ready for a
// newer one, so at most one commit is ever under way and a flooded X server merges its damage meanwhile.
#pragma once

#include <atomic>

namespace spice {

class CommitGate {
public:
    // Front-end thread. True: post one commit now; the gate is closed behind you. False: keep accumulating;
    // the core will call Desktop::wake_for_commit() once when the gate opens.
    bool try_enter() {
        State expected = State::open;
        if (state_.compare_exchange_strong(expected, State::closed)) {
            return true;
        }
        expected = State::closed;
        if (state_.compare_exchange_strong(expected, State::awaited)) {
            return false;
        }
        if (expected == State::awaited) {
            return false;
        }
        // The core opened the gate between the two exchanges. Only this thread closes it again.
        state_.store(State::closed);
        return true;
    }

    // Front-end thread, after try_enter() when there was nothing to commit after all.
    void leave() { state_.store(State::open); }

    // Core thread. True: the front-end was refused since the gate closed and must be woken.
    [[nodiscard]] bool open() { return state_.exchange(State::open) == State::awaited; }

private:
    enum class State { open, closed, awaited };
    std::atomic<State> state_{State::open};
};

} // namespace spice
