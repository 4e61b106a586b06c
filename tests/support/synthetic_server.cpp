// A SPICE server without X, driven from standard input: to try and measure clients with.
//
//   synthetic-server [--port N] [--size WxH] [--password TEXT] [--compression automatic|off|lz|lz4]
//   [--verbose]
//
// Prints "port N", then for each line read one line "ok" (when it has been committed) or "error: ...":
//   size W H | fill X Y W H RRGGBB | noise X Y W H SEED | scroll X Y W H DX DY
//   cursor W H HOTX HOTY | hide | move X Y | locks BITS
//   input                 the events since the last time, one line each, then "ok"
//   checksum              "checksum W H CRC32": of the pixels as bytes B G R 0, row by row
//   tickets keep|disconnect|fail [PASSWORD[,one-shot][,view-only][,MILLISECONDS until it expires]]...
//                         "replaced 1", or "replaced 0" if somebody is connected and may not be
//   idle                  nothing: "ok" when all is committed
// Ends at the end of its input. Without --password any ticket is accepted. Loopback only.
#include "support/synthetic_desktop.hpp"

#include <sys/poll.h>
#include <unistd.h>
#include <zlib.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace spice;
using namespace std::chrono_literals;
using test::SyntheticDesktop;

class StderrLog final : public LogSink {
public:
    explicit StderrLog(bool verbose) : verbose_(verbose) {}
    void write(LogLevel level, std::string_view line) override {
        if (verbose_ || level >= LogLevel::warning) {
            std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
        }
    }

private:
    bool verbose_;
};

struct Options {
    ServerConfig config;
    Size size{1024, 768};
    bool verbose = false;
};

ImageCompression compression_named(const std::string& name) {
    for (const auto& [known, value] :
         {std::pair{"automatic", ImageCompression::automatic}, std::pair{"off", ImageCompression::off},
          std::pair{"lz", ImageCompression::lz}, std::pair{"lz4", ImageCompression::lz4}}) {
        if (name == known) {
            return value;
        }
    }
    throw std::runtime_error("--compression: automatic, off, lz or lz4");
}

Options parse_options(int argc, char** argv) {
    Options options;
    options.config.port = 0;
    options.config.name = "synthetic";
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        if (option == "--verbose") {
            options.verbose = true;
            continue;
        }
        const std::string value = ++i < argc ? argv[i] : "";
        if (option == "--port") {
            options.config.port = static_cast<uint16_t>(std::stoul(value));
        } else if (option == "--size") {
            char by = 0;
            std::istringstream(value) >> options.size.width >> by >> options.size.height;
        } else if (option == "--password") {
            options.config.tickets = {{.password = value, .expires = {}}};
        } else if (option == "--compression") {
            options.config.image_compression = compression_named(value);
        } else {
            throw std::runtime_error("unknown option " + option);
        }
    }
    return options;
}

Size checked_size(Size size) {
    const auto fits = [](int edge) { return edge >= 1 && edge <= kMaxSurfaceEdge; };
    if (!fits(size.width) || !fits(size.height)) {
        throw std::runtime_error("size out of range");
    }
    return size;
}

Rect read_area(std::istream& in) {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
    in >> x >> y >> width >> height;
    return {x, y, x + width, y + height};
}

// A translucent diagonal: not symmetric, so that mirrored or shifted shapes show.
Cursor make_cursor(Size size, Point hot_spot) {
    const auto count = static_cast<size_t>(size.width) * static_cast<size_t>(size.height);
    std::shared_ptr<uint32_t[]> pixels(new uint32_t[count]());
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x <= y && x < size.width; ++x) {
            pixels[static_cast<size_t>(y * size.width + x)] = x == 0 ? 0xffff0000 : 0x80404040;
        }
    }
    return {CursorShape{size, hot_spot, pixels}, {}};
}

void print(const InputEvent& event) {
    struct Printer {
        void operator()(const KeyEvent& key) const {
            std::printf("key %04x %d\n", key.scancode, key.pressed);
        }
        void operator()(const KeysymEvent& key) const {
            std::printf("keysym %x %d\n", key.keysym, key.pressed);
        }
        void operator()(const LockKeysWanted& wanted) const { std::printf("locks %d\n", wanted.locks); }
        void operator()(const PointerPosition& pointer) const {
            std::printf("position %d %d\n", pointer.position.x, pointer.position.y);
        }
        void operator()(const PointerMotion& motion) const {
            std::printf("motion %d %d\n", motion.dx, motion.dy);
        }
        void operator()(const ButtonEvent& button) const {
            std::printf("button %d %d\n", button.button, button.pressed);
        }
    };
    std::visit(Printer(), event);
}

