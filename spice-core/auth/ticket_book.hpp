// The tickets of now, and who may still come in with one of before.
//
// A ticket is looked for among all that count, in a time that does not depend on which bytes are wrong. A
// client that lost its connection may come back: when the connection of one ends with an error (no goodbye,
// no orderly end of the stream), its ticket lets one client in for come_back_time, with the same rights,
// from any address, even if it has expired since, was replaced, or was good for one client only. Often the
// client is back before its old connection is known to be dead. So whoever comes with a ticket whose only
// fault is that it was used or has expired, while the client that came with it is connected, makes that
// client be asked for a sign of life (a PING); without one it is ended, and the new one takes its place.
// Nothing but the ticket itself proves who is coming back. What ends this: an orderly end of the client, and
// tickets that are replaced with "disconnect".
//
// Core thread.
#pragma once

#include "auth/pass.hpp"
#include "base/clock.hpp"
#include "spice-core/config.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace spice::auth {

enum class TicketVerdict {
    accepted,
    unreadable, // not encrypted with our key
    wrong,
    expired,
    used_up,
    replayed, // this very message was accepted before
};

inline constexpr size_t kMostTickets = 256; // at a time

// What the protocol has against this password ("longer than ..."); null: nothing.
const char* fault_of(const Ticket& ticket);

// Overwrites the password.
void wipe(Ticket& ticket);
void wipe(std::vector<Ticket>& tickets);

class TicketBook {
public:
    using Now = std::function<TimePoint()>;

    TicketBook(const std::vector<Ticket>& tickets, std::chrono::seconds come_back_time,
               Now now = std::chrono::steady_clock::now);
    ~TicketBook();
    TicketBook(const TicketBook&) = delete;
    TicketBook& operator=(const TicketBook&) = delete;

    // No ticket is set: any is accepted.
    bool open() const;
    // Other tickets from now on. Clients with a pass keep what they have.
    void replace(const std::vector<Ticket>& tickets);
    // One more. Those that let nobody in any more make room; false: there are kMostTickets that do.
    bool add(const Ticket& ticket);
    // Nobody who lost a connection before comes back.
    void forget_lost();

    // What becomes of a new client that presents this ticket; changes nothing.
    struct Match {
        TicketVerdict verdict = TicketVerdict::wrong;
        std::shared_ptr<TicketEntry> ticket{};
        bool comes_back = false; // in the place of one that lost its connection
        // Accepted: the client that does not answer any more and whose place this one takes. Expired or used
        // up: one that was asked just now to answer; worth another look a little later.
        std::shared_ptr<Pass> holder{};
    };
    Match match(std::string_view presented) const;
    // The pass for an accepted match, at once (before anything else can happen to the book); a ticket for one
    // client is used up then. If the pass ends without goodbye(), its ticket may come back.
    std::shared_ptr<Pass> let_in(const Match& match);
    // While the book is open.
    std::shared_ptr<Pass> let_in_without_ticket();

    // Whether another channel of the client with `pass` may come in with this: only the very ticket that let
    // the client in; anything, if that was none.
    static bool fits(const Pass& pass, std::string_view presented);

    size_t lost() const; // that may come back

private:
    struct State;
    std::shared_ptr<State> state_; // passes refer to it weakly
};

} // namespace spice::auth
