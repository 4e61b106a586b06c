#include "channels/channel.hpp"

#include "base/byte_writer.hpp"
#include "base/log.hpp"
#include "protocol/base_messages.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

namespace spice::channels {

namespace asio = boost::asio;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr size_t kReadSize = 16 * 1024; // bytes asked for at once: bounds the work between two turns
constexpr milliseconds kWakeAfter{500};
constexpr int kRoundTripShare = 4; // a new sample counts a quarter

std::string ended_by(const boost::system::error_code& error) {
    if (error == asio::error::eof) {
        return "closed by the client";
    }
    return "connection lost: " + error.message();
}

// What the kernel says when nobody at the other end did it; a client that is closed on purpose can look like
// this, too (RST).
bool tells_of_loss(const boost::system::error_code& error) {
    return error == asio::error::connection_reset || error == asio::error::connection_aborted ||
           error == asio::error::timed_out || error == asio::error::broken_pipe ||
           error == asio::error::host_unreachable || error == asio::error::network_unreachable ||
           error == asio::error::network_down || error == asio::error::network_reset;
}

} // namespace

Channel::Channel(auth::LinkedStream link, Session& session, ClosedHandler on_closed)
    : link_(std::move(link)), session_(session), on_closed_(std::move(on_closed)),
      header_form_(link_.mini_header ? protocol::HeaderForm::mini : protocol::HeaderForm::full),
      spares_network_(link_.channel.type == SPICE_CHANNEL_DISPLAY), room_timer_(link_.stream->executor()) {}

Channel::~Channel() = default;

void Channel::start() {
    started_ = true;
    send_set_ack(AckWindow::kWindow);
    started();
    send_ping();
    if (!closed_) {
        spawn(&Channel::read_messages);
    }
    if (!closed_ && link_.sasl_layer) {
        spawn(&Channel::wake_client);
    }
}

void Channel::close(std::string_view reason) {
    if (closed_) {
        return;
    }
    closed_ = true;
    if (started_) {
        closing();
    }
    link_.stream->close();
    room_timer_.cancel();
    // Not from inside: whoever called close() may be in the middle of something with this channel.
    asio::post(executor(), [self = shared_from_this(), why = std::string(reason)] {
        if (ClosedHandler on_closed = std::exchange(self->on_closed_, nullptr)) {
            on_closed(*self, why);
        }
    });
}

void Channel::spawn(Loop loop) {
    asio::co_spawn(executor(), guarded(shared_from_this(), loop), asio::detached);
}

asio::awaitable<void> Channel::guarded(std::shared_ptr<Channel> self, Loop loop) {
    std::string reason;
    try {
        co_await ((*self).*loop)();
        co_return;
    } catch (const boost::system::system_error& error) {
        reason = ended_by(error.code());
        self->lost_ = !self->closed_ && tells_of_loss(error.code());
    } catch (const std::exception& error) {
        reason = "internal error: " + escaped(error.what());
    }
    self->close(reason);
}

// --- from the client ---

asio::awaitable<void> Channel::read_messages() {
    const size_t header_size = protocol::header_size(header_form_);
    std::vector<uint8_t> inbox(kReadSize);
    size_t filled = 0;
    while (!closed_) {
        size_t handled = 0;
        size_t needed = header_size; // for the next message, from `handled`
        while (!closed_ && filled - handled >= header_size) {
            const Bytes rest = Bytes(inbox).subspan(handled, filled - handled);
            const auto header = protocol::parse_header(header_form_, rest.first(header_size));
            if (!header) {
                close(header.error().what);
                co_return;
            }
            if (header->size > max_message_size(header->type)) {
                close("message larger than its type may be");
                co_return;
            }
            needed = header_size + header->size;
            if (rest.size() < needed) {
                break;
            }
            const Result<> result = co_await handle(header->type, rest.subspan(header_size, header->size));
            if (!result) {
                close(result.error().what);
                co_return;
            }
            handled += needed;
            needed = header_size;
        }
        if (closed_) {
            co_return;
        }
        std::copy(inbox.begin() + static_cast<ptrdiff_t>(handled),
                  inbox.begin() + static_cast<ptrdiff_t>(filled), inbox.begin());
        filled -= handled;
        inbox.resize(std::max(kReadSize, needed));
        const asio::mutable_buffer space = asio::buffer(inbox) + filled;
        const size_t got = co_await link_.stream->read_some(space);
        filled += got;
    }
}

