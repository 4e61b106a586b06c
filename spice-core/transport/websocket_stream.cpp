#include "transport/websocket_stream.hpp"

#include "transport/http_request.hpp"
#include "transport/websocket_frame.hpp"
#include "transport/websocket_handshake.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace spice::transport {

namespace asio = boost::asio;

namespace {

constexpr size_t kReadSize = 4096;

} // namespace

class WebSocketStream::State {
public:
    State(std::unique_ptr<Stream> stream, std::string_view received)
        : below(std::move(stream)), received_(received.begin(), received.end()),
          written_(below->executor(), asio::steady_timer::time_point::max()) {}

    // `self` keeps the state while the stream itself may go.
    static asio::awaitable<size_t> read_some(std::shared_ptr<State> self, asio::mutable_buffer into) {
        size_t count = 0;
        while (count == 0 && into.size() > 0) {
            if (self->left_ > 0) {
                count = co_await self->read_payload(into);
            } else {
                co_await self->read_head();
            }
        }
        co_return count;
    }

    static asio::awaitable<void> write(std::shared_ptr<State> self,
                                       std::span<const asio::const_buffer> buffers) {
        co_await self->wait_for_turn();
        const Turn turn(*self);
        std::vector<ServerFrameHead> heads;
        const std::vector<asio::const_buffer> framed = in_frames(buffers, heads);
        co_await self->below->write(framed);
        while (self->pong_) { // asked for while this was under way
            const std::vector<uint8_t> payload = *std::exchange(self->pong_, std::nullopt);
            co_await self->write_frame(Opcode::pong, payload);
        }
    }

    const std::unique_ptr<Stream> below;

private:
    // Whoever has it may write; the next one is woken at its end.
    class Turn {
    public:
        explicit Turn(State& state) : state_(state) { state_.writing_ = true; }
        ~Turn() {
            state_.writing_ = false;
            state_.written_.cancel();
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

    private:
        State& state_;
    };

    // Only a pong of the reader can be in the way.
    asio::awaitable<void> wait_for_turn() {
        boost::system::error_code ignored;
        while (writing_) {
            co_await written_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }

    static std::vector<asio::const_buffer> in_frames(std::span<const asio::const_buffer> buffers,
                                                     std::vector<ServerFrameHead>& heads) {
        size_t left = asio::buffer_size(buffers);
        heads.reserve(left / kMaxShortFrame + 1); // they must not move
        std::vector<asio::const_buffer> framed;
        framed.reserve(buffers.size() + 2 * heads.capacity());
        size_t room = 0; // in the frame
        for (asio::const_buffer buffer : buffers) {
            while (buffer.size() > 0) {
                if (room == 0) {
                    room = std::min(left, kMaxShortFrame);
                    left -= room;
                    heads.push_back(server_frame_head(Opcode::binary, room));
                    framed.emplace_back(heads.back().bytes.data(), heads.back().size);
                }
                const size_t count = std::min(room, buffer.size());
                framed.emplace_back(buffer.data(), count);
                buffer += count;
                room -= count;
            }
        }
        return framed;
    }

    asio::awaitable<void> write_frame(Opcode opcode, Bytes payload) {
        const ServerFrameHead head = server_frame_head(opcode, payload.size());
        const asio::const_buffer buffers[] = {asio::buffer(head.bytes.data(), head.size),
                                              asio::buffer(payload.data(), payload.size())};
        co_await below->write(buffers);
    }

    Bytes waiting() const { return Bytes(received_).subspan(taken_); }

    // At least one byte more to those that wait.
    asio::awaitable<void> fill() {
        received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(taken_));
        taken_ = 0;
        const size_t before = received_.size();
        received_.resize(before + kReadSize);
        const size_t count = co_await below->read_some(asio::buffer(received_.data() + before, kReadSize));
        received_.resize(before + count);
    }

    asio::awaitable<void> read_head() {
        const WebResult<std::optional<FrameHead>> head = parse_frame_head(waiting());
        if (!head) {
            co_await fail(head.error());
        }
        if (!*head) {
            co_await fill();
            co_return;
        }
        const std::optional<WebError> error = sequence_.next(**head);
        if (error) {
            co_await fail(*error);
        }
        taken_ += (*head)->size;
        head_ = **head;
        if (head_.control()) {
            co_await read_control();
        } else {
            left_ = head_.length;
        }
    }

