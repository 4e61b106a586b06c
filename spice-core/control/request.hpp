// What a control client asks for: one line of JSON to one value, or to what is wrong with it. Pure functions;
// docs/control.md says what each command means.
#pragma once

#include "control/wiped_memory.hpp"
#include "spice-core/config.hpp"
#include "spice-core/desktop_event.hpp"
#include "spice-core/display_command.hpp"
#include "spice-core/region.hpp"

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spice::control {

// Why a request is not carried out: one line that names the argument. Holds nothing that may be secret.
struct Refusal {
    std::string what;
};

[[noreturn]] inline void throw_exception_from_error(const Refusal& refusal, const boost::source_location&) {
    throw std::logic_error(refusal.what); // value() without a check: our own mistake
}

template <class T>
using Answered = boost::system::result<T, Refusal>;

struct StatusRequest {};
struct ClientsRequest {};
struct KickRequest {
    std::optional<uint64_t> client; // none: all
};
struct ViewOnlyRequest {
    uint64_t client = 0;
    bool view_only = false;
};
struct TicketsRequest {
    std::vector<Ticket> tickets;
    ConnectedAction connected = ConnectedAction::keep;
};
struct AddTicketRequest {
    Ticket ticket;
};
// Outputs in the order of their numbers; all have a place, or none has.
struct ResizeRequest {
    std::vector<Rect> monitors;
};
struct ScreenshotRequest {
    bool cursor = false;
};
struct CaptureRequest {
    bool cursor = false;
};
struct FrameRequest {
    std::chrono::milliseconds timeout{1000};
};
struct WaitStillRequest {
    std::chrono::milliseconds still{0};
    std::optional<std::chrono::milliseconds> timeout; // none: for ever
};
// Keys to tap.
struct TypeRequest {
    WipedKeysyms keysyms;
};
// Of `keys` and `mouse`.
struct InputRequest {
    std::vector<InputEvent> events;
};
// Instead of what was subscribed to before.
struct SubscribeRequest {
    bool clients = false;
    bool quit = false;
};
struct QuitRequest {};

using Request = std::variant<StatusRequest, ClientsRequest, KickRequest, ViewOnlyRequest, TicketsRequest,
                             AddTicketRequest, ResizeRequest, ScreenshotRequest, CaptureRequest, FrameRequest,
                             WaitStillRequest, TypeRequest, InputRequest, SubscribeRequest, QuitRequest>;

// What the answer repeats. Serialized, it has at most kMaxId bytes.
using RequestId = std::optional<boost::json::value>;
inline constexpr size_t kMaxId = 1024;

struct ParsedLine {
    RequestId id;
    Answered<Request> request;
    bool readable = true; // false: not even a JSON object; what follows it can hardly be read, either
};

// `now` is what times in `line` count from.
ParsedLine parse_line(std::string_view line, std::chrono::steady_clock::time_point now);

} // namespace spice::control
