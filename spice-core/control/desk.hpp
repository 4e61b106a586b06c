// What control clients act on, and the news of the screen that they wait for.
//
// Core thread. Clients share it; what it refers to is the server's, and is used by no client that is closed.
#pragma once

#include "auth/ticket_book.hpp"
#include "base/clock.hpp"
#include "channels/client_registry.hpp"
#include "channels/session.hpp"
#include "control/condition.hpp"
#include "control/descriptions.hpp"
#include "display/screen.hpp"
#include "spice-core/config.hpp"
#include "spice-core/display_command.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace spice::control {

// Of the server, which outlives control.
struct Controls {
    channels::Session& session;
    channels::ClientRegistry& registry;
    auth::TicketBook& tickets;
    // See Server::set_tickets().
    std::function<bool(const std::vector<Ticket>&, ConnectedAction)> set_tickets;
};

class Desk {
public:
    Desk(boost::asio::any_io_executor executor, Controls controls);

    channels::Session& session() { return controls_.session; }
    Controls& controls() { return controls_; }
    const UserNames& user_names() const { return user_names_; }
    std::chrono::steady_clock::time_point started_at() const { return started_at_; }

    // A commit has been applied.
    void commit_taken(const display::ScreenUpdate& update, std::optional<uint64_t> reached,
                      const std::optional<MonitorsAnswer>& monitors_answer);
    // Everybody who waits looks again whether there is anything to wait for.
    void wake_all() { commit_taken_.notify_all(); }

    uint64_t commits() const { return commits_; }
    // Of the last commit that changed pixels.
    TimePoint pixels_changed_at() const { return pixels_changed_at_; }
    uint64_t pixel_changes() const { return pixel_changes_; } // commits that did

    // Until the next commit, `deadline`, or wake_all().
    boost::asio::awaitable<void> next_commit(TimePoint deadline) { return commit_taken_.wait(deadline); }

    // Asks for everything that X has drawn by now: it is on the screen when reached() is true. Somebody must
    // watch.
    uint64_t want_commit();
    bool reached(uint64_t token) const { return reached_ >= token; }
    // Asks for these outputs; the answer comes with a commit.
    uint64_t want_monitors(std::vector<Head> heads);
    // What became of that wish, or of a later one that replaced it. None: not known yet; empty: done; else
    // why not.
    std::optional<std::string> monitors_answer(uint64_t token) const;

private:
    Controls controls_;
    const TimePoint started_at_ = std::chrono::steady_clock::now();
    const UserNames user_names_;
    Condition commit_taken_;
    uint64_t commits_ = 0;
    uint64_t pixel_changes_ = 0;
    TimePoint pixels_changed_at_ = started_at_;
    uint64_t last_token_ = 0;
    uint64_t reached_ = 0;
    MonitorsAnswer monitors_answer_;
};

} // namespace spice::control
