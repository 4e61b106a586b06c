// One program that controls the display: reads its requests, carries them out, answers.
//
// Requests are carried out one after another, but for those that wait for the screen: each of these is a
// coroutine of its own. Core thread. Owned by ControlServer; coroutines under way hold it, too, and use
// nothing of the server any more once it is closed.
#pragma once

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "channels/shared_input.hpp"
#include "control/capture.hpp"
#include "control/connection.hpp"
#include "control/desk.hpp"
#include "control/request.hpp"
#include "display/screen.hpp"
#include "transport/unix_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace spice::control {

class ControlServer;

class ControlClient : public std::enable_shared_from_this<ControlClient> {
public:
    static constexpr size_t kMaxWaiting = 16; // requests that wait for the screen

    // `server` owns it, and hears of its end by client_closed().
    ControlClient(std::unique_ptr<transport::UnixStream> stream, std::shared_ptr<Desk> desk,
                  ControlServer& server);

    void start();
    // What it holds down comes up. Idempotent.
    void close(std::string_view why);
    bool closed() const { return closed_; }

    // Before Desk::commit_taken().
    void screen_updated(const display::ScreenUpdate& update);
    void cursor_changed();

    void tell(const boost::json::object& event);
    bool wants_clients() const { return subscribed_.clients; }
    bool wants_quit() const { return subscribed_.quit; }
    bool captures() const { return capture_ != nullptr; }

private:
    struct Answer {
        boost::json::object members{};
        UniqueFd descriptor{};
    };
    using Answering = boost::asio::awaitable<Answered<Answer>>;

    static boost::asio::awaitable<void> serve(std::shared_ptr<ControlClient> self);
    boost::asio::awaitable<void> read_requests();
    boost::asio::awaitable<void> finish_waiting();
    boost::asio::awaitable<void> take(ParsedLine line);
    static boost::asio::awaitable<void> carry_out(std::shared_ptr<ControlClient> self, RequestId id,
                                                  Request request);
    static boost::asio::awaitable<void> carry_out_later(std::shared_ptr<ControlClient> self, RequestId id,
                                                        Request request);
    void reply(const RequestId& id, Answered<Answer> answer);

    // References are to what carry_out() keeps.
    Answering execute(const StatusRequest& request);
    Answering execute(const ClientsRequest& request);
    Answering execute(const KickRequest& request);
    Answering execute(const ViewOnlyRequest& request);
    Answering execute(TicketsRequest& request);
    Answering execute(AddTicketRequest& request);
    Answering execute(const ResizeRequest& request);
    Answering execute(const ScreenshotRequest& request);
    Answering execute(const CaptureRequest& request);
    Answering execute(const FrameRequest& request);
    Answering execute(const WaitStillRequest& request);
    Answering execute(const TypeRequest& request);
    Answering execute(const InputRequest& request);
    Answering execute(const SubscribeRequest& request);
    Answering execute(const QuitRequest& request);

    // Until everything that X has drawn by now is on the screen. False: not before `deadline`, it is closed,
    // or there is no screen. Somebody must watch.
    boost::asio::awaitable<bool> everything_drawn(TimePoint deadline = TimePoint::max());
    // Until there is such a thing. False: it is closed.
    boost::asio::awaitable<bool> hand_over(const InputEvent& event);
    static Answer describe(const PictureFile& picture);

    channels::Session& session() { return desk_->session(); }
    std::string name() const { return "control " + connection_->peer(); } // for the log

    std::shared_ptr<Desk> desk_;
    ControlServer& server_;
    std::shared_ptr<Connection> connection_;
    bool closed_ = false;
    size_t waiting_ = 0; // requests
    std::unique_ptr<Capture> capture_;
    channels::HeldInputs held_;
    boost::asio::steady_timer retry_; // of hand_over()
    SubscribeRequest subscribed_;
};

} // namespace spice::control
