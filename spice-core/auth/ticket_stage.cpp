#include "auth/ticket_stage.hpp"

#include <openssl/crypto.h>
#include <spice/enums.h>

#include <optional>
#include <utility>

namespace spice::auth {

namespace asio = boost::asio;
using protocol::LinkError;
using protocol::LinkMessage;

namespace {

// How long a client whose place somebody wants has to answer, and some for the way.
constexpr std::chrono::milliseconds kSignOfLife{4500};

LinkError verdict_error(TicketVerdict verdict) {
    switch (verdict) {
    case TicketVerdict::accepted:
        break;
    case TicketVerdict::unreadable:
        return {SPICE_LINK_ERR_PERMISSION_DENIED, "unreadable ticket"};
    case TicketVerdict::wrong:
        return {SPICE_LINK_ERR_PERMISSION_DENIED, "wrong ticket"};
    case TicketVerdict::expired:
        return {SPICE_LINK_ERR_PERMISSION_DENIED, "expired ticket"};
    case TicketVerdict::used_up:
        return {SPICE_LINK_ERR_PERMISSION_DENIED, "ticket used up: it was for one client"};
    case TicketVerdict::replayed:
        return {SPICE_LINK_ERR_PERMISSION_DENIED, "ticket message used before"};
    }
    return {SPICE_LINK_ERR_OK, "accepted"};
}

// What a client sent, readable, until it is no longer needed.
class Plain {
public:
    Plain(const TicketKey& key, const protocol::EncryptedTicket& encrypted) : text_(key.decrypt(encrypted)) {}
    ~Plain() {
        if (text_) {
            OPENSSL_cleanse(text_->data(), text_->size());
        }
    }
    Plain(const Plain&) = delete;
    Plain& operator=(const Plain&) = delete;

    const std::optional<std::string>& text() const { return text_; }

private:
    std::optional<std::string> text_;
};

std::string how(const Pass& pass) {
    return std::string(pass.ticket() ? "ticket" : "no ticket needed") +
           (pass.view_only() ? ", view only" : "");
}

// One client's ticket against the book or, for the other channels of a client, against its pass.
class TicketStage {
public:
    TicketStage(TicketKey& key, const LinkPolicy& policy, const LinkMessage& message)
        : key_(key), policy_(policy), message_(message) {}

    asio::awaitable<Authentication> run(transport::Stream& stream) {
        protocol::EncryptedTicket encrypted;
        co_await read_exactly(stream, encrypted);
        const std::shared_ptr<Pass> pass = known_client(policy_, message_);
        if (pass && pass->trusted()) {
            co_return with_pass(pass, encrypted);
        }
        // Browsers' clients do not always get the encryption right; where any ticket is good, none is read.
        if (!pass && policy_.tickets.open()) {
            co_return decided(admitted(policy_, message_),
                              [&] { return policy_.tickets.let_in_without_ticket(); });
        }
        FailureDelays::Attempt attempt = policy_.delays.attempt_of(stream);
        const std::optional<std::chrono::milliseconds> turn = attempt.turn();
        if (!turn) {
            co_return Authentication{kTooManyAttempts};
        }
        co_await wait_for(stream, *turn);
        if (pass) {
            Authentication result = with_pass(pass, encrypted);
            result.pass ? attempt.succeeded() : attempt.failed();
            co_return result;
        }
        const Plain plain(key_, encrypted);
        const bool ask_holder = plain.text() && asks_holder(*plain.text());
        if (ask_holder) {
            co_await wait_for(stream, kSignOfLife);
        }
        co_return with_book(attempt, plain, encrypted);
    }

private:
    // For another channel of a client: its very ticket.
    Authentication with_pass(const std::shared_ptr<Pass>& pass, const protocol::EncryptedTicket& encrypted) {
        if (pass->ticket()) {
            const Plain plain(key_, encrypted);
            TicketVerdict verdict = plain.text() ? TicketVerdict::wrong : TicketVerdict::unreadable;
            if (plain.text() && TicketBook::fits(*pass, *plain.text())) {
                verdict = key_.use_once(encrypted) ? TicketVerdict::accepted : TicketVerdict::replayed;
            }
            if (verdict != TicketVerdict::accepted) {
                pass->count_wrong();
                return {verdict_error(verdict)};
            }
        }
        return decided(admitted(policy_, message_), [&] { return pass; });
    }

    // Somebody else is here with this ticket: may it be that this is the same one, coming back?
    bool asks_holder(const std::string& presented) const {
        const TicketBook::Match match = policy_.tickets.match(presented);
        return message_.channel.type == SPICE_CHANNEL_MAIN && match.verdict != TicketVerdict::accepted &&
               match.holder;
    }

    Authentication with_book(FailureDelays::Attempt& attempt, const Plain& plain,
                             const protocol::EncryptedTicket& encrypted) {
        TicketBook::Match match;
        match.verdict = TicketVerdict::unreadable;
        if (plain.text()) {
            match = policy_.tickets.match(*plain.text());
        }
        if (match.verdict == TicketVerdict::accepted && !key_.use_once(encrypted)) {
            match.verdict = TicketVerdict::replayed;
        }
        if (match.verdict != TicketVerdict::accepted) {
            attempt.failed();
            return {verdict_error(match.verdict)};
        }
        attempt.succeeded();
        return decided(admitted(policy_, message_), [&] { return policy_.tickets.let_in(match); });
    }

    template <class MakePass>
    static Authentication decided(LinkError error, MakePass make_pass) {
        Authentication result{error};
        if (error.code == SPICE_LINK_ERR_OK) {
            result.pass = make_pass();
            result.how = how(*result.pass);
        }
        return result;
    }

    TicketKey& key_;
    const LinkPolicy& policy_;
    const LinkMessage& message_;
};

} // namespace

asio::awaitable<Authentication> ticket_stage(transport::Stream& stream, TicketKey& key,
                                             const LinkPolicy& policy, const LinkMessage& message) {
    TicketStage stage(key, policy, message);
    Authentication result = co_await stage.run(stream);
    co_return result;
}

} // namespace spice::auth
