#include "channels/ack_window.hpp"

#include <algorithm>

namespace spice::channels {

void AckWindow::acknowledged() {
    if (synced_) {
        unacknowledged_ -= std::min<uint64_t>(unacknowledged_, window_);
    }
}

} // namespace spice::channels
