// One typed connection of a client: framing, the base messages, the ACK window, care for the network between,
// and orderly closing.
//
// A derived class gives the channel its meaning through three hooks: started(), received() and room(). It
// sends with send(), and asks has_room() before it produces anything that could wait: what is not sent yet
// can still be merged, what is in the outbox cannot ("latest first").
//
// The display channel sends by far the most. It gives the network no more than it carries without a queue
// (see LinkEstimate): what is too much waits in the outbox, and has_room() says no meanwhile. The other
// channels send little, at once, and are not held up by pictures that wait in the network before them.
//
// Core thread only. Owned by its Client through shared_ptr, because I/O under way holds it too; after close()
// (by anybody, any number of times) no hook is called again and session() must not be used. An exception out
// of a hook that the channel's own loops called closes this channel and nothing else.
#pragma once

#include "auth/linked_stream.hpp"
#include "base/byte_reader.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "channels/ack_window.hpp"
#include "channels/link_estimate.hpp"
#include "channels/outbox.hpp"
#include "channels/session.hpp"
#include "protocol/header.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spice::channels {

// What a producer of pictures needs to know about the way to its client.
struct LinkSummary {
    // Smoothed, with queues on the way: the kernel's where it knows, else of the last PING. 0: not known.
    std::chrono::microseconds round_trip{0};
    // None: not known, there was never more to send than it carried; to be taken for fast.
    std::optional<double> bytes_per_second;
    // The same; a first guess where that is none, but the way is long.
    std::optional<double> likely_bytes_per_second;
};

class Channel : public std::enable_shared_from_this<Channel> {
public:
    // `on_closed` is called once, from the core thread's loop and not from inside close(), with the reason.
    using ClosedHandler = std::function<void(Channel&, std::string_view reason)>;

    Channel(auth::LinkedStream link, Session& session, ClosedHandler on_closed);
    virtual ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // Sends SET_ACK, calls started(), sends the first PING and begins to read.
    void start();
    // `reason` is for the log, one static or escaped line.
    void close(std::string_view reason);
    bool closed() const { return closed_; }

    const protocol::ChannelId& id() const { return link_.channel; }
    std::string peer() const { return link_.stream->peer(); }
    // Its client may not change anything here: whatever would do that is dropped in the core.
    bool view_only() const { return link_.view_only; }
    // From now on.
    virtual void set_view_only(bool view_only) { link_.view_only = view_only; }
    bool encrypted() const { return link_.stream->encrypted(); }
    // Of its client, when it came by a Unix socket.
    std::optional<transport::PeerCredentials> credentials() const { return link_.stream->credentials(); }
    // Closed because the connection broke, and not because anybody said goodbye.
    bool lost() const { return lost_; }
    // Has a PING gone unanswered for `time`? If none is under way one is sent, to know it later.
    bool silent_for(std::chrono::milliseconds time);
    // Bytes that the connection has taken so far, with message headers.
    uint64_t bytes_sent() const { return bytes_sent_; }
    // As of the last time that something was written or has_room() was asked; costs nothing.
    LinkSummary link() const;

protected:
    // The link is done: send what the protocol wants first.
    virtual void started() = 0;
    // One complete message of the client other than the base ones (ACK_SYNC, ACK, PONG, DISCONNECTING are
    // handled here; the migration messages are refused). `body` is valid until the hook has finished. An
    // error closes the channel. May co_await, which stops reading from this client and from nobody else; look
    // at closed() after that.
    virtual boost::asio::awaitable<Result<>> received(uint16_t type, Bytes body) = 0;
    // Called whenever has_room() may have become true.
    virtual void room() {}
    // Called once when the channel closes, before anything of it is destroyed: give back what is held. The
    // last moment in which session() may be used.
    virtual void closing() {}
    // Largest body that received() is ready for; more is refused before it is read. Bytes.
    virtual size_t max_message_size(uint16_t type) const = 0;

