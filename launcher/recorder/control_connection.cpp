#include "recorder/control_connection.hpp"

#include "base/log.hpp"
#include "recorder/errors.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

namespace spice::recorder {

namespace {

constexpr size_t kLongestLine = 1 << 20;
constexpr int kMostDescriptors = 4; // more than any answer has, so that none is lost in the kernel

[[noreturn]] void complain(const std::string& path, const std::string& why) {
    throw OperatorError("--control " + escaped(path) + ": " + why);
}

timespec remaining(TimePoint until) {
    using namespace std::chrono;
    const nanoseconds left = std::clamp<nanoseconds>(until - steady_clock::now(), 0ns, hours(1));
    const seconds whole = duration_cast<seconds>(left);
    return {static_cast<time_t>(whole.count()), static_cast<long>((left - whole).count())};
}

// The descriptors of a message; all but the first are closed.
UniqueFd first_descriptor(msghdr& message) {
    UniqueFd first;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof descriptor);
            UniqueFd owned(descriptor);
            if (!first) {
                first = std::move(owned);
            }
        }
    }
    return first;
}

} // namespace

ControlConnection::ControlConnection(const std::string& path) {
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path) {
        complain(path,
                 "longer than the name of a socket can be; give the socket of a display, $XSPICE_CONTROL");
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    socket_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) {
        complain(path, std::string(std::strerror(errno)) + "; free some descriptors");
    }
    if (::connect(socket_.value(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        complain(path, std::string(std::strerror(errno)) +
                           "; is the display running? Give its control socket, $XSPICE_CONTROL");
    }
}

bool ControlConnection::send(const boost::json::object& request) {
    const std::string line = boost::json::serialize(request) + "\n";
    // The kernel takes a line as a whole: there is never more than this one on its way.
    return ::send(socket_.value(), line.data(), line.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(line.size());
}

ControlConnection::Event ControlConnection::wait(int stop, TimePoint until) {
    while (!has_line()) {
        pollfd watched[] = {{stop, POLLIN, 0}, {socket_.value(), POLLIN, 0}};
        const timespec left = remaining(until);
        if (::ppoll(watched, 2, &left, nullptr) < 0 && errno != EINTR) {
            return Event::closed;
        }
        if (watched[0].revents != 0) {
            return Event::stop;
        }
        if (watched[1].revents != 0) {
            if (!receive()) {
                return Event::closed;
            }
        } else if (std::chrono::steady_clock::now() >= until) {
            return Event::time;
        }
    }
    return Event::line;
}

bool ControlConnection::has_line() const {
    return text_.find('\n') != std::string::npos || text_.size() > kLongestLine;
}

bool ControlConnection::receive() {
    char bytes[4096];
    alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptors * sizeof(int))];
    iovec room{bytes, sizeof bytes};
    msghdr message{};
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t count = ::recvmsg(socket_.value(), &message, MSG_CMSG_CLOEXEC);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return true;
    }
    if (count <= 0) {
        return false;
    }
    if (UniqueFd descriptor = first_descriptor(message)) {
        descriptor_ = std::move(descriptor);
    }
    text_.append(bytes, static_cast<size_t>(count));
    return true;
}

Result<Answer> ControlConnection::take() {
    const size_t end = text_.find('\n');
    if (end == std::string::npos || end > kLongestLine) {
        return Error{"a line is longer than 1 MiB"};
    }
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(std::string_view(text_).substr(0, end), error);
    text_.erase(0, end + 1);
    if (error || !value.is_object()) {
        return Error{"a line is not a JSON object"};
    }
    return Answer{std::move(value.get_object()), std::move(descriptor_)};
}

} // namespace spice::recorder
