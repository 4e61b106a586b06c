// Looks at the screen on which a viewer shows a session. One command a line, one answer a line, in JSON:
//
//   follow X Y     from now on note when the number at (X, Y) changes (numbers.hpp)
//   followed       [[µs, number], ...]
//   key X Y MS     presses a key; µs until the pixel (X, Y) is another one, or null after MS
//
// It says "ready" first.
#include "numbers.hpp"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <X11/extensions/Xdamage.h>
#include <X11/keysym.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace beside;

class Watch {
public:
    Watch() : display_(XOpenDisplay(nullptr)) {
        int error = 0;
        if (!display_ || !XDamageQueryExtension(display_, &damage_event_, &error)) {
            return;
        }
        XDamageCreate(display_, DefaultRootWindow(display_), XDamageReportRawRectangles);
        key_ = XKeysymToKeycode(display_, XK_a);
        XSync(display_, False);
        is_ready_ = true;
    }

    bool is_ready() const { return is_ready_; }

    void run() {
        say("ready");
        for (;;) {
            pollfd sources[]{{0, POLLIN, 0}, {ConnectionNumber(display_), POLLIN, 0}};
            if (XPending(display_) == 0) {
                poll(sources, 2, time_left());
            }
            look();
            if ((sources[0].revents & (POLLIN | POLLHUP)) != 0 && !read_command()) {
                return;
            }
        }
    }

private:
    struct Press {
        int x;
        int y;
        unsigned long before;
        int64_t begin;
        int64_t deadline;
    };

    static void say(const std::string& line) {
        std::puts(line.c_str());
        std::fflush(stdout);
    }

    int time_left() const {
        return press_ ? static_cast<int>(std::max<int64_t>(press_->deadline - now(), 0) / 1000) : -1;
    }

    // What has changed since the last time.
    void look() {
        const int64_t time = now();
        bool number_touched = false;
        bool touched = false;
        while (XPending(display_) > 0) {
            XEvent event;
            XNextEvent(display_, &event);
            if (event.type == damage_event_ + XDamageNotify) {
                const XRectangle& area = reinterpret_cast<XDamageNotifyEvent&>(event).area;
                touched = true;
                number_touched |= is_following_ && area.x < x_ + kCells * kCell && area.x + area.width > x_ &&
                                  area.y < y_ + kCell && area.y + area.height > y_;
            }
        }
        if (number_touched) {
            note_number(time);
        }
        if (press_ && touched && pixel(press_->x, press_->y) != press_->before) {
            answer_press(std::to_string(time - press_->begin));
        } else if (press_ && time >= press_->deadline) {
            answer_press("null");
        }
    }

    void answer_press(const std::string& answer) {
        press_.reset();
        say(answer);
    }

    void note_number(int64_t time) {
        XImage* const image = XGetImage(display_, DefaultRootWindow(display_), x_, y_ + kCell / 2,
                                        kCells * kCell, 1, AllPlanes, ZPixmap);
        const uint32_t number = read_number(
            [&](int cell) { return (XGetPixel(image, cell * kCell + kCell / 2, 0) & 0xff00) > 0x7f00; });
        XDestroyImage(image);
        if (seen_.empty() || seen_.back().second != number) {
            seen_.emplace_back(time, number);
        }
    }

    unsigned long pixel(int x, int y) const {
        XImage* const image =
            XGetImage(display_, DefaultRootWindow(display_), x, y, 1, 1, AllPlanes, ZPixmap);
        const unsigned long value = XGetPixel(image, 0, 0) & 0xffffff;
        XDestroyImage(image);
        return value;
    }

    bool read_command() {
        char letter = 0;
        std::string line;
        while (read(0, &letter, 1) == 1 && letter != '\n') {
            line += letter;
        }
        int x = 0;
        int y = 0;
        int patience = 0;
        if (std::sscanf(line.c_str(), "follow %d %d", &x, &y) == 2) {
            x_ = x;
            y_ = y;
            is_following_ = true;
            seen_.clear();
            say("null");
        } else if (line == "followed") {
            say(followed());
        } else if (std::sscanf(line.c_str(), "key %d %d %d", &x, &y, &patience) == 3) {
            const int64_t begin = now();
            press_ = Press{x, y, pixel(x, y), begin, begin + 1000 * int64_t{patience}};
            XTestFakeKeyEvent(display_, key_, True, CurrentTime);
            XTestFakeKeyEvent(display_, key_, False, CurrentTime);
            XFlush(display_);
        } else {
            return false;
        }
        return true;
    }

    std::string followed() const {
        std::string text = "[";
        for (const auto& [time, number] : seen_) {
            text +=
                (text.size() > 1 ? ", [" : "[") + std::to_string(time) + ", " + std::to_string(number) + "]";
        }
        return text + "]";
    }

    Display* display_;
    bool is_ready_ = false;
    int damage_event_ = 0;
    KeyCode key_ = 0;
    bool is_following_ = false;
    int x_ = 0;
    int y_ = 0;
    std::vector<std::pair<int64_t, uint32_t>> seen_;
    std::optional<Press> press_;
};

} // namespace

int main() {
    Watch watch;
    if (!watch.is_ready()) {
        std::fprintf(stderr, "no display with DAMAGE\n");
        return 1;
    }
    watch.run();
}
