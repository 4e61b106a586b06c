#include "auth/failure_delays.hpp"

#include <algorithm>
#include <utility>

namespace spice::auth {

using std::chrono::milliseconds;

FailureDelays::FailureDelays(Limits limits, Now now)
    : limits_(limits), now_(std::move(now)), faded_at_(now_()) {}

milliseconds FailureDelays::delay_after(unsigned failures) const {
    milliseconds delay = failures == 0 ? milliseconds(0) : limits_.first;
    for (unsigned i = 1; i < failures && delay < limits_.longest; ++i) {
        delay *= 2;
    }
    return std::min(delay, limits_.longest);
}

double FailureDelays::fresh_failures() {
    const TimePoint now = now_();
    const double seconds = std::chrono::duration<double>(now - faded_at_).count();
    failures_ = std::max(0.0, failures_ - seconds * limits_.many / 10);
    faded_at_ = now;
    return failures_;
}

FailureDelays::Address& FailureDelays::find(const std::string& address) {
    const auto found = addresses_.find(address);
    if (found == addresses_.end()) {
        make_room();
        return addresses_[address];
    }
    if (found->second.failures != 0 && now_() - found->second.last_failure >= limits_.forgotten_after) {
        found->second.failures = 0;
    }
    return found->second;
}

// Those with attempts under way stay: there are no more of them than connections.
void FailureDelays::make_room() {
    if (addresses_.size() < limits_.addresses) {
        return;
    }
    auto victim = addresses_.end();
    for (auto it = addresses_.begin(); it != addresses_.end(); ++it) {
        if (it->second.attempts == 0 &&
            (victim == addresses_.end() || it->second.last_failure < victim->second.last_failure)) {
            victim = it;
        }
    }
    if (victim != addresses_.end()) {
        addresses_.erase(victim);
    }
}

void FailureDelays::forget(const std::string& address) {
    const auto found = addresses_.find(address);
    if (found->second.failures == 0 && found->second.attempts == 0) {
        addresses_.erase(found);
    }
}

FailureDelays::Attempt::Attempt(FailureDelays& delays, std::string address, bool local)
    : delays_(delays), address_(std::move(address)), local_(local) {
    ++delays_.find(address_).attempts;
}

FailureDelays::Attempt::~Attempt() {
    --delays_.find(address_).attempts;
    delays_.forget(address_);
}

std::optional<milliseconds> FailureDelays::Attempt::turn() {
    Address& address = delays_.find(address_);
    const TimePoint now = delays_.now_();
    const unsigned parallel = address.attempts - std::min(address.attempts, delays_.limits_.parallel);
    const milliseconds spacing = delays_.delay_after(std::max(address.failures, parallel == 0 ? 0u : 1u));
    TimePoint mine = std::max(now, address.next_turn);
    if (spacing.count() == 0) {
        mine = now; // whatever was queued for, it has succeeded meanwhile
    }
    if (mine - now > delays_.limits_.longest) {
        return std::nullopt;
    }
    address.next_turn = mine + spacing;
    if (!local_ && delays_.fresh_failures() > delays_.limits_.many) {
        mine = std::max(mine, now + delays_.limits_.brake);
    }
    return std::chrono::ceil<milliseconds>(mine - now);
}

void FailureDelays::Attempt::failed() {
    Address& address = delays_.find(address_);
    const TimePoint now = delays_.now_();
    address.last_failure = now;
    address.next_turn = std::max(address.next_turn, now + delays_.delay_after(++address.failures));
    if (!local_) {
        delays_.failures_ = delays_.fresh_failures() + 1;
    }
}

void FailureDelays::Attempt::succeeded() {
    Address& address = delays_.find(address_);
    address.failures = 0;
    address.next_turn = TimePoint{};
}

} // namespace spice::auth
