// How far the sender may run ahead of a client that acknowledges messages: SPICE_MSG_SET_ACK and its answers.
//
// SET_ACK (generation, window) asks the client to answer ACK_SYNC (generation) and from then on one empty ACK
// per `window` messages. The sender stops when it is two windows and one message ahead, as spice-server does:
// one window is on its way to the client while the ACK of the one before is on its way back. ACKs that come
// before the ACK_SYNC of the present generation belong to an older count and are ignored. Every message
// counts, base messages too, except that SET_ACK starts the count again.
//
// Pure; the peer can say anything: surplus ACKs never open more than the whole window.
#pragma once

#include <cstdint>

namespace spice::channels {

class AckWindow {
public:
    static constexpr uint32_t kWindow = 20; // messages per ACK; what spice-server asks of clients on a LAN
    // Where an ACK takes long to come back: small messages would otherwise stop at two windows per round
    // trip, however little they fill the link.
    static constexpr uint32_t kWideWindow = 80;

    explicit AckWindow(uint32_t window = kWindow) : window_(window) {}

    // A new generation begins: generation() and window() go into the SET_ACK that is sent now.
    void restart() { restart(window_); }
    void restart(uint32_t window) {
        window_ = window;
        ++generation_;
        synced_ = false;
        unacknowledged_ = 0;
    }
    uint32_t generation() const { return generation_; }
    uint32_t window() const { return window_; }

    // One message other than SET_ACK was queued.
    void sent() { ++unacknowledged_; }
    // The client's ACK_SYNC.
    void synced(uint32_t generation) { synced_ = synced_ || generation == generation_; }
    // The client's ACK.
    void acknowledged();

    // Whether one more message may go.
    bool open() const { return unacknowledged_ <= uint64_t{2} * window_; }
    uint64_t unacknowledged() const { return unacknowledged_; }

private:
    uint32_t window_;
    uint32_t generation_ = 0;
    bool synced_ = false;
    uint64_t unacknowledged_ = 0;
};

} // namespace spice::channels
