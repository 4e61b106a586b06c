// The signals that end a recording, as something that can be waited for.
#pragma once

#include "base/unique_fd.hpp"

namespace spice::recorder {

// SIGINT, SIGTERM and SIGHUP, but for those that whoever started us had us ignore. From now on they are
// blocked, so this comes before the first thread.
class StopSignals {
public:
    StopSignals();

    int descriptor() const { return descriptor_.value(); } // can be read when one has come

private:
    UniqueFd descriptor_;
};

} // namespace spice::recorder
