// Who looks at the desktop: clients, and whoever else needs its picture. While nobody does, the front-end
// tracks nothing, and the picture that the core has grows old.
//
// Core thread.
#pragma once

#include "spice-core/desktop.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace spice::channels {

class Watchers {
    struct State {
        Desktop& desktop; // the front-end; outlives the server
        size_t count = 0;
        std::function<void()> at_rest;
    };

public:
    // Somebody who looks, until it is destroyed. May outlive the Watchers.
    class Watch {
    public:
        Watch() = default;
        Watch(Watch&& other) noexcept : state_(std::exchange(other.state_, {})) {}
        Watch& operator=(Watch&& other) noexcept {
            std::swap(state_, other.state_);
            return *this;
        }
        ~Watch() { end(); }

        void end();

    private:
        friend class Watchers;
        explicit Watch(std::weak_ptr<State> state) : state_(std::move(state)) {}

        std::weak_ptr<State> state_;
    };

    explicit Watchers(Desktop& desktop) : state_(std::make_shared<State>(State{desktop, 0, {}})) {}

    bool any() const { return state_->count > 0; }
    // To be called when the last one has gone.
    void set_rest_handler(std::function<void()> at_rest) { state_->at_rest = std::move(at_rest); }

    // What the core has of the picture may be old at first: everything comes with the next commit.
    [[nodiscard]] Watch watch();
    // What the core has cannot be trusted: everything is to come again, if anybody looks.
    void look_anew();

private:
    std::shared_ptr<State> state_;
};

} // namespace spice::channels
