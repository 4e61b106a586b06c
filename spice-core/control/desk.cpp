#include "control/desk.hpp"

#include <utility>

namespace spice::control {

Desk::Desk(boost::asio::any_io_executor executor, Controls controls)
    : controls_(std::move(controls)), commit_taken_(std::move(executor)) {}

void Desk::commit_taken(const display::ScreenUpdate& update, std::optional<uint64_t> reached,
                        const std::optional<MonitorsAnswer>& monitors_answer) {
    ++commits_;
    if (update.pixels_changed()) {
        ++pixel_changes_;
        pixels_changed_at_ = std::chrono::steady_clock::now();
    }
    reached_ = reached.value_or(reached_);
    if (monitors_answer) {
        monitors_answer_ = *monitors_answer;
    }
    wake_all();
}

uint64_t Desk::want_commit() {
    session().desktop.want_commit(++last_token_);
    return last_token_;
}

uint64_t Desk::want_monitors(std::vector<Head> heads) {
    session().desktop.want_monitors(std::move(heads), ++last_token_);
    return last_token_;
}

std::optional<std::string> Desk::monitors_answer(uint64_t token) const {
    return monitors_answer_.token >= token ? std::optional(monitors_answer_.refusal) : std::nullopt;
}

} // namespace spice::control
