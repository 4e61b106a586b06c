#include "auth/ticket_book.hpp"

#include <openssl/crypto.h>
#include <spice/protocol.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace spice::auth {

namespace {

constexpr size_t kMostLost = 256; // the oldest go; more clients are seldom connected at all

// A ticket of at most a block without its length showing in the time that a comparison takes.
class PaddedTicket {
public:
    explicit PaddedTicket(std::string_view ticket) {
        std::copy_n(ticket.begin(), std::min(ticket.size(), bytes_.size()), bytes_.begin());
    }
    ~PaddedTicket() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
    PaddedTicket(const PaddedTicket&) = delete;
    PaddedTicket& operator=(const PaddedTicket&) = delete;

    bool equals(const PaddedTicket& other) const {
        return CRYPTO_memcmp(bytes_.data(), other.bytes_.data(), bytes_.size()) == 0;
    }

private:
    std::array<char, SPICE_TICKET_KEY_PAIR_LENGTH / 8> bytes_{}; // no client can send more
};

} // namespace

class TicketEntry {
public:
    explicit TicketEntry(const Ticket& ticket)
        : password(ticket.password), expires(ticket.expires), one_shot(ticket.one_shot),
          view_only(ticket.view_only) {}

    TicketVerdict verdict(TimePoint now) const {
        if (one_shot && used) {
            return TicketVerdict::used_up;
        }
        return expires && *expires <= now ? TicketVerdict::expired : TicketVerdict::accepted;
    }
    bool held() const {
        return std::ranges::any_of(passes, [](const std::weak_ptr<Pass>& weak) {
            const std::shared_ptr<Pass> pass = weak.lock();
            return pass && pass->held();
        });
    }
    // A connected client with this ticket, all of which are asked to answer; a silent one if there is one.
    std::shared_ptr<Pass> holder() const {
        std::shared_ptr<Pass> found;
        for (const std::weak_ptr<Pass>& weak : passes) {
            const std::shared_ptr<Pass> pass = weak.lock();
            if (!pass || !pass->held()) {
                continue;
            }
            if (pass->holder_silent()) {
                return pass;
            }
            found = pass;
        }
        return found;
    }
    void add(const std::shared_ptr<Pass>& pass) {
        std::erase_if(passes, [](const std::weak_ptr<Pass>& weak) { return weak.expired(); });
        passes.push_back(pass);
    }

    const PaddedTicket password;
    const std::optional<TimePoint> expires;
    const bool one_shot;
    const bool view_only;
    bool used = false;
    std::vector<std::weak_ptr<Pass>> passes; // of the clients that it let in
};

struct TicketBook::State {
    struct Lost {
        std::shared_ptr<TicketEntry> ticket;
        TimePoint until;
    };

    void set(const std::vector<Ticket>& tickets) {
        current.clear();
        for (const Ticket& ticket : tickets) {
            current.push_back(std::make_shared<TicketEntry>(ticket));
        }
    }
    template <class Tickets>
    void retire(const Tickets& tickets) {
        std::erase_if(replaced, [](const std::weak_ptr<TicketEntry>& weak) { return weak.expired(); });
        replaced.insert(replaced.end(), tickets.begin(), tickets.end());
    }
    void client_lost(const std::shared_ptr<TicketEntry>& ticket) {
        std::erase_if(lost, [at = now()](const Lost& entry) { return entry.until <= at; });
        if (lost.size() >= kMostLost) {
            lost.erase(lost.begin());
        }
        lost.push_back({ticket, now() + come_back_time});
    }
    std::vector<Lost>::iterator find_lost(const std::shared_ptr<TicketEntry>& ticket) {
        return std::ranges::find_if(
            lost, [&, at = now()](const Lost& entry) { return entry.ticket == ticket && entry.until > at; });
    }

    std::vector<std::shared_ptr<TicketEntry>> current;
    std::vector<Lost> lost;                           // oldest first
    std::vector<std::weak_ptr<TicketEntry>> replaced; // that clients came in with and still have
    std::chrono::seconds come_back_time;
    Now now;
};

namespace {

// Of two tickets with the same password the better one counts.
int rank(const TicketBook::Match& match) {
    if (match.verdict == TicketVerdict::accepted) {
        return match.comes_back ? 3 : 4;
    }
    return match.verdict == TicketVerdict::wrong ? 0 : (match.holder ? 2 : 1);
}

} // namespace