asio::awaitable<Result<>> Channel::handle(uint16_t type, Bytes body) {
    if (type > SPICE_MSGC_DISCONNECTING) {
        const Result<> result = co_await received(type, body);
        co_return result;
    }
    co_return handle_base(type, body);
}

Result<> Channel::handle_base(uint16_t type, Bytes body) {
    switch (type) {
    case SPICE_MSGC_ACK_SYNC: {
        const auto sync = protocol::AckSync::parse(body);
        if (!sync) {
            return sync.error();
        }
        ack_window_.synced(sync->generation);
        return {};
    }
    case SPICE_MSGC_ACK: {
        ack_window_.acknowledged();
        offer_room();
        return {};
    }
    case SPICE_MSGC_PONG: {
        const auto pong = protocol::Pong::parse(body);
        if (!pong) {
            return pong.error();
        }
        handle_pong(pong->id);
        return {};
    }
    case SPICE_MSGC_DISCONNECTING:
        close("the client says goodbye");
        return {};
    case SPICE_MSGC_MIGRATE_FLUSH_MARK:
    case SPICE_MSGC_MIGRATE_DATA:
        return Error{"unsolicited migration message"};
    default:
        return Error{"unknown base message"};
    }
}

// --- to the client ---

void Channel::send(uint16_t type, std::vector<uint8_t> head, SharedBytes payload) {
    if (outbox_.empty() && !ping_unanswered_ && ping_id_ != 0 && now() - ping_sent_ >= kPingInterval) {
        send_ping(); // ahead of the message, so that its size is not measured
    }
    if (ack_window_.window() < AckWindow::kWideWindow && estimate_.min_round_trip() >= kLongRoundTrip) {
        send_set_ack(AckWindow::kWideWindow);
    }
    ack_window_.sent();
    enqueue(type, std::move(head), std::move(payload));
}

void Channel::enqueue(uint16_t type, std::vector<uint8_t> head, SharedBytes payload) {
    if (closed_) {
        return;
    }
    ByteWriter header;
    header.reserve(protocol::kMaxHeaderSize);
    const size_t body_size = head.size() + (payload ? payload->size() : 0);
    protocol::write_header(header, header_form_, type, body_size, ++last_serial_);
    outbox_.push(header.take(), std::move(head), std::move(payload));
    if (outbox_.bytes() > kMaxOutbox) {
        close("too much waits for a client that does not read");
        return;
    }
    if (!writing_) {
        writing_ = true;
        spawn(&Channel::write_outbox);
    }
}

asio::awaitable<void> Channel::write_outbox() {
    // In the loop's next turn, when all that belongs together has been queued: one write takes it.
    co_await asio::post(executor(), asio::use_awaitable);
    std::vector<asio::const_buffer> buffers;
    while (!closed_ && !outbox_.empty()) {
        const uint64_t room_there = network_room();
        if (room_there == 0) {
            co_await sleep_until_room();
            continue;
        }
        const size_t bytes = outbox_.gather(std::min<uint64_t>(room_there, outbox_.bytes()), buffers);
        co_await link_.stream->write(buffers);
        outbox_.consume(bytes);
        bytes_sent_ += bytes;
        offer_room();
    }
    writing_ = false;
    look_again_later();
}

// --- room ---

bool Channel::has_room() {
    room_wanted_ = !has_room_now();
    look_again_later();
    return !room_wanted_;
}

