// One connection to the control socket: lines in, lines and descriptors out, with bounds on both.
//
// Core thread. I/O under way holds it; after close() nothing is read or sent any more.
#pragma once

#include "base/unique_fd.hpp"
#include "control/line_buffer.hpp"
#include "transport/unix_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace spice::control {

class Connection : public std::enable_shared_from_this<Connection> {
public:
    static constexpr size_t kMaxUnsent = 1 << 20; // bytes; who lets more wait does not read
    static constexpr size_t kMaxDescriptors = 4;  // that the peer has not read

    // `on_broken` is called once when sending fails, or the peer does not read.
    using BrokenHandler = std::function<void(std::string_view why)>;
    Connection(std::unique_ptr<transport::UnixStream> stream, BrokenHandler on_broken);

    // The next line, valid until the next call; none: there will be no more, or it is too_long(). Throws
    // boost::system::system_error.
    boost::asio::awaitable<std::optional<std::string_view>> read_line();
    bool too_long() const { return lines_.too_long(); }

    // `line` is without its end.
    void send(std::string line, UniqueFd descriptor = {});
    // Whether a descriptor more may be sent: they keep memory in use, maybe that of a whole picture.
    bool takes_descriptor();

    // Waits until everything is sent, for a second at most.
    boost::asio::awaitable<void> flush();
    void close();
    bool closed() const { return closed_; }
    bool hung_up() const { return closed_ || stream_->hung_up(); }
    std::string peer() const { return stream_->peer(); }

private:
    struct Message {
        std::string line;
        UniqueFd descriptor;
    };

    static boost::asio::awaitable<void> write(std::shared_ptr<Connection> self);
    boost::asio::awaitable<void> write_queue();

    std::unique_ptr<transport::UnixStream> stream_;
    BrokenHandler on_broken_;
    LineBuffer lines_;
    std::deque<Message> queue_;
    size_t unsent_ = 0; // bytes in queue_
    bool writing_ = false;
    bool closed_ = false;
    size_t descriptors_ = 0; // sent or waiting, since the peer had read everything
    boost::asio::steady_timer flushed_;
};

} // namespace spice::control