    asio::awaitable<size_t> read_payload(asio::mutable_buffer into) {
        if (waiting().empty()) {
            co_await fill();
        }
        const size_t most = std::min(waiting().size(), into.size());
        const auto count = static_cast<size_t>(std::min<uint64_t>(left_, most));
        auto* bytes = static_cast<uint8_t*>(into.data());
        std::memcpy(bytes, waiting().data(), count);
        unmask({bytes, count}, head_.mask, head_.length - left_);
        taken_ += count;
        left_ -= count;
        co_return count;
    }

    asio::awaitable<void> read_control() {
        while (waiting().size() < head_.length) {
            co_await fill();
        }
        const Bytes masked = waiting().first(static_cast<size_t>(head_.length));
        std::vector<uint8_t> payload(masked.begin(), masked.end());
        unmask(payload, head_.mask, 0);
        taken_ += payload.size();
        if (head_.opcode == Opcode::ping) {
            co_await answer_ping(std::move(payload));
        } else if (head_.opcode == Opcode::close) {
            if (!valid_close_payload(payload)) {
                co_await fail(WebError::bad_close_frame);
            }
            co_await say_goodbye(payload);
            throw boost::system::system_error(make_error_code(WebError::closed));
        }
    }

    // When many come, the latest one may do for all: RFC 6455, 5.5.3.
    asio::awaitable<void> answer_ping(std::vector<uint8_t> payload) {
        if (writing_) {
            pong_ = std::move(payload);
            co_return;
        }
        const Turn turn(*this);
        co_await write_frame(Opcode::pong, payload);
    }

    asio::awaitable<void> fail(WebError error) {
        const uint16_t code = close_code(error);
        const std::vector<uint8_t> payload{static_cast<uint8_t>(code >> 8), static_cast<uint8_t>(code)};
        co_await say_goodbye(payload);
        throw boost::system::system_error(make_error_code(error));
    }

    // Into the middle of a frame that is under way nothing can be said.
    asio::awaitable<void> say_goodbye(Bytes payload) {
        if (!writing_) {
            const Turn turn(*this);
            co_await write_frame(Opcode::close, payload);
        }
        below->close();
    }

    // From below: those from taken_ on wait. The rest of a head and a control frame at most, and kReadSize;
    // at first what came with the handshake.
    std::vector<uint8_t> received_;
    size_t taken_ = 0;
    FrameSequence sequence_;
    FrameHead head_;             // the frame's
    uint64_t left_ = 0;          // of its payload
    asio::steady_timer written_; // never expires; cancelled when a write has ended
    bool writing_ = false;
    std::optional<std::vector<uint8_t>> pong_; // to be sent after the write under way
};

WebSocketStream::WebSocketStream(std::unique_ptr<Stream> below, std::string_view received)
    : state_(std::make_shared<State>(std::move(below), received)) {}

WebSocketStream::~WebSocketStream() {
    WebSocketStream::close();
}

asio::any_io_executor WebSocketStream::executor() {
    return state_->below->executor();
}

asio::awaitable<size_t> WebSocketStream::read_some(asio::mutable_buffer into) {
    return State::read_some(state_, into);
}

asio::awaitable<void> WebSocketStream::write(std::span<const asio::const_buffer> buffers) {
    return State::write(state_, buffers);
}

void WebSocketStream::close() noexcept {
    state_->below->close();
}

std::optional<LinkFacts> WebSocketStream::link_facts() const {
    return state_->below->link_facts();
}

std::string WebSocketStream::peer() const {
    return state_->below->peer();
}

bool WebSocketStream::encrypted() const {
    return state_->below->encrypted();
}

std::optional<PeerCredentials> WebSocketStream::credentials() const {
    return state_->below->credentials();
}

asio::awaitable<std::unique_ptr<Stream>> accept_websocket(std::unique_ptr<Stream> stream,
                                                          const WebPolicy& policy) {
    std::string bytes(kMaxHttpHead, '\0');
    size_t filled = 0;
    size_t head = 0;
    while (head == 0 && filled < bytes.size()) {
        filled += co_await stream->read_some(asio::buffer(bytes.data() + filled, bytes.size() - filled));
        head = http_head_size(std::string_view(bytes).substr(0, filled));
    }
    const std::string_view received = std::string_view(bytes).substr(0, filled);
    const WebAnswer answer = head > 0 ? answer_web_request(received.substr(0, head), stream->peer(), policy)
                                      : answer_endless_request();
    const asio::const_buffer buffer = asio::buffer(answer.bytes);
    co_await stream->write(std::span(&buffer, 1));
    if (answer.error) {
        stream->close();
        throw boost::system::system_error(make_error_code(*answer.error));
    }
    co_return std::make_unique<WebSocketStream>(std::move(stream), received.substr(head));
}

} // namespace spice::transport
