#include "auth/pending_links.hpp"

#include "base/log.hpp"
#include "transport/peer_network.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace spice::auth {

namespace asio = boost::asio;

namespace {

struct Entry {
    Entry(transport::Stream& pending, const asio::any_io_executor& executor)
        : stream(&pending), peer(pending.peer()), address(transport::peer_network(pending)),
          deadline(executor) {}

    // `why` is logged by the handshake's coroutine when it wakes up on the closed stream.
    void close(const char* why) {
        if (stream != nullptr && closed_because == nullptr) {
            closed_because = why;
            stream->close();
        }
    }

    transport::Stream* stream; // the raw one, below all wrappers; null when the handshake has ended
    std::string peer;
    std::string address; // that it counts for
    asio::steady_timer deadline;
    const char* closed_because = nullptr;
};

using Entries = std::list<std::shared_ptr<Entry>>; // oldest first

// The oldest of that address if it has `most` of them.
std::shared_ptr<Entry> oldest_of(const Entries& entries, std::string_view address, size_t most) {
    const auto same = [&](const std::shared_ptr<Entry>& entry) { return entry->address == address; };
    const bool full = static_cast<size_t>(std::ranges::count_if(entries, same)) >= most;
    return full ? *std::ranges::find_if(entries, same) : nullptr;
}

// The oldest of the address that has the most of them.
std::shared_ptr<Entry> victim_of(const Entries& entries) {
    std::map<std::string_view, size_t> counts;
    for (const std::shared_ptr<Entry>& entry : entries) {
        ++counts[entry->address];
    }
    size_t most = 0;
    std::shared_ptr<Entry> victim;
    for (const std::shared_ptr<Entry>& entry : entries) {
        if (counts[entry->address] > most) { // the first of its address is its oldest
            most = counts[entry->address];
            victim = entry;
        }
    }
    return victim;
}

std::string reason_of(const boost::system::system_error& error) {
    if (error.code() == asio::error::eof) {
        return "the client closed the connection";
    }
    return error.code().message();
}

} // namespace

struct PendingLinks::State {
    State(LinkPolicy link_policy, Limits link_limits, Linked linked, transport::Opening how)
        : policy(std::move(link_policy)), limits(link_limits), on_linked(std::move(linked)),
          opening(std::move(how)) {}

    static asio::awaitable<void> run(std::shared_ptr<State> self, std::shared_ptr<Entry> entry,
                                     std::unique_ptr<transport::Stream> stream, transport::Door door);
    void make_room_for(const Entry& entry);
    void finish(const std::shared_ptr<Entry>& entry) {
        entry->stream = nullptr;
        entry->deadline.cancel();
        entries.remove(entry);
    }
    void log_failure(const Entry& entry, std::string_view reason) {
        if (!stopped) {
            log_line(policy.log, LogLevel::info, "link ", entry.peer, ": refused: ",
                     entry.closed_because != nullptr ? std::string_view(entry.closed_because) : reason);
        }
    }

    LinkPolicy policy;
    Limits limits;
    Linked on_linked;
    transport::Opening opening;
    Entries entries;
    bool stopped = false;
};

void PendingLinks::State::make_room_for(const Entry& entry) {
    std::shared_ptr<Entry> victim = oldest_of(entries, entry.address, limits.per_address);
    if (!victim && entries.size() >= limits.connections) {
        victim = victim_of(entries);
    }
    if (victim) {
        victim->close("too many connections that have not linked");
        entries.remove(victim); // its coroutine wakes up later
    }
}

// The top of the handshake's coroutine: the one place that catches.
asio::awaitable<void> PendingLinks::State::run(std::shared_ptr<State> self, std::shared_ptr<Entry> entry,
                                               std::unique_ptr<transport::Stream> stream,
                                               transport::Door door) {
    std::optional<LinkedStream> link;
    try {
        stream = co_await transport::open_stream(std::move(stream), door, self->opening);
        link = co_await link_handshake(std::move(stream), self->policy);
        self->finish(entry);
        if (link && !self->stopped) {
            self->on_linked(std::move(*link));
        }
    } catch (const boost::system::system_error& error) {
        self->finish(entry);
        self->log_failure(*entry, reason_of(error));
    } catch (const std::exception& error) {
        self->finish(entry);
        self->log_failure(*entry, error.what());
    }
}

PendingLinks::PendingLinks(asio::any_io_executor executor, LinkPolicy policy, Limits limits, Linked on_linked,
                           transport::Opening opening)
    : executor_(std::move(executor)),
      state_(std::make_shared<State>(std::move(policy), limits, std::move(on_linked), std::move(opening))) {}

PendingLinks::~PendingLinks() {
    stop();
}

void PendingLinks::add(std::unique_ptr<transport::Stream> stream, transport::Door door) {
    if (state_->stopped) {
        stream->close();
        return;
    }
    auto entry = std::make_shared<Entry>(*stream, executor_);
    state_->make_room_for(*entry);
    state_->entries.push_back(entry);
    entry->deadline.expires_after(state_->limits.deadline);
    entry->deadline.async_wait([weak = std::weak_ptr(entry)](const boost::system::error_code& error) {
        const std::shared_ptr<Entry> late = weak.lock();
        if (late && !error) {
            late->close("not linked within its time");
        }
    });
    asio::co_spawn(executor_, State::run(state_, entry, std::move(stream), door), asio::detached);
}

void PendingLinks::stop() {
    state_->stopped = true;
    for (const std::shared_ptr<Entry>& entry : state_->entries) {
        entry->close("the server stops");
    }
}

size_t PendingLinks::size() const {
    return state_->entries.size();
}

} // namespace spice::auth
