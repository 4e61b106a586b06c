// The inputs channel: keys, pointer and buttons of one client, on their way to the desktop in order. Those of
// a client that may only watch are checked as all are, and go no further.
#pragma once

#include "channels/channel.hpp"
#include "channels/scancode_decoder.hpp"
#include "channels/shared_input.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace spice::channels {

class InputsChannel final : public Channel {
public:
    // Called for each key and button that the user presses or releases.
    using PressedHandler = std::function<void()>;

    // `input` outlives the channel's open time.
    InputsChannel(auth::LinkedStream link, Session& session, SharedInput& input, PressedHandler on_pressed,
                  ClosedHandler on_closed);

    // Session::lock_keys is new: the client hears of it at once, or when it reads again.
    void lock_keys_changed();

    // What is held comes up.
    void set_view_only(bool view_only) override;

private:
    void started() override;
    boost::asio::awaitable<Result<>> received(uint16_t type, Bytes body) override;
    void room() override;
    void closing() override;
    size_t max_message_size(uint16_t type) const override;

    // What a message means: appends to pending_.
    Result<> parse(uint16_t type, Bytes body);
    Result<> parse_keys(uint16_t type, Bytes body);
    Result<> parse_pointer(uint16_t type, Bytes body);
    Result<> parse_button(uint16_t type, Bytes body);
    void acknowledge_motion();
    void pressed();

    SharedInput& input_; // the registry's
    PressedHandler on_pressed_;
    boost::asio::steady_timer retry_;
    ScancodeDecoder scancodes_;
    HeldInputs held_;
    std::vector<InputEvent> pending_; // of the message being handled
    unsigned unacknowledged_motions_ = 0;
    LockKeys told_lock_keys_ = 0;
};

} // namespace spice::channels