const char* fault_of(const Ticket& ticket) {
    static_assert(SPICE_MAX_PASSWORD_LENGTH == 60);
    if (ticket.password.empty()) {
        return "the password is empty";
    }
    if (ticket.password.size() > SPICE_MAX_PASSWORD_LENGTH) {
        return "the password is longer than the 60 bytes that the protocol allows";
    }
    if (ticket.password.find('\0') != std::string::npos) {
        return "the password holds a zero byte, which clients cannot send";
    }
    return nullptr;
}

void wipe(Ticket& ticket) {
    OPENSSL_cleanse(ticket.password.data(), ticket.password.size());
}

void wipe(std::vector<Ticket>& tickets) {
    for (Ticket& ticket : tickets) {
        wipe(ticket);
    }
}

TicketBook::TicketBook(const std::vector<Ticket>& tickets, std::chrono::seconds come_back_time, Now now)
    : state_(std::make_shared<State>()) {
    state_->come_back_time = come_back_time;
    state_->now = std::move(now);
    state_->set(tickets);
}

TicketBook::~TicketBook() = default;

bool TicketBook::open() const {
    return state_->current.empty();
}

void TicketBook::replace(const std::vector<Ticket>& tickets) {
    state_->retire(state_->current);
    state_->set(tickets);
}

bool TicketBook::add(const Ticket& ticket) {
    std::vector<std::shared_ptr<TicketEntry>>& current = state_->current;
    const auto of_use = [now = state_->now()](const std::shared_ptr<TicketEntry>& entry) {
        return entry->verdict(now) == TicketVerdict::accepted;
    };
    if (std::ranges::count_if(current, of_use) >= static_cast<std::ptrdiff_t>(kMostTickets)) {
        return false;
    }
    const auto useless = std::ranges::stable_partition(current, of_use);
    state_->retire(useless);
    current.erase(useless.begin(), useless.end());
    current.push_back(std::make_shared<TicketEntry>(ticket));
    return true;
}

void TicketBook::forget_lost() {
    state_->lost.clear();
    state_->replaced.clear();
}

size_t TicketBook::lost() const {
    const TimePoint now = state_->now();
    return static_cast<size_t>(
        std::ranges::count_if(state_->lost, [&](const State::Lost& entry) { return entry.until > now; }));
}

TicketBook::Match TicketBook::match(std::string_view presented) const {
    const PaddedTicket given(presented);
    Match best;
    const auto consider = [&](const std::shared_ptr<TicketEntry>& ticket, TicketVerdict verdict) {
        if (!given.equals(ticket->password)) {
            return;
        }
        Match match{verdict, ticket};
        if (verdict != TicketVerdict::accepted) {
            match.comes_back = state_->find_lost(ticket) != state_->lost.end();
            match.holder = match.comes_back ? nullptr : ticket->holder();
            match.comes_back = match.comes_back || (match.holder && match.holder->holder_silent());
            match.verdict = match.comes_back ? TicketVerdict::accepted : verdict;
        }
        if (rank(match) > rank(best)) {
            best = std::move(match);
        }
    };
    for (const auto& ticket : state_->current) { // all of them, always
        consider(ticket, ticket->verdict(state_->now()));
    }
    for (const State::Lost& entry : state_->lost) {
        if (entry.until > state_->now()) {
            consider(entry.ticket, TicketVerdict::expired);
        }
    }
    for (const std::weak_ptr<TicketEntry>& weak : state_->replaced) {
        if (const auto ticket = weak.lock(); ticket && ticket->held()) {
            consider(ticket, TicketVerdict::expired);
        }
    }
    return best;
}

std::shared_ptr<Pass> TicketBook::let_in(const Match& match) {
    const auto lost = state_->find_lost(match.ticket);
    if (lost != state_->lost.end()) {
        state_->lost.erase(lost);
    } else if (match.comes_back && match.holder) {
        match.holder->end_holder();
    }
    match.ticket->used = true;
    auto on_lost = [book = std::weak_ptr(state_), ticket = match.ticket] {
        if (const auto state = book.lock()) {
            state->client_lost(ticket);
        }
    };
    auto pass = std::make_shared<Pass>(match.ticket, match.ticket->view_only, std::move(on_lost));
    match.ticket->add(pass);
    return pass;
}

std::shared_ptr<Pass> TicketBook::let_in_without_ticket() {
    return std::make_shared<Pass>(nullptr, false, nullptr);
}

bool TicketBook::fits(const Pass& pass, std::string_view presented) {
    return !pass.ticket() || pass.ticket()->password.equals(PaddedTicket(presented));
}

} // namespace spice::auth
