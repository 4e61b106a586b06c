// What a client came in with, and so what all of its channels may do.
//
// The link handshake of a main channel makes it; the client keeps it for as long as it is connected. Its
// other channels are checked against it, whatever has become of the tickets meanwhile: an expiry between the
// first channel and the sixth does not cut a session in half. Core thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace spice::auth {

class TicketEntry;

class Pass {
public:
    // Called at the end of a client that lost its connection.
    using LostHandler = std::function<void()>;

    Pass(std::shared_ptr<TicketEntry> ticket, bool view_only, LostHandler on_lost)
        : ticket_(std::move(ticket)), view_only_(view_only), on_lost_(std::move(on_lost)) {}
    explicit Pass(std::string user) : user_(std::move(user)) {}
    ~Pass() { lost(); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

    // None: it came in when no ticket was asked for, or with SASL.
    const std::shared_ptr<TicketEntry>& ticket() const { return ticket_; }
    const std::string& user() const { return user_; } // as SASL knows it; else empty
    bool view_only() const { return view_only_; }

    // The client said goodbye, or was sent away: it has not lost its connection.
    void goodbye() { on_lost_ = nullptr; }

    // The client lost its connection; what goes without a word has, too.
    void lost() {
        if (const LostHandler on_lost = std::exchange(on_lost_, nullptr)) {
            on_lost();
        }
    }

    // Wrong credentials shown for other channels of this client. After a few its connection id is worth no
    // more than any: somebody may have read that off the wire.
    void count_wrong() { ++wrong_; }
    bool trusted() const { return wrong_ < 3; }

    // How the client that has this pass can be asked whether it is still there, and be ended when somebody
    // comes with the same ticket and it is not. Empty functions: it has ended.
    struct Holder {
        std::function<bool()> silent{}; // true: has not answered for a while. False asks it to answer now
        std::function<void()> end{};
    };
    void set_holder(Holder holder) { holder_ = std::move(holder); }
    bool held() const { return static_cast<bool>(holder_.silent); }
    bool holder_silent() const { return held() && holder_.silent(); }
    void end_holder() {
        goodbye();
        if (const Holder holder = std::exchange(holder_, {}); holder.end) {
            holder.end();
        }
    }

private:
    std::shared_ptr<TicketEntry> ticket_;
    std::string user_;
    bool view_only_ = false;
    LostHandler on_lost_{};
    unsigned wrong_ = 0;
    Holder holder_{};
};

} // namespace spice::auth
