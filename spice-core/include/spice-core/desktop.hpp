// The front-end as the core sees it. Xorg's driver implements it (xorg-driver/bridge.cpp); the tests have
// a synthetic one.
//
// All functions are called on the core thread and must only hand the value on (queue it, wake the other
// thread): no waiting, no locks held for longer than a push, no calls back into Server.
#pragma once

#include "spice-core/desktop_event.hpp"
#include "spice-core/display_command.hpp"

#include <cstdint>
#include <vector>

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

    // The two wishes below are answered by a commit, and so only while somebody watches: who asks sees to
    // that; otherwise the answer comes when somebody begins to. Tokens grow: an answer is one to every wish
    // of the same kind with a token that is not larger. Answers may come more than once.

    // A commit is wanted, changed or not, as soon as the gate lets it pass. Commit::reached has the token;
    // everything that was drawn when the front-end hears of the wish is in that commit or was in one before,
    // and everything given to post_input() before the wish has been handed on by then.
    virtual void want_commit(uint64_t token) = 0;

    // The outputs are to be like this; Head::id is the number of an output, from 0, and those that are not
    // mentioned are off. Of several wishes that nobody has looked at, only the newest counts. The front-end
    // does all of it or nothing, commits and says which in Commit::monitors_answer; a surface and monitors
    // that are new are in that commit or were in one before. Done even while nobody watches.
    virtual void want_monitors(std::vector<Head> wanted, uint64_t token) = 0;
};

} // namespace spice
