#include "control/control_client.hpp"

#include "auth/ticket_book.hpp"
#include "base/log.hpp"
#include "control/control_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

namespace spice::control {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int kProtocol = 1;
constexpr std::chrono::milliseconds kRetry{1};
constexpr std::chrono::milliseconds kHangUpCheck{200};

template <class Kind>
constexpr bool kWaitsForScreen =
    std::is_same_v<Kind, ResizeRequest> || std::is_same_v<Kind, ScreenshotRequest> ||
    std::is_same_v<Kind, CaptureRequest> || std::is_same_v<Kind, FrameRequest> ||
    std::is_same_v<Kind, WaitStillRequest>;

bool waits_for_screen(const Request& request) {
    return std::visit([](const auto& kind) { return kWaitsForScreen<std::decay_t<decltype(kind)>>; },
                      request);
}

} // namespace

ControlClient::ControlClient(std::unique_ptr<transport::UnixStream> stream, std::shared_ptr<Desk> desk,
                             ControlServer& server)
    : desk_(std::move(desk)), server_(server), retry_(stream->executor()) {
    // Its handler is not called from the constructor, and the connection is closed before we are gone.
    connection_ =
        std::make_shared<Connection>(std::move(stream), [this](std::string_view why) { close(why); });
}

void ControlClient::start() {
    tell({{"xspice", XSPICE_VERSION}, {"protocol", kProtocol}});
    asio::co_spawn(retry_.get_executor(), serve(shared_from_this()), asio::detached);
}

void ControlClient::close(std::string_view why) {
    if (std::exchange(closed_, true)) {
        return;
    }
    log_line(session().log, LogLevel::debug, name(), ": closed: ", why);
    connection_->close();
    retry_.cancel();
    capture_.reset();
    desk_->controls().registry.input().release_all(held_);
    desk_->wake_all();
    server_.client_closed();
}

void ControlClient::screen_updated(const display::ScreenUpdate& update) {
    if (capture_) {
        capture_->screen_updated(update);
    }
}

void ControlClient::cursor_changed() {
    if (capture_) {
        capture_->cursor_changed();
    }
}

void ControlClient::tell(const json::object& event) {
    connection_->send(json::serialize(event));
}

// The fence of all that runs on the client's behalf.
asio::awaitable<void> ControlClient::serve(std::shared_ptr<ControlClient> self) {
    std::string why = "it hung up";
    try {
        co_await self->read_requests();
    } catch (const boost::system::system_error& error) {
        why = error.what();
    } catch (const std::exception& error) {
        why = "internal error: " + escaped(error.what());
        if (!self->closed_) {
            log_line(self->session().log, LogLevel::error, self->name(), ": ", why);
        }
    }
    self->close(why);
}

asio::awaitable<void> ControlClient::read_requests() {
    while (const auto line = co_await connection_->read_line()) {
        ParsedLine parsed = parse_line(*line, std::chrono::steady_clock::now());
        const bool readable = parsed.readable;
        co_await take(std::move(parsed));
        if (!readable || closed_) {
            co_await connection_->flush();
            co_return;
        }
        co_await asio::post(retry_.get_executor(), asio::use_awaitable); // others have their turn
    }
    if (!closed_ && connection_->too_long()) {
        reply({}, Refusal{"longer than the 1 MiB that a line may have"});
    } else {
        co_await finish_waiting();
    }
    co_await connection_->flush();
}

// It has no more to say, and may still be listening; nothing tells us when it goes.
asio::awaitable<void> ControlClient::finish_waiting() {
    while (!closed_ && waiting_ > 0 && !connection_->hung_up()) {
        co_await desk_->next_commit(std::chrono::steady_clock::now() + kHangUpCheck);
    }
}

asio::awaitable<void> ControlClient::take(ParsedLine line) {
    if (!line.request) {
        reply(line.id, line.request.error());
    } else if (!waits_for_screen(*line.request)) {
        co_await carry_out(shared_from_this(), std::move(line.id), std::move(*line.request));
    } else if (waiting_ >= kMaxWaiting) {
        reply(line.id,
              Refusal{std::to_string(kMaxWaiting) +
                      " requests of this connection wait for the screen already; wait for their answers"});
    } else {
        ++waiting_;
        asio::co_spawn(retry_.get_executor(),
                       carry_out_later(shared_from_this(), std::move(line.id), std::move(*line.request)),
                       asio::detached);
    }
}

asio::awaitable<void> ControlClient::carry_out_later(std::shared_ptr<ControlClient> self, RequestId id,
                                                     Request request) {
    co_await carry_out(self, std::move(id), std::move(request));
    if (--self->waiting_ == 0) {
        self->desk_->wake_all(); // finish_waiting()
    }
}

asio::awaitable<void> ControlClient::carry_out(std::shared_ptr<ControlClient> self, RequestId id,
                                               Request request) {
    Answered<Answer> answer = Refusal{};
    try {
        answer = co_await std::visit([&](auto& kind) { return self->execute(kind); }, request);
    } catch (const std::exception& error) {
        answer = Refusal{"the display cannot do that now: " + escaped(error.what())};
        if (!self->closed_) {
            log_line(self->session().log, LogLevel::error, self->name(), ": ", answer.error().what);
        }
    }
    self->reply(id, std::move(answer));
}

void ControlClient::reply(const RequestId& id, Answered<Answer> answer) {
    json::object line;
    if (id) {
        line["id"] = *id;
    }
    line["ok"] = answer.has_value();
    if (!answer) {
        line["error"] = answer.error().what;
        connection_->send(json::serialize(line));
        return;
    }
    for (auto& member : answer->members) {
        line[member.key()] = std::move(member.value());
    }
    connection_->send(json::serialize(line), std::move(answer->descriptor));
}

asio::awaitable<bool> ControlClient::everything_drawn(TimePoint deadline) {
    const uint64_t token = desk_->want_commit();
    while (!closed_ && !desk_->reached(token)) {
        if (std::chrono::steady_clock::now() >= deadline) {
            co_return false;
        }
        co_await desk_->next_commit(deadline);
    }
    co_return !closed_ && session().screen.surface();
}

// As a client's inputs channel does. It does not read meanwhile, so it looks itself whether the peer is
// there.
asio::awaitable<bool> ControlClient::hand_over(const InputEvent& event) {
    while (!closed_ && !desk_->controls().registry.input().offer(held_, event)) {
        if (connection_->hung_up()) {
            close("it hung up");
            break;
        }
        boost::system::error_code ignored; // cancelled: closed
        retry_.expires_after(kRetry);
        co_await retry_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return !closed_;
}

} // namespace spice::control
