// What each request does: the execute() of ControlClient.
#include "auth/ticket_book.hpp"
#include "base/log.hpp"
#include "control/control_client.hpp"
#include "control/control_server.hpp"
#include "control/descriptions.hpp"

#include <boost/json/array.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace spice::control {

namespace json = boost::json;
using std::chrono::steady_clock;

namespace {

// Whoever asks how things are hears it even while X is busy.
constexpr std::chrono::seconds kPatienceWithX{2};
constexpr size_t kMaxHeldKeys = 256; // more than any keyboard has

Refusal connection_closed() {
    return {"the connection is closed"}; // nobody reads it
}

Refusal no_such_client(uint64_t number) {
    return {"client " + std::to_string(number) +
            ": nobody is connected by that number; \"clients\" lists them"};
}

Refusal too_many_descriptors() {
    return {"this connection has not read the descriptors that it got; read the answers before"};
}

std::shared_ptr<channels::Client> find(const channels::ClientRegistry& registry, uint64_t number) {
    const auto clients = registry.clients();
    const auto found =
        std::ranges::find_if(clients, [&](const auto& client) { return client->number() == number; });
    return found != clients.end() ? *found : nullptr;
}

std::vector<Head> heads_of(const std::vector<Rect>& monitors) {
    std::vector<Head> heads;
    for (const Rect& area : monitors) {
        heads.push_back({static_cast<uint32_t>(heads.size()), area});
    }
    return heads;
}

int64_t microseconds(TimePoint time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

} // namespace

// --- who is there ---

ControlClient::Answering ControlClient::execute(const StatusRequest&) {
    const auto watch = session().watchers.watch();
    const bool known = co_await everything_drawn(steady_clock::now() + kPatienceWithX);
    if (closed_) {
        co_return connection_closed();
    }
    const std::chrono::duration<double> uptime = steady_clock::now() - desk_->started_at();
    Answer answer{{{"version", XSPICE_VERSION}, {"pid", ::getpid()}, {"uptime", uptime.count()}}};
    if (known) {
        describe_screen(session(), answer.members);
    }
    answer.members["access"] = session().config.sasl              ? "sasl"
                               : desk_->controls().tickets.open() ? "open"
                                                                  : "ticket";
    answer.members["clients"] = desk_->controls().registry.size();
    answer.members["commits"] = desk_->commits();
    answer.members["recording"] = server_.captures();
    co_return answer;
}

ControlClient::Answering ControlClient::execute(const ClientsRequest&) {
    json::array list;
    for (const auto& client : desk_->controls().registry.clients()) {
        list.push_back(control::describe(*client, desk_->user_names()));
    }
    co_return Answer{{{"clients", std::move(list)}}};
}

ControlClient::Answering ControlClient::execute(const KickRequest& request) {
    std::vector<std::shared_ptr<channels::Client>> clients = desk_->controls().registry.clients();
    if (request.client) {
        std::erase_if(clients, [&](const auto& client) { return client->number() != *request.client; });
        if (clients.empty()) {
            co_return no_such_client(*request.client);
        }
    }
    for (const auto& client : clients) {
        log_line(session().log, LogLevel::info, name(), ": kicks ", client->name());
        client->close("kicked by " + name());
    }
    co_return Answer{{{"kicked", clients.size()}}};
}

ControlClient::Answering ControlClient::execute(const ViewOnlyRequest& request) {
    const auto client = find(desk_->controls().registry, request.client);
    if (!client) {
        co_return no_such_client(request.client);
    }
    log_line(session().log, LogLevel::info, name(), ": ", client->name(),
             request.view_only ? " may only watch now" : " may use keyboard and mouse now");
    client->set_view_only(request.view_only);
    co_return Answer{};
}

// --- tickets ---

ControlClient::Answering ControlClient::execute(TicketsRequest& request) {
    if (session().config.sasl) {
        auth::wipe(request.tickets);
        co_return Refusal{"tickets: this display asks for accounts (SASL), not for tickets"};
    }
    log_line(session().log, LogLevel::info, name(), ": replaces the tickets");
    const bool replaced = desk_->controls().set_tickets(request.tickets, request.connected);
    auth::wipe(request.tickets);
    co_return Answer{{{"replaced", replaced}}};
}

ControlClient::Answering ControlClient::execute(AddTicketRequest& request) {
    auth::TicketBook& book = desk_->controls().tickets;
    const bool open = session().config.sasl || book.open();
    const bool added = !open && book.add(request.ticket);
    auth::wipe(request.ticket);
    if (session().config.sasl) {
        co_return Refusal{"add-ticket: this display asks for accounts (SASL), not for tickets"};
    }
    if (open) {
        co_return Refusal{
            "add-ticket: this display lets anybody in, with any ticket; \"tickets\" changes that"};
    }
    if (!added) {
        co_return Refusal{"add-ticket: there are " + std::to_string(auth::kMostTickets) +
                          " tickets already; \"tickets\" replaces them"};
    }
    log_line(session().log, LogLevel::info, name(), ": adds a ticket");
    co_return Answer{};
}

// --- the screen ---

ControlClient::Answering ControlClient::execute(const ResizeRequest& request) {
    const auto watch = session().watchers.watch();
    const uint64_t token = desk_->want_monitors(heads_of(request.monitors));
    log_line(session().log, LogLevel::info, name(), ": wants ", request.monitors.size(),
             " monitors, the first ", request.monitors.front().width(), "x",
             request.monitors.front().height());
    while (!closed_ && !desk_->monitors_answer(token)) {
        co_await desk_->next_commit(TimePoint::max());
    }
    if (closed_) {
        co_return connection_closed();
    }
    if (const std::string refusal = *desk_->monitors_answer(token); !refusal.empty()) {
        co_return Refusal{"monitors: " + refusal};
    }
    const Size size = session().screen.surface()->size;
    co_return Answer{{{"width", size.width}, {"height", size.height}}};
}

ControlClient::Answer ControlClient::describe(const PictureFile& picture) {
    return {
        {{"width", picture.size().width}, {"height", picture.size().height}, {"stride", picture.stride()}},
        picture.descriptor()};
}

ControlClient::Answering ControlClient::execute(const ScreenshotRequest& request) {
    const auto watch = session().watchers.watch();
    if (!co_await everything_drawn()) {
        co_return connection_closed();
    }
    if (!connection_->takes_descriptor()) {
        co_return too_many_descriptors();
    }
    co_return describe(screenshot(session(), request.cursor));
}

ControlClient::Answering ControlClient::execute(const CaptureRequest& request) {
    auto watch = session().watchers.watch();
    if (!co_await everything_drawn()) {
        co_return connection_closed();
    }
    if (!connection_->takes_descriptor()) {
        co_return too_many_descriptors();
    }
    log_line(session().log, LogLevel::info, name(), ": records the screen");
    capture_ = std::make_unique<Capture>(session(), std::move(watch), request.cursor);
    co_return describe(capture_->picture());
}

ControlClient::Answering ControlClient::execute(const FrameRequest& request) {
    if (!capture_) {
        co_return Refusal{"frame: nothing is captured; begin with \"capture\""};
    }
    const TimePoint deadline = steady_clock::now() + request.timeout;
    while (!closed_ && !capture_->differs() && steady_clock::now() < deadline) {
        co_await desk_->next_commit(deadline);
    }
    if (closed_) {
        co_return connection_closed();
    }
    const bool changed = capture_->differs();
    const bool resized = capture_->resized();
    if (resized && !connection_->takes_descriptor()) {
        co_return too_many_descriptors();
    }
    if (resized) {
        capture_ = std::make_unique<Capture>(session(), session().watchers.watch(), capture_->with_cursor());
    } else if (changed) {
        capture_->follow();
    }
    Answer answer = resized ? describe(capture_->picture()) : Answer{};
    answer.members["changed"] = changed;
    answer.members["time"] = microseconds(capture_->changed_at());
    if (resized) {
        answer.members["resized"] = true;
    }
    co_return answer;
}

ControlClient::Answering ControlClient::execute(const WaitStillRequest& request) {
    TimePoint since = steady_clock::now(); // still, as far as known
    const TimePoint deadline = request.timeout ? since + *request.timeout : TimePoint::max();
    const auto watch = session().watchers.watch();
    uint64_t changes = desk_->pixel_changes();
    bool known = co_await everything_drawn(deadline); // X may be busy with what was typed before
    while (known) {
        if (desk_->pixel_changes() != changes) {
            changes = desk_->pixel_changes();
            since = desk_->pixels_changed_at();
        }
        const TimePoint due = since + request.still;
        if (steady_clock::now() < std::min(due, deadline)) {
            co_await desk_->next_commit(std::min(due, deadline));
            known = !closed_;
        } else if (due > deadline) {
            break;
        } else {
            known = co_await everything_drawn(deadline); // X may have drawn what nobody has seen yet
            if (known && desk_->pixel_changes() == changes) {
                co_return Answer{{{"still", true}}};
            }
        }
    }
    if (closed_) {
        co_return connection_closed();
    }
    co_return Answer{{{"still", false}}};
}

// --- keyboard and mouse ---

ControlClient::Answering ControlClient::execute(const TypeRequest& request) {
    for (const uint32_t keysym : request.keysyms) {
        for (const bool pressed : {true, false}) {
            if (!co_await hand_over(KeysymEvent{keysym, pressed})) {
                co_return connection_closed();
            }
        }
    }
    co_return Answer{};
}

ControlClient::Answering ControlClient::execute(const InputRequest& request) {
    for (const InputEvent& event : request.events) {
        const auto* const key = std::get_if<KeysymEvent>(&event);
        if (key != nullptr && key->pressed && held_.keysyms() >= kMaxHeldKeys) {
            co_return Refusal{"events: " + std::to_string(kMaxHeldKeys) +
                              " keys are held down; release some"};
        }
        if (!co_await hand_over(event)) {
            co_return connection_closed();
        }
    }
    co_return Answer{};
}

// --- events ---

ControlClient::Answering ControlClient::execute(const SubscribeRequest& request) {
    subscribed_ = request;
    co_return Answer{};
}

ControlClient::Answering ControlClient::execute(const QuitRequest&) {
    log_line(session().log, LogLevel::info, name(), ": asks for the end");
    if (!server_.tell_quit()) {
        co_return Refusal{"quit: nobody listens who could end the display; end its X server, process " +
                          std::to_string(::getpid())};
    }
    co_return Answer{};
}

} // namespace spice::control