    bool has_cap(unsigned bit) const { return link_.channel_caps.has(bit); }
    bool has_common_cap(unsigned bit) const { return link_.common_caps.has(bit); }
    Session& session() const { return session_; }
    boost::asio::any_io_executor executor() const { return link_.stream->executor(); }

    // Queues one message (type and body, the header is added here). Everything goes out in order. A channel
    // whose outbox exceeds kMaxOutbox bytes is closed: its producer did not ask has_room().
    void send(uint16_t type, std::vector<uint8_t> body) { send(type, std::move(body), nullptr); }
    // The same for a message whose body is `head` followed by `payload`, which is not copied: one encoded
    // image can wait for many clients. It must not change any more.
    void send(uint16_t type, std::vector<uint8_t> head, SharedBytes payload);
    // The outbox is empty, or nearly so, the ACK window is open, and the network has room. After a no, room()
    // is called once that has changed; who does not ask is not woken up for it.
    bool has_room();
    // Bytes that send() took and the connection did not take yet. For channels whose messages answer the
    // client's: one that asks on and on without reading its answers is not served any more.
    size_t outbox_bytes() const { return outbox_.bytes(); }
    // Milliseconds of the last answered PING; 0 before the first. Smoothed, rounded up.
    uint32_t round_trip_ms() const;
    // The channel's clock. Tests have their own.
    virtual TimePoint now() const { return std::chrono::steady_clock::now(); }

    static constexpr size_t kOutboxLowWater = 64 * 1024;   // bytes
    static constexpr size_t kMaxOutbox = 32 * 1024 * 1024; // bytes
    // A PING goes out at the start, and later only together with something else that is sent, at most this
    // often: an idle client costs no byte and no wake-up, and nobody asks for the round trip of an idle one.
    static constexpr std::chrono::seconds kPingInterval{15};
    // Where the way there and back takes longer even without queues, the client is asked for fewer ACKs.
    static constexpr std::chrono::milliseconds kLongRoundTrip{20};

private:
    boost::asio::awaitable<void> read_messages();
    boost::asio::awaitable<Result<>> handle(uint16_t type, Bytes body);
    Result<> handle_base(uint16_t type, Bytes body);
    boost::asio::awaitable<void> write_outbox();
    boost::asio::awaitable<void> wait_for_room();
    boost::asio::awaitable<void> sleep_until_room();
    // Runs one of the two loops until it ends; whatever it throws closes this channel.
    using Loop = boost::asio::awaitable<void> (Channel::*)();
    void spawn(Loop loop);
    static boost::asio::awaitable<void> guarded(std::shared_ptr<Channel> self, Loop loop);
    void enqueue(uint16_t type, std::vector<uint8_t> head, SharedBytes payload = nullptr);
    void send_set_ack(uint32_t window);
    bool has_room_now();
    // Bytes that the network takes now: 0 or worth a write.
    uint64_t network_room();
    void offer_room();
    void look_again_later();
    void send_ping();
    void handle_pong(uint32_t id);
    boost::asio::awaitable<void> wake_client();

    auth::LinkedStream link_;
    Session& session_; // the server's; outlives the channel's open time
    ClosedHandler on_closed_;
    const protocol::HeaderForm header_form_;
    bool started_ = false;
    bool closed_ = false;
    bool lost_ = false;

    Outbox outbox_; // its first bytes may be under way
    uint64_t bytes_sent_ = 0;
    bool writing_ = false;
    uint64_t last_serial_ = 0;
    AckWindow ack_window_;

    const bool spares_network_; // this channel's bytes are enough to fill it
    LinkEstimate estimate_;
    uint64_t outstanding_ = 0;             // bytes in the kernel and the network, when last asked
    bool room_wanted_ = false;             // has_room() said no
    bool waits_for_room_ = false;          // wait_for_room() runs
    boost::asio::steady_timer room_timer_; // of the one of the two loops that sleeps

    uint32_t ping_id_ = 0;
    bool ping_unanswered_ = false;
    TimePoint ping_sent_{};
    std::chrono::microseconds round_trip_{0};
};

} // namespace spice::channels
