#include "channels/shared_input.hpp"

#include <boost/system/error_code.hpp>

#include <cassert>
#include <chrono>
#include <utility>

namespace spice::channels {

namespace {

constexpr std::chrono::milliseconds kReleaseRetry{1};
constexpr uint16_t kExtendedCode = 0xe000;

bool valid(uint16_t scancode) {
    const unsigned high = scancode & 0xff00;
    return (high == 0 || high == kExtendedCode) && (scancode & 0x80) == 0 && (scancode & 0x7f) != 0;
}

size_t slot_of(uint16_t scancode) {
    return (scancode & 0x7fu) | (scancode >= kExtendedCode ? 0x80u : 0u);
}

uint16_t scancode_of(size_t slot) {
    return static_cast<uint16_t>((slot & 0x7f) | (slot >= 0x80 ? kExtendedCode : 0));
}

} // namespace

SharedInput::SharedInput(boost::asio::any_io_executor executor, Desktop& desktop)
    : retry_(std::move(executor)), desktop_(desktop) {}

bool SharedInput::offer(HeldInputs& held, const InputEvent& event) {
    if (!pay_owed()) {
        return false;
    }
    if (const auto* key = std::get_if<KeyEvent>(&event)) {
        return offer_key(held, *key);
    }
    if (const auto* button = std::get_if<ButtonEvent>(&event)) {
        return offer_button(held, *button);
    }
    if (const auto* keysym = std::get_if<KeysymEvent>(&event)) {
        return offer_keysym(held, *keysym);
    }
    return desktop_.post_input(event);
}

bool SharedInput::offer_key(HeldInputs& held, const KeyEvent& event) {
    assert(valid(event.scancode));
    const size_t slot = slot_of(event.scancode);
    return change(held.keys_[slot], key_holders_[slot], event.pressed, event);
}

bool SharedInput::offer_button(HeldInputs& held, const ButtonEvent& event) {
    assert(event.button >= 1 && event.button < button_holders_.size());
    return change(held.buttons_[event.button], button_holders_[event.button], event.pressed, event);
}

bool SharedInput::offer_keysym(HeldInputs& held, const KeysymEvent& event) {
    bool held_now = held.keysyms_.contains(event.keysym);
    uint32_t& holders = keysym_holders_[event.keysym];
    const bool taken = change<bool&>(held_now, holders, event.pressed, event);
    if (holders == 0) {
        keysym_holders_.erase(event.keysym);
    }
    if (held_now) {
        held.keysyms_.insert(event.keysym);
    } else {
        held.keysyms_.erase(event.keysym);
    }
    return taken;
}

template <class Bit>
bool SharedInput::change(Bit held, uint32_t& holders, bool pressed, const InputEvent& event) {
    if (held == pressed) {
        return true;
    }
    const bool seen_by_desktop = pressed ? holders == 0 : holders == 1;
    if (seen_by_desktop && !desktop_.post_input(event)) {
        return false;
    }
    held = pressed;
    holders += pressed ? 1 : -1u;
    return true;
}

void SharedInput::release_all(HeldInputs& held) {
    for (size_t slot = 0; slot < held.keys_.size(); ++slot) {
        if (held.keys_[slot] && --key_holders_[slot] == 0) {
            owed_.push_back(KeyEvent{scancode_of(slot), false});
        }
    }
    for (size_t button = 1; button < held.buttons_.size(); ++button) {
        if (held.buttons_[button] && --button_holders_[button] == 0) {
            owed_.push_back(ButtonEvent{static_cast<uint8_t>(button), false});
        }
    }
    for (const uint32_t keysym : held.keysyms_) {
        if (--keysym_holders_[keysym] == 0) {
            keysym_holders_.erase(keysym);
            owed_.push_back(KeysymEvent{keysym, false});
        }
    }
    held = HeldInputs();
    pay_later();
}

bool SharedInput::pay_owed() {
    while (!owed_.empty() && desktop_.post_input(owed_.front())) {
        owed_.pop_front();
    }
    return owed_.empty();
}

void SharedInput::pay_later() {
    if (pay_owed() || retrying_) {
        return;
    }
    retrying_ = true;
    retry_.expires_after(kReleaseRetry);
    retry_.async_wait([this](const boost::system::error_code& error) {
        if (!error) { // else *this may be gone
            retrying_ = false;
            pay_later();
        }
    });
}

void SharedInput::stop() {
    owed_.clear();
    retry_.cancel();
}

} // namespace spice::channels
