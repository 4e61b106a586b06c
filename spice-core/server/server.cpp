// Wires the parts together; see include/spice-core/server.hpp.
#include "spice-core/server.hpp"

#include "auth/failure_delays.hpp"
#include "auth/pending_links.hpp"
#include "auth/sasl_library.hpp"
#include "auth/ticket_book.hpp"
#include "auth/ticket_key.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/reports.hpp"
#include "channels/client_registry.hpp"
#include "channels/offered_channels.hpp"
#include "channels/session.hpp"
#include "codecs/encode_pool.hpp"
#include "control/control_server.hpp"
#include "server/config_check.hpp"
#include "server/core_thread.hpp"
#include "server/exposure.hpp"
#include "server/frame_clock.hpp"
#include "transport/listener.hpp"
#include "transport/opening.hpp"
#include "transport/tls_context.hpp"
#include "transport/web_origin.hpp"

#include <spice/enums.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

namespace spice {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kRest{1};

// Whoever waits for its turn must be done before the deadline.
auth::FailureDelays::Limits delays_within(std::chrono::milliseconds link_deadline) {
    auth::FailureDelays::Limits limits;
    limits.longest = std::min(limits.longest, link_deadline / 2);
    limits.first = std::min(limits.first, limits.longest);
    return limits;
}

} // namespace

// Below `context` everything belongs to the core thread once that runs. Members are destroyed from the last
// to the first: what is left in `context` (I/O that did not run out in time) goes when nothing can start any
// more.
struct Server::Impl {
    Impl(ServerConfig server_config, Desktop& the_desktop, LogSink& the_log);

    void start();
    void stop();

    auth::LinkPolicy link_policy();
    auth::PendingLinks::Limits link_limits() const;
    transport::Opening opening();
    std::unique_ptr<transport::TlsContext> tls_context() const;
    control::Controls controls();
    bool set_tickets(const std::vector<Ticket>& fresh, ConnectedAction action);
    void take(Commit commit);
    void apply(Commit commit);
    void nobody_looks();
    void open_gate_at(TimePoint time);
    void open_gate();

    ServerConfig config; // constant, and its passwords are gone, once the constructor is done
    Desktop& desktop;    // the front-end's, as is the log
    LogSink& log;
    LogReport report;
    CommitGate gate; // both threads

    auth::FailureDelays failure_delays; // links that are left in `context` tell it at their end
    asio::io_context context{1};
    codecs::EncodePool encode_pool; // its jobs post to `context`, so it ends before
    auth::TicketKeys ticket_keys;
    std::unique_ptr<transport::TlsContext> tls; // null: not spoken
    transport::WebPolicy web;
    auth::TicketBook tickets;
    std::unique_ptr<auth::SaslLibrary> sasl; // null: tickets
    asio::steady_timer rest_timer{context};  // runs since nobody looks; outlives whoever does
    channels::Session session;
    channels::ClientRegistry registry;
    auth::PendingLinks pending_links;
    transport::Listener listener;
    std::unique_ptr<control::ControlServer> control; // null: not wanted
    server::FrameClock frame_clock;
    asio::steady_timer frame_timer;
    server::CoreThread thread;
};

Server::Impl::Impl(ServerConfig server_config, Desktop& the_desktop, LogSink& the_log)
    : config(server::checked(std::move(server_config))), desktop(the_desktop), log(the_log), report(the_log),
      failure_delays(delays_within(config.link_deadline)), tls(tls_context()),
      web(transport::web_policy(config.web_origins, log)), tickets(config.tickets, config.come_back_time),
      sasl(config.sasl ? std::make_unique<auth::SaslLibrary>(*config.sasl, log) : nullptr),
      session{config, desktop, log, report, {}}, registry(context.get_executor(), session),
      pending_links(
          context.get_executor(), link_policy(), link_limits(),
          [this](auth::LinkedStream link) { registry.add(std::move(link)); }, opening()),
      listener(context.get_executor(), config, log), frame_clock(config.max_picture_rate),
      frame_timer(context), thread(context, log) {
    session.encode_pool = &encode_pool;
    session.watchers.set_rest_handler([this] { nobody_looks(); });
    server::warn_of_exposure(config, log);
    auth::wipe(config.tickets);
    if (!config.control_path.empty()) {
        control =
            std::make_unique<control::ControlServer>(context.get_executor(), config.control_path, controls());
        registry.set_change_handler(
            [this](const channels::Client& client, bool came) { control->client_changed(client, came); });
    }
}

auth::LinkPolicy Server::Impl::link_policy() {
    return {ticket_keys,
            tickets,
            failure_delays,
            log,
            channels::offered_capabilities,
            [](const protocol::ChannelId& channel) -> uint32_t {
                return channels::channel_offered(channel) ? SPICE_LINK_ERR_OK
                                                          : SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE;
            },
            [this](const protocol::ChannelId& channel, uint32_t connection_id) {
                return registry.admit(channel, connection_id);
            },
            [this](const protocol::ChannelId& channel) {
                return config.all_channels_secure ||
                       std::ranges::count(config.secure_channels, channel.type) != 0;
            },
            [this](uint32_t connection_id) { return registry.pass_of(connection_id); },
            sasl.get()};
}