void print_checksum(const SyntheticDesktop& desktop) {
    const auto& pixels = desktop.pixels();
    const auto* bytes = reinterpret_cast<const Bytef*>(pixels.data());
    const uLong sum = crc32_z(0, bytes, pixels.size() * sizeof(uint32_t));
    std::printf("checksum %d %d %08lx\n", desktop.size().width, desktop.size().height, sum);
}

void draw(SyntheticDesktop& desktop, const std::string& command, std::istream& in) {
    if (command == "size") {
        Size size;
        in >> size.width >> size.height;
        desktop.resize(checked_size(size));
    } else if (command == "fill") {
        const Rect area = read_area(in);
        uint32_t colour = 0;
        in >> std::hex >> colour;
        desktop.fill(area, colour & 0xffffff);
    } else if (command == "noise") {
        const Rect area = read_area(in);
        uint32_t seed = 0;
        in >> seed;
        desktop.noise(area, seed);
    } else if (command == "scroll") {
        const Rect area = read_area(in);
        int dx = 0;
        int dy = 0;
        in >> dx >> dy;
        desktop.scroll(area, dx, dy);
    } else {
        throw std::runtime_error("unknown command " + command);
    }
}

void execute(SyntheticDesktop& desktop, const std::string& line) {
    std::istringstream in(line);
    std::string command;
    in >> command;
    if (command == "cursor") {
        Size size;
        Point hot_spot;
        in >> size.width >> size.height >> hot_spot.x >> hot_spot.y;
        if (size.width < 1 || size.width > kMaxCursorEdge || size.height < 1 ||
            size.height > kMaxCursorEdge) {
            throw std::runtime_error("cursor out of range");
        }
        desktop.set_cursor(make_cursor(size, hot_spot));
    } else if (command == "hide") {
        desktop.set_cursor({});
    } else if (command == "move") {
        Point position;
        in >> position.x >> position.y;
        desktop.move_cursor(position);
    } else if (command == "locks") {
        unsigned locks = 0;
        in >> locks;
        desktop.set_lock_keys(static_cast<LockKeys>(locks & 7));
    } else if (command == "input") {
        for (const InputEvent& event : desktop.take_input()) {
            print(event);
        }
    } else if (command == "checksum") {
        print_checksum(desktop);
    } else if (command != "idle") {
        draw(desktop, command, in);
    }
    if (!in.eof() && in.fail()) {
        throw std::runtime_error("numbers expected after " + command);
    }
}

// True when a line waits on standard input, which std::cin must not have read ahead.
bool input_ready(int milliseconds) {
    if (std::cin.rdbuf()->in_avail() > 0) {
        return true;
    }
    pollfd descriptor{STDIN_FILENO, POLLIN, 0};
    return poll(&descriptor, 1, milliseconds) > 0;
}

Ticket ticket_of(const std::string& word) {
    std::istringstream parts(word);
    Ticket ticket{.password = {}, .expires = {}};
    std::getline(parts, ticket.password, ',');
    for (std::string part; std::getline(parts, part, ',');) {
        if (part == "one-shot") {
            ticket.one_shot = true;
        } else if (part == "view-only") {
            ticket.view_only = true;
        } else {
            ticket.expires = std::chrono::steady_clock::now() + std::chrono::milliseconds(std::stoi(part));
        }
    }
    return ticket;
}

void set_tickets(Server& server, std::istream& in) {
    std::string action;
    in >> action;
    std::vector<Ticket> tickets;
    for (std::string word; in >> word;) {
        tickets.push_back(ticket_of(word));
    }
    std::promise<bool> replaced;
    server.set_tickets(std::move(tickets),
                       action == "disconnect" ? ConnectedAction::disconnect
                       : action == "fail"     ? ConnectedAction::fail
                                              : ConnectedAction::keep,
                       [&](bool done) { replaced.set_value(done); });
    std::printf("replaced %d\n", replaced.get_future().get());
}

void serve(SyntheticDesktop& desktop, Server& server) {
    std::string line;
    for (;;) {
        while (!input_ready(5)) { // the core's wishes are heeded within these milliseconds
            desktop.pump();
        }
        if (!std::getline(std::cin, line)) {
            return;
        }
        try {
            if (line.starts_with("tickets ")) {
                std::istringstream in(line.substr(8));
                set_tickets(server, in);
            } else {
                execute(desktop, line);
            }
            std::puts(desktop.flush(5s) ? "ok" : "error: not committed in 5 s");
        } catch (const std::exception& error) {
            std::printf("error: %s\n", error.what());
        }
        std::fflush(stdout);
    }
}

} // namespace

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    try {
        const Options options = parse_options(argc, argv);
        StderrLog log(options.verbose);
        SyntheticDesktop desktop(checked_size(options.size));
        Server server(options.config, desktop, log);
        desktop.attach(server);
        server.start();
        std::printf("port %d\n", server.port());
        std::fflush(stdout);
        serve(desktop, server);
        server.stop();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "synthetic-server: %s\n", error.what());
        return 1;
    }
    return 0;
}
