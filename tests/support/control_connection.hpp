// A client of the control socket for tests: lines as JSON, with a deadline for each.
#pragma once

#include "base/unique_fd.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spice::test {

class ControlConnection {
public:
    explicit ControlConnection(const std::string& path)
        : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        connected_ = ::connect(socket_.value(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }

    bool connected() const { return connected_; }
    // False: the server does not take it.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_.value(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<size_t>(sent));
        }
        return true;
    }
    void say_no_more() { ::shutdown(socket_.value(), SHUT_WR); }
    // The next line; none: the connection has ended, or nothing comes.
    std::optional<boost::json::object> read(std::chrono::milliseconds patience = std::chrono::seconds(20)) {
        size_t end = 0;
        while ((end = unread_.find('\n')) == std::string::npos) {
            if (!receive(patience)) {
                return std::nullopt;
            }
        }
        const boost::json::value line = boost::json::parse(unread_.substr(0, end));
        unread_.erase(0, end + 1);
        return line.as_object();
    }
    std::optional<boost::json::object> ask(std::string_view request) {
        return send(std::string(request) + "\n") ? read() : std::nullopt;
    }
    // Whether the server closes within the patience of read(); what comes before is dropped.
    bool ends() {
        while (receive(std::chrono::seconds(20))) {
        }
        return ended_;
    }
    std::vector<UniqueFd> take_descriptors() { return std::exchange(descriptors_, {}); }

private:
    bool receive(std::chrono::milliseconds patience) {
        pollfd state{socket_.value(), POLLIN, 0};
        if (::poll(&state, 1, static_cast<int>(patience.count())) <= 0) {
            return false;
        }
        char bytes[4096];
        alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))];
        iovec part{bytes, sizeof bytes};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t size = ::recvmsg(socket_.value(), &message, MSG_CMSG_CLOEXEC);
        ended_ = size <= 0;
        for (cmsghdr* header = ended_ ? nullptr : CMSG_FIRSTHDR(&message); header != nullptr;
             header = CMSG_NXTHDR(&message, header)) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
            descriptors_.emplace_back(descriptor);
        }
        unread_.append(bytes, ended_ ? 0 : static_cast<size_t>(size));
        return !ended_;
    }

    UniqueFd socket_;
    bool connected_ = false;
    bool ended_ = false;
    std::string unread_;
    std::vector<UniqueFd> descriptors_;
};

} // namespace spice::test