bool Server::Impl::set_tickets(const std::vector<Ticket>& fresh, ConnectedAction action) {
    if (action == ConnectedAction::fail && registry.size() != 0) {
        log_line(log, LogLevel::info, "tickets: not replaced, ", registry.size(), " clients are connected");
        return false;
    }
    tickets.replace(fresh);
    if (action == ConnectedAction::disconnect) {
        registry.disconnect_all("the tickets are replaced");
        tickets.forget_lost();
    }
    log_line(log, LogLevel::info, "tickets: replaced; there are ", fresh.size(), " now");
    return true;
}

control::Controls Server::Impl::controls() {
    return {session, registry, tickets, [this](const std::vector<Ticket>& fresh, ConnectedAction action) {
                return set_tickets(fresh, action);
            }};
}

auth::PendingLinks::Limits Server::Impl::link_limits() const {
    return {config.link_deadline, config.max_unauthenticated, config.max_unauthenticated_per_address};
}

transport::Opening Server::Impl::opening() {
    transport::Opening how;
    how.web = &web;
    if (tls) {
        how.tls = [this](std::unique_ptr<transport::Stream> below) { return tls->accept(std::move(below)); };
    }
    return how;
}

std::unique_ptr<transport::TlsContext> Server::Impl::tls_context() const {
    return config.tls ? std::make_unique<transport::TlsContext>(*config.tls, config.addresses, log) : nullptr;
}

void Server::Impl::start() {
    listener.start([this](std::unique_ptr<transport::Stream> stream, transport::Door door) {
        pending_links.add(std::move(stream), door);
    });
    if (control) {
        control->start();
    }
    // Made now, so that the first client need not wait for it, and there, so that X need not, either.
    asio::post(context, [this] { ticket_keys.current(); });
    thread.start();
}

void Server::Impl::stop() {
    thread.stop([this] {
        listener.stop();
        pending_links.stop();
        registry.stop("the server stops");
        if (control) {
            control->stop();
        }
        frame_timer.cancel();
        rest_timer.cancel();
    });
}

// A commit that cannot be taken in (short of memory) must not leave the picture wrong for good: as for
// somebody who begins to watch, the front-end is asked for everything again.
void Server::Impl::take(Commit commit) {
    int64_t pixels = 0;
    for (const PixelBlock& block : commit.changed) {
        pixels += block.area.area();
    }
    try {
        apply(std::move(commit));
    } catch (const std::exception& error) {
        log_line(log, LogLevel::error, "commit: internal error: ", escaped(error.what()));
        session.watchers.look_anew();
    }
    open_gate_at(frame_clock.commit_taken(std::chrono::steady_clock::now(), pixels));
}

void Server::Impl::apply(Commit commit) {
    const display::ScreenUpdate update = session.screen.apply(commit);
    const bool cursor_shape = commit.cursor.has_value();
    if (cursor_shape) {
        session.cursor = std::move(*commit.cursor);
    }
    if (commit.cursor_position) {
        session.cursor.position = *commit.cursor_position;
    }
    if (update.pixels_changed() || update.monitors_changed) {
        registry.screen_updated(update);
    }
    session.screen.let_commit_go();
    if (cursor_shape || commit.cursor_position) {
        registry.cursor_changed(cursor_shape);
    }
    if (commit.lock_keys && *commit.lock_keys != session.lock_keys) {
        session.lock_keys = *commit.lock_keys;
        registry.lock_keys_changed();
    }
    if (control) {
        control->commit_taken(commit, update);
    }
}

// The picture grows old, and comes anew for whoever looks next. The allocator keeps what was used besides,
// which is more, unless it is told. Later, because the front-end has still to drop its part, and others may
// look soon.
void Server::Impl::nobody_looks() {
    rest_timer.expires_after(kRest);
    rest_timer.async_wait([this](const boost::system::error_code& error) {
        if (!error && !session.watchers.any()) {
            session.screen = {};
            ::malloc_trim(0);
        }
    });
}

void Server::Impl::open_gate_at(TimePoint time) {
    if (time <= std::chrono::steady_clock::now()) {
        open_gate();
        return;
    }
    frame_timer.expires_at(time);
    frame_timer.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            open_gate();
        }
    });
}

void Server::Impl::open_gate() {
    if (gate.open()) {
        desktop.wake_for_commit();
    }
}

Server::Server(ServerConfig config, Desktop& desktop, LogSink& log)
    : impl_(std::make_unique<Impl>(std::move(config), desktop, log)) {}

Server::~Server() {
    stop();
}

void Server::start() {
    impl_->start();
}

void Server::stop() {
    impl_->stop();
}

uint16_t Server::port() const {
    return impl_->listener.port();
}

void Server::post(Commit commit) {
    asio::post(impl_->context,
               [impl = impl_.get(), commit = std::move(commit)]() mutable { impl->take(std::move(commit)); });
}

void Server::set_tickets(std::vector<Ticket> tickets, ConnectedAction action,
                         std::function<void(bool replaced)> done) {
    server::check_tickets(tickets, "tickets");
    asio::post(impl_->context,
               [impl = impl_.get(), tickets = std::move(tickets), action, done = std::move(done)]() mutable {
                   const bool replaced = impl->set_tickets(tickets, action);
                   auth::wipe(tickets);
                   if (done) {
                       done(replaced);
                   }
               });
}

CommitGate& Server::gate() {
    return impl_->gate;
}

} // namespace spice
