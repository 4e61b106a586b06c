// A slow link between two network namespaces, for kernels without netem:
//
//   beside-link PID ADDRESS PID ADDRESS KBIT DELAY
//
// Each process's namespace gets a device "join" with its address and a route to the other one. Packets leave
// at KBIT per second and arrive DELAY µs later; what would have to wait for more than 100 ms is dropped, as
// routers do. It says "ready" when the link is up, which goes with this process.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kMtu = 1500;
constexpr auto kLongestQueue = std::chrono::milliseconds(100);

int checked(int result, const char* what) {
    if (result < 0) {
        std::perror(what);
        std::exit(1);
    }
    return result;
}

void set_address(int socket, ifreq& request, unsigned long code, const char* address) {
    auto& target = reinterpret_cast<sockaddr_in&>(request.ifr_addr);
    target.sin_family = AF_INET;
    if (inet_pton(AF_INET, address, &target.sin_addr) != 1) {
        std::fprintf(stderr, "%s is no IPv4 address\n", address);
        std::exit(2);
    }
    checked(ioctl(socket, code, &request), address);
}

// A descriptor from which packets are read that the namespace of `pid` sends.
int open_device(const std::string& pid, const char* address, const char* peer) {
    const int space = checked(open(("/proc/" + pid + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC), pid.c_str());
    checked(setns(space, CLONE_NEWNET), "setns");
    close(space);
    const int device = checked(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun");
    ifreq request{};
    std::strcpy(request.ifr_name, "join");
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    checked(ioctl(device, TUNSETIFF, &request), "TUNSETIFF");
    const int socket_of_space = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    set_address(socket_of_space, request, SIOCSIFADDR, address);
    set_address(socket_of_space, request, SIOCSIFDSTADDR, peer);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    checked(ioctl(socket_of_space, SIOCSIFFLAGS, &request), "link up");
    close(socket_of_space);
    return device;
}

class Direction {
public:
    Direction(int from, int to, double kbit, Clock::duration delay)
        : from_(from), to_(to), kbit_(kbit), delay_(delay) {}

    void take_in() {
        std::array<char, kMtu> packet;
        for (ssize_t size = 0; (size = read(from_, packet.data(), packet.size())) > 0;) {
            const auto now = Clock::now();
            const auto begin = std::max(now, sent_until_);
            if (begin - now <= kLongestQueue) {
                sent_until_ = begin + std::chrono::nanoseconds(
                                          static_cast<int64_t>(8e6 * static_cast<double>(size) / kbit_));
                waiting_.push_back({sent_until_ + delay_, {packet.data(), packet.data() + size}});
            }
        }
    }
    // Hands over what is due; returns when there is more, at the latest at `otherwise`.
    Clock::time_point hand_over(Clock::time_point otherwise) {
        while (!waiting_.empty() && waiting_.front().due <= Clock::now()) {
            const auto& bytes = waiting_.front().bytes;
            if (write(to_, bytes.data(), bytes.size()) < 0) {
                // The receiver's queue is full: the packet is lost, and TCP knows what to do.
            }
            waiting_.pop_front();
        }
        return waiting_.empty() ? otherwise : std::min(otherwise, waiting_.front().due);
    }

private:
    struct Packet {
        Clock::time_point due;
        std::vector<char> bytes;
    };

    int from_;
    int to_;
    double kbit_;
    Clock::duration delay_;
    Clock::time_point sent_until_;
    std::deque<Packet> waiting_;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 7) {
        std::fprintf(stderr, "usage: %s PID ADDRESS PID ADDRESS KBIT DELAY\n", argv[0]);
        return 2;
    }
    const int left = open_device(argv[1], argv[2], argv[4]);
    const int right = open_device(argv[3], argv[4], argv[2]);
    const auto delay = std::chrono::microseconds(std::atoll(argv[6]));
    Direction there(left, right, std::atof(argv[5]), delay);
    Direction back(right, left, std::atof(argv[5]), delay);
    std::puts("ready");
    std::fflush(stdout);
    for (;;) {
        const auto now = Clock::now();
        const auto next = back.hand_over(there.hand_over(now + std::chrono::hours(1)));
        const auto wait = std::max<Clock::duration>(next - Clock::now(), Clock::duration::zero());
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
        const timespec timeout{seconds.count(), std::chrono::nanoseconds(wait - seconds).count()};
        pollfd sources[]{{left, POLLIN, 0}, {right, POLLIN, 0}};
        ppoll(sources, 2, &timeout, nullptr);
        there.take_in();
        back.take_in();
    }
}
