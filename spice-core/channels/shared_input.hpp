// The one keyboard and pointer of the desktop, used by any number of clients at once.
//
// A key or button is down at the desktop while at least one client holds it: the first press goes through,
// the last release does. So a press that repeats or that another client has done already is not passed on,
// and what a vanished client held comes up unless somebody else holds it too. The desktop may be behind:
// offers are then refused and repeated by the caller, and releases owed for a vanished client are kept here
// until it takes them.
//
// Core thread. One per server; outlives every client.
#pragma once

#include "spice-core/desktop.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>

namespace spice::channels {

// What one client holds down.
class HeldInputs {
public:
    bool empty() const { return keys_.none() && buttons_.none() && keysyms_.empty(); }
    size_t keysyms() const { return keysyms_.size(); } // of these, as many as somebody presses

private:
    friend class SharedInput;
    std::bitset<256> keys_; // by SharedInput's slot: scancode & 0x7f, extended ones from 0x80
    std::bitset<17> buttons_;
    std::set<uint32_t> keysyms_;
};

class SharedInput {
public:
    SharedInput(boost::asio::any_io_executor executor, Desktop& desktop);

    // Passes on what `event` changes for the desktop when the client that holds `held` does it. False: the
    // desktop is behind and nothing has happened; offer the same event again a little later. Scancodes must
    // be 0x01..0x7f or 0xe001..0xe07f, buttons 1..16.
    bool offer(HeldInputs& held, const InputEvent& event);

    // The client is gone: everything that only it held comes up, now or as soon as the desktop takes it.
    void release_all(HeldInputs& held);

    // Ends the wait for a desktop that is behind; what it is owed is lost. For the end of the server.
    void stop();

private:
    bool offer_key(HeldInputs& held, const KeyEvent& event);
    bool offer_button(HeldInputs& held, const ButtonEvent& event);
    bool offer_keysym(HeldInputs& held, const KeysymEvent& event);
    // Presses and releases alike: `held` and `holders` are the client's and the common record of one key.
    template <class Bit>
    bool change(Bit held, uint32_t& holders, bool pressed, const InputEvent& event);
    bool pay_owed();
    void pay_later();

    boost::asio::steady_timer retry_;
    bool retrying_ = false;
    Desktop& desktop_; // the front-end; outlives the server
    std::array<uint32_t, 256> key_holders_{};
    std::array<uint32_t, 17> button_holders_{};
    std::map<uint32_t, uint32_t> keysym_holders_; // only those that somebody holds
    std::deque<InputEvent> owed_;                 // at most one release per key and button that was down
};

} // namespace spice::channels
