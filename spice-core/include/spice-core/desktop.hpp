// The front-end as the core sees it. Xorg's driver implements it (xorg-driver/bridge.cpp); the tests have
// a synthetic one.
//
// All functions are called on the core thread and must only hand the value on (queue it, wake the other
// thread): no waiting, no locks held for longer than a push, no calls back into Server.
#pragma once

#include "spice-core/desktop_event.hpp"

namespace spice {

class Desktop {
public:
    virtual ~Desktop() = default;

    // Queues one input event, in order. False: the front-end is behind (its queue is full); the caller keeps
    // the event, stops reading from that client and offers the event again a little later.
    virtual bool post_input(const InputEvent& event) = 0;

    // Whether anybody looks at the display. While nobody does, the front-end need not track damage nor
    // commit; when somebody begins to, the next commit must carry the whole surface (CommitBuilder does
    // that). Called with true before the gate of the first commit opens.
    virtual void set_watched(bool watched) = 0;

    // The commit gate has opened after CommitGate::try_enter() refused: the front-end should look whether it
    // has something to commit. Called at most once per refusal.
    virtual void wake_for_commit() = 0;
};

} // namespace spice
