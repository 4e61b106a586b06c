#include "channels/watchers.hpp"

namespace spice::channels {

Watchers::Watch Watchers::watch() {
    if (state_->count++ == 0) {
        state_->desktop.set_watched(true);
    }
    return Watch(state_);
}

void Watchers::look_anew() {
    if (state_->count > 0) {
        state_->desktop.set_watched(false);
        state_->desktop.set_watched(true);
    }
}

void Watchers::Watch::end() {
    if (const auto state = std::exchange(state_, {}).lock(); state && --state->count == 0) {
        state->desktop.set_watched(false);
        if (state->at_rest) {
            state->at_rest();
        }
    }
}

} // namespace spice::channels