bool Channel::has_room_now() {
    if (closed_ || outbox_.bytes() > kOutboxLowWater || !ack_window_.open()) {
        return false;
    }
    return network_room() > outbox_.bytes();
}

uint64_t Channel::network_room() {
    constexpr uint64_t unlimited = std::numeric_limits<uint64_t>::max();
    if (!spares_network_) {
        return unlimited;
    }
    const std::optional<transport::LinkFacts> facts = link_.stream->link_facts();
    if (!facts) {
        return unlimited;
    }
    estimate_.sample(now(), *facts);
    outstanding_ = facts->outstanding;
    return estimate_.room(outstanding_);
}

void Channel::offer_room() {
    if (has_room_now()) {
        room_wanted_ = false;
        room();
    } else {
        look_again_later();
    }
}

// Nobody tells when the network has drained. While something is written its loop looks, and an ACK comes by
// itself; so a timer is needed only when the network alone stands in the way of a producer who asked.
void Channel::look_again_later() {
    if (room_wanted_ && !waits_for_room_ && !writing_ && !closed_ && ack_window_.open()) {
        waits_for_room_ = true;
        spawn(&Channel::wait_for_room);
    }
}

asio::awaitable<void> Channel::wait_for_room() {
    while (room_wanted_ && !writing_ && !closed_ && ack_window_.open()) {
        co_await sleep_until_room();
        offer_room();
    }
    waits_for_room_ = false;
}

// The writer's sleep ends the other loop's, which then sees that it is not needed.
asio::awaitable<void> Channel::sleep_until_room() {
    boost::system::error_code ignored;
    room_timer_.expires_after(estimate_.time_to_room(outstanding_));
    co_await room_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

LinkSummary Channel::link() const {
    LinkSummary summary;
    const bool measured = estimate_.round_trip().count() > 0;
    summary.round_trip = measured ? estimate_.round_trip() : round_trip_;
    summary.bytes_per_second = estimate_.bytes_per_second();
    summary.likely_bytes_per_second = estimate_.likely_bytes_per_second();
    return summary;
}

// --- measuring the round trip ---

void Channel::send_set_ack(uint32_t window) {
    ack_window_.restart(window);
    const protocol::SetAck set_ack{ack_window_.generation(), ack_window_.window()};
    enqueue(protocol::SetAck::kType, set_ack.body());
}

void Channel::send_ping() {
    ping_unanswered_ = true;
    ping_sent_ = now();
    const protocol::Ping ping{++ping_id_, static_cast<uint64_t>(ping_sent_.time_since_epoch().count()), 0};
    ack_window_.sent();
    enqueue(protocol::Ping::kType, ping.body());
}

// See auth::SaslStream.
asio::awaitable<void> Channel::wake_client() {
    constexpr int most = 10;
    asio::steady_timer timer(executor());
    for (int i = 0; i < most && ping_unanswered_ && !closed_; ++i) {
        timer.expires_after(kWakeAfter);
        co_await timer.async_wait(asio::use_awaitable);
        if (ping_unanswered_ && !closed_) {
            send_ping();
        }
    }
}

bool Channel::silent_for(milliseconds time) {
    if (!ping_unanswered_ && !closed_) {
        send_ping();
    }
    return ping_unanswered_ && now() - ping_sent_ >= time;
}

// The client may answer anything at any time; only the answer that is waited for is a measurement.
void Channel::handle_pong(uint32_t id) {
    if (!ping_unanswered_ || id != ping_id_) {
        return;
    }
    ping_unanswered_ = false;
    const auto sample = std::chrono::duration_cast<microseconds>(now() - ping_sent_);
    round_trip_ = round_trip_.count() == 0 ? sample : round_trip_ + (sample - round_trip_) / kRoundTripShare;
    round_trip_ = std::max(round_trip_, microseconds(1));
}

uint32_t Channel::round_trip_ms() const {
    return static_cast<uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(round_trip_).count());
}

} // namespace spice::channels
