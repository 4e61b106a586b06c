#include "control/request.hpp"

#include "auth/ticket_book.hpp"
#include "base/log.hpp"
#include "control/arguments.hpp"
#include "control/keysyms.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/storage_ptr.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace spice::control {

namespace json = boost::json;

namespace {

using std::chrono::milliseconds;

constexpr size_t kMostEvents = 100'000; // as many as fit into a line
constexpr size_t kMostMonitors = 16;
constexpr int kMaxButton = 16;
constexpr int64_t kLongestFrameWait = 60'000;        // ms
constexpr int64_t kLongestWait = 86'400'000;         // ms: a day
constexpr double kLongestExpiry = 10.0 * 31'536'000; // s: ten years

using Now = std::chrono::steady_clock::time_point;

Request parse_status(Arguments&, Now) {
    return StatusRequest{};
}

Request parse_clients(Arguments&, Now) {
    return ClientsRequest{};
}

uint64_t client_number(Arguments& in) {
    return static_cast<uint64_t>(in.whole("client", 1, std::numeric_limits<int64_t>::max()));
}

Request parse_kick(Arguments& in, Now) {
    if (in.says("client", "all")) {
        return KickRequest{};
    }
    return KickRequest{client_number(in)};
}

Request parse_view_only(Arguments& in, Now) {
    const uint64_t client = client_number(in);
    return ViewOnlyRequest{client, in.required_flag("view_only")};
}

Ticket read_ticket(Arguments& in, Now now) {
    Ticket ticket{.password = std::string(in.text("password")), .expires = {}};
    if (const char* const fault = auth::fault_of(ticket)) {
        in.refuse("password", fault);
    }
    if (const auto seconds = in.optional_number("expires_in", 0, kLongestExpiry)) {
        ticket.expires =
            now + std::chrono::duration_cast<Now::duration>(std::chrono::duration<double>(*seconds));
    }
    ticket.one_shot = in.flag("one_shot");
    ticket.view_only = in.flag("view_only");
    return ticket;
}

Request parse_tickets(Arguments& in, Now now) {
    TicketsRequest request;
    const json::array& list = in.list("tickets", 0, auth::kMostTickets);
    for (size_t i = 0; i < list.size(); ++i) {
        Arguments item = in.item("tickets", i);
        request.tickets.push_back(read_ticket(item, now));
        item.finish();
    }
    constexpr std::array actions{ConnectedAction::keep, ConnectedAction::disconnect, ConnectedAction::fail};
    request.connected = actions[in.choice("connected", {"keep", "disconnect", "fail"})];
    return request;
}

Request parse_add_ticket(Arguments& in, Now now) {
    return AddTicketRequest{read_ticket(in, now)};
}

Rect read_monitor(Arguments& in) {
    const auto width = static_cast<int>(in.whole("width", 1, kMaxSurfaceEdge));
    const auto height = static_cast<int>(in.whole("height", 1, kMaxSurfaceEdge));
    const auto x = static_cast<int>(in.optional_whole("x", 0, kMaxSurfaceEdge - 1).value_or(0));
    const auto y = static_cast<int>(in.optional_whole("y", 0, kMaxSurfaceEdge - 1).value_or(0));
    return {x, y, x + width, y + height};
}

Request parse_resize(Arguments& in, Now) {
    ResizeRequest request;
    const json::array& list = in.list("monitors", 1, kMostMonitors);
    size_t placed = 0;
    int next = 0; // the first column that is free
    for (size_t i = 0; i < list.size(); ++i) {
        Arguments item = in.item("monitors", i);
        Rect monitor = read_monitor(item);
        if (item.has("x") != item.has("y")) {
            item.refuse(item.has("x") ? "y" : "x", "missing; give both, or none");
        }
        placed += item.has("x") ? 1 : 0;
        if (!item.has("x")) {
            monitor = {next, 0, next + monitor.width(), monitor.height()};
            next = monitor.x2;
        }
        item.finish();
        request.monitors.push_back(monitor);
    }
    if (placed != 0 && placed != list.size()) {
        in.refuse("monitors", "some have a place and some have none; give x and y to all, or to none");
    }
    return request;
}

Request parse_screenshot(Arguments& in, Now) {
    return ScreenshotRequest{in.flag("cursor")};
}

Request parse_capture(Arguments& in, Now) {
    return CaptureRequest{in.flag("cursor")};
}

Request parse_frame(Arguments& in, Now) {
    FrameRequest request;
    request.timeout =
        milliseconds(in.optional_whole("timeout", 0, kLongestFrameWait).value_or(request.timeout.count()));
    return request;
}

Request parse_wait_still(Arguments& in, Now) {
    WaitStillRequest request;
    request.still = milliseconds(in.whole("still", 0, kLongestWait));
    const int64_t timeout = in.optional_whole("timeout", 0, kLongestWait).value_or(0);
    if (timeout != 0) {
        request.timeout = milliseconds(timeout);
    }
    return request;
}

Request parse_type(Arguments& in, Now) {
    std::optional<WipedKeysyms> keysyms = keysyms_of_text(in.text("text"));
    if (!keysyms) {
        in.refuse("text", "holds a character that no key is for; of control characters only newline, tab, "
                          "backspace and escape can be typed");
        return TypeRequest{};
    }
    return TypeRequest{std::move(*keysyms)};
}

// The events of one press, one release, or both.
template <class Event>
void add_presses(Arguments& in, std::string_view tap, Event event, std::vector<InputEvent>& events) {
    const size_t action = in.choice("action", {tap, "press", "release"});
    if (action != 2) {
        event.pressed = true;
        events.emplace_back(event);
    }
    if (action != 1) {
        event.pressed = false;
        events.emplace_back(event);
    }
}

Request parse_keys(Arguments& in, Now) {
    InputRequest request;
    const json::array& list = in.list("events", 0, kMostEvents);
    for (size_t i = 0; i < list.size() && !in.faulty(); ++i) {
        Arguments item = in.item("events", i);
        const std::string_view name = item.text("key");
        const std::optional<uint32_t> keysym = keysym_of(name);
        if (!keysym) {
            item.refuse("key", "no key is called \"" + escaped(name, 64) +
                                   "\"; give a name as xev shows it, or U+ "
                                   "and the number of a character");
        }
        add_presses(item, "tap", KeysymEvent{keysym.value_or(0)}, request.events);
        item.finish();
    }
    return request;
}

void read_mouse_event(Arguments& in, std::vector<InputEvent>& events) {
    if (in.has("move") + in.has("motion") + in.has("button") != 1) {
        in.refuse("move", "give one of \"move\", \"motion\" and \"button\"");
        return;
    }
    if (in.has("button")) {
        const auto button = static_cast<uint8_t>(in.whole("button", 1, kMaxButton));
        add_presses(in, "click", ButtonEvent{button}, events);
        return;
    }
    if (const auto place = in.numbers("move", 2, 0, kMaxSurfaceEdge - 1)) {
        events.emplace_back(PointerPosition{{place->front(), place->back()}});
    }
    if (const auto distance = in.numbers("motion", 2, -kMaxSurfaceEdge, kMaxSurfaceEdge)) {
        events.emplace_back(PointerMotion{distance->front(), distance->back()});
    }
}

Request parse_mouse(Arguments& in, Now) {
    InputRequest request;
    const json::array& list = in.list("events", 0, kMostEvents);
    for (size_t i = 0; i < list.size() && !in.faulty(); ++i) {
        Arguments item = in.item("events", i);
        read_mouse_event(item, request.events);
        item.finish();
    }
    return request;
}

Request parse_subscribe(Arguments& in, Now) {
    SubscribeRequest request;
    for (const json::value& event : in.list("events", 0, 2)) {
        if (event == "clients") {
            request.clients = true;
        } else if (event == "quit") {
            request.quit = true;
        } else {
            in.refuse("events", "give a list of \"clients\" and \"quit\"");
        }
    }
    return request;
}

Request parse_quit(Arguments&, Now) {
    return QuitRequest{};
}

struct Command {
    std::string_view name;
    Request (*parse)(Arguments&, Now);
};

constexpr Command kCommands[] = {
    {"status", parse_status},       {"clients", parse_clients},       {"kick", parse_kick},
    {"view-only", parse_view_only}, {"tickets", parse_tickets},       {"add-ticket", parse_add_ticket},
    {"resize", parse_resize},       {"screenshot", parse_screenshot}, {"capture", parse_capture},
    {"frame", parse_frame},         {"wait-still", parse_wait_still}, {"type", parse_type},
    {"keys", parse_keys},           {"mouse", parse_mouse},           {"subscribe", parse_subscribe},
    {"quit", parse_quit},
};

Answered<Request> parse_request(const json::object& object, Now now) {
    std::string fault;
    Arguments in(object, "", fault);
    const std::string_view name = in.text("command");
    const auto command = std::ranges::find(kCommands, name, &Command::name);
    if (command == std::end(kCommands)) {
        in.refuse("command",
                  "there is no \"" + escaped(name, 40) + "\"; see docs/control.md for what there is");
        return Refusal{fault};
    }
    in.accept("id");
    Request request = command->parse(in, now);
    in.finish();
    if (!fault.empty()) {
        return Refusal{fault};
    }
    return request;
}

} // namespace

ParsedLine parse_line(std::string_view line, Now now) {
    boost::system::error_code error;
    json::value value = json::parse(line, error, json::make_shared_resource<WipingResource>());
    if (error || !value.is_object()) {
        return {{}, Refusal{"not a JSON object; each line is one, such as {\"command\": \"status\"}"}, false};
    }
    const json::object& object = value.get_object();
    RequestId id;
    if (const json::value* const given = object.if_contains("id")) {
        if (json::serialize(*given).size() > kMaxId) {
            return {{}, Refusal{"id: longer than " + std::to_string(kMaxId) + " bytes"}};
        }
        id.emplace(*given, json::storage_ptr());
    }
    return {std::move(id), parse_request(object, now)};
}

} // namespace spice::control
