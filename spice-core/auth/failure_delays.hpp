// How long those wait who have shown wrong credentials before: guessing gets slow, and nobody is locked out.
//
// Each address has its turns. While nobody failed there, a turn is at once; after a failure the next one
// comes `first` later, and each further failure doubles that up to `longest`. Attempts that come in parallel
// queue for turns; where the queue is longer than `longest` they are refused unseen, so that little waits and
// 1,000 parallel guesses are some twenty. What is right at its turn is let in, and clears the address.
// Addresses are independent; see transport::peer_network(). Against
// many addresses together there is only a brake: while more than `many` failures of all are fresh, attempts
// over a network wait `brake`, which a good client hardly notices.
//
// Pure book-keeping; who asks does the waiting. Core thread.
#pragma once

#include "base/clock.hpp"
#include "transport/peer_network.hpp"
#include "transport/stream.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace spice::auth {

class FailureDelays {
public:
    struct Limits {
        std::chrono::milliseconds first{300};
        std::chrono::milliseconds longest{5000};
        std::chrono::seconds forgotten_after{300}; // without a failure
        size_t addresses = 4096;                   // that are remembered; who failed longest ago goes
        // Attempts of one address whose outcome is not known yet; further ones count as failures meanwhile.
        unsigned parallel = 8;
        double many = 64; // failures of all addresses; they fade by `many` in ten seconds
        std::chrono::milliseconds brake{250};
    };
    using Now = std::function<TimePoint()>;

    explicit FailureDelays(Limits limits, Now now = std::chrono::steady_clock::now);
    FailureDelays() : FailureDelays(Limits{}) {}
    FailureDelays(const FailureDelays&) = delete;
    FailureDelays& operator=(const FailureDelays&) = delete;

    // Somebody who will show credentials. Ask for the turn, wait, look at the credentials, tell the outcome.
    // One that is destroyed without an outcome did not get that far. Must not outlive the FailureDelays.
    class Attempt {
    public:
        ~Attempt();
        Attempt(const Attempt&) = delete;
        Attempt& operator=(const Attempt&) = delete;

        // Once. How long to wait; none: too many wait already.
        std::optional<std::chrono::milliseconds> turn();
        void failed();
        void succeeded();

    private:
        friend class FailureDelays;
        Attempt(FailureDelays& delays, std::string address, bool local);
        FailureDelays& delays_;
        const std::string address_;
        const bool local_; // no brake
    };
    Attempt attempt_of(const transport::Stream& stream) {
        return {*this, transport::peer_network(stream), stream.credentials().has_value()};
    }

    size_t size() const { return addresses_.size(); } // addresses remembered

private:
    struct Address {
        unsigned failures = 0;
        unsigned attempts = 0; // under way
        TimePoint last_failure{};
        TimePoint next_turn{};
    };

    Address& find(const std::string& address);
    void forget(const std::string& address); // if nothing is to be remembered
    void make_room();
    std::chrono::milliseconds delay_after(unsigned failures) const;
    double fresh_failures();

    const Limits limits_;
    const Now now_;
    std::map<std::string, Address> addresses_;
    double failures_ = 0; // of all, as of faded_at_
    TimePoint faded_at_{};
};

} // namespace spice::auth
