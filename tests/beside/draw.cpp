// X clients whose pictures carry a number, for measure.py to find again at the viewer.
//
//   beside-draw root PICTURES                a picture as the screen's background
//   beside-draw drag PICTURES FRAMES         a window is moved over it, 60 times a second
//   beside-draw scroll-copy PAGE FRAMES      a page is scrolled by XCopyArea and a new strip, 60 times a
//   second beside-draw scroll-redraw PAGE FRAMES    the same, all of it drawn anew with every step
//   beside-draw film PICTURES FRAMES         1280x720, 30 pictures a second
//   beside-draw toggle PICTURES FRAMES       two pictures of the whole screen in turns, 4 times a second
//   beside-draw photographs PICTURES FRAMES  a picture of the whole screen every half second
//   beside-draw echo                         a square that changes with every key
//
// PICTURES and PAGE are files of pixels 0x00rrggbb. It says "ready X Y", where the number will stand, and
// begins when it is sent a line. Then it prints, for each frame, CLOCK_MONOTONIC in µs when its drawing began
// and its number, and "end". What it drew stays until it is ended.
#include "numbers.hpp"

#include <X11/Xlib.h>
#include <X11/extensions/XShm.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace beside;

constexpr int kWidth = 1920;
constexpr int kHeight = 1080;

struct Pixels {
    const uint32_t* row(int y) const { return &values[static_cast<size_t>(y) * static_cast<size_t>(width)]; }

    int width = 0;
    int height = 0;
    std::vector<uint32_t> values;
};

Pixels read_pixels(const std::string& path, int width) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    Pixels pixels;
    pixels.values.resize(static_cast<size_t>(file.tellg()) / sizeof(uint32_t));
    pixels.width = width;
    pixels.height = static_cast<int>(pixels.values.size()) / width;
    file.seekg(0);
    file.read(reinterpret_cast<char*>(pixels.values.data()),
              static_cast<std::streamsize>(pixels.values.size() * sizeof(uint32_t)));
    if (!file || pixels.height == 0) {
        std::fprintf(stderr, "%s cannot be read\n", path.c_str());
        std::exit(1);
    }
    return pixels;
}

class Painter {
public:
    Painter() : display(XOpenDisplay(nullptr)) {
        if (!display) {
            std::fprintf(stderr, "no display\n");
            std::exit(1);
        }
        root = DefaultRootWindow(display);
        gc = XCreateGC(display, root, 0, nullptr);
        XSetGraphicsExposures(display, gc, False);
    }

    Window window(int x, int y, int width, int height) const {
        XSetWindowAttributes wanted{};
        wanted.override_redirect = True;
        wanted.background_pixmap = None;
        wanted.event_mask = KeyPressMask | StructureNotifyMask;
        const Window made = XCreateWindow(display, root, x, y, static_cast<unsigned>(width),
                                          static_cast<unsigned>(height), 0, CopyFromParent, InputOutput,
                                          nullptr, CWOverrideRedirect | CWBackPixmap | CWEventMask, &wanted);
        XMapRaised(display, made);
        XEvent event;
        XWindowEvent(display, made, StructureNotifyMask, &event);
        XSync(display, False);
        return made;
    }
    void fill(Window where, int x, int y, int size, uint32_t colour) const {
        XSetForeground(display, gc, colour);
        XFillRectangle(display, where, gc, x, y, static_cast<unsigned>(size), static_cast<unsigned>(size));
    }

    Display* display;
    Window root;
    GC gc;
};

// Pixels that the X server reads where they are.
class SharedImage {
public:
    SharedImage(const Painter& screen, int width, int height) : screen_(screen) {
        image_ = XShmCreateImage(screen.display, DefaultVisual(screen.display, 0), 24, ZPixmap, nullptr,
                                 &segment_, static_cast<unsigned>(width), static_cast<unsigned>(height));
        const auto size = static_cast<size_t>(image_->bytes_per_line) * static_cast<size_t>(height);
        segment_.shmid = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
        segment_.shmaddr = image_->data = static_cast<char*>(shmat(segment_.shmid, nullptr, 0));
        segment_.readOnly = False;
        XShmAttach(screen.display, &segment_);
        XSync(screen.display, False);
        shmctl(segment_.shmid, IPC_RMID, nullptr); // goes with the last who has it
    }

    uint32_t* row(int y) const { return reinterpret_cast<uint32_t*>(image_->data) + y * image_->width; }
    void load(const Pixels& from, int first_row, int rows) const {
        std::copy_n(from.row(first_row), static_cast<size_t>(from.width) * static_cast<size_t>(rows), row(0));
    }
    void number(uint32_t value) const {
        for (int y = 0; y < kCell; ++y) {
            for (int x = 0; x < kCells * kCell; ++x) {
                row(y)[x] = cell_colour(value, x / kCell);
            }
        }
    }
    void put(Drawable to, int y, int rows) const {
        XShmPutImage(screen_.display, to, screen_.gc, image_, 0, 0, 0, y,
                     static_cast<unsigned>(image_->width), static_cast<unsigned>(rows), False);
    }

private:
    const Painter& screen_;
    XShmSegmentInfo segment_{};
    XImage* image_;
};

// Numbers in a window of their own: one rectangle for each frame.
class NumberWindow {
public:
    explicit NumberWindow(const Painter& screen)
        : screen_(screen), window_(screen.window(0, 0, kCells * kCell, kCell)) {
        show_cells([](int) { return true; }, 0);
    }
    void show(uint32_t value) {
        show_cells([&](int cell) { return cell_colour(value, cell) != cell_colour(shown_, cell); }, value);
    }

private:
    template <typename Wanted>
    void show_cells(Wanted wanted, uint32_t value) {
        for (int cell = 0; cell < kCells; ++cell) {
            if (wanted(cell)) {
                screen_.fill(window_, cell * kCell, 0, kCell, cell_colour(value, cell));
            }
        }
        shown_ = value;
    }

    const Painter& screen_;
    Window window_;
    uint32_t shown_ = 0;
};

void wait_for_line() {
    std::fflush(stdout);
    int letter = 0;
    do {
        letter = std::getchar();
    } while (letter != '\n' && letter != EOF);
}

// draw(i) for each frame, at its time; number(i) is what it shows.
void play(
    const Painter& screen, int frames, int64_t period, const std::function<void(int)>& draw,
    const std::function<int(int)>& number = [](int frame) { return frame + 1; }) {
    XSync(screen.display, False);
    wait_for_line();
    std::vector<std::pair<int64_t, int>> log;
    const int64_t begin = now();
    const auto sleep_until = [](int64_t time) {
        const timespec due{time / 1'000'000, time % 1'000'000 * 1000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
    };
    for (int frame = 0; frame < frames; ++frame) {
        sleep_until(begin + frame * period);
        log.emplace_back(now(), number(frame));
        draw(frame);
        XSync(screen.display, False);
    }
    sleep_until(begin + frames * period);
    for (const auto& [time, shown] : log) {
        std::printf("%lld %d\n", static_cast<long long>(time), shown);
    }
    std::puts("end");
    wait_for_line();
}

void root(const Painter& screen, const std::string& path, int) {
    const Pixels picture = read_pixels(path, kWidth);
    const SharedImage image(screen, kWidth, kHeight);
    const Pixmap pixmap = XCreatePixmap(screen.display, screen.root, kWidth, kHeight, 24);
    image.load(picture, 0, kHeight);
    image.put(pixmap, 0, kHeight);
    XSetWindowBackgroundPixmap(screen.display, screen.root, pixmap);
    XClearWindow(screen.display, screen.root);
    XSync(screen.display, False);
}

void drag(const Painter& screen, const std::string& path, int frames) {
    constexpr int kWindowWidth = 600;
    constexpr int kWindowHeight = 400;
    const Pixels photographs = read_pixels(path, kWidth);
    const SharedImage image(screen, kWindowWidth, kWindowHeight);
    for (int y = 0; y < kWindowHeight; ++y) {
        std::copy_n(photographs.row(y + 300) + 600, kWindowWidth, image.row(y));
    }
    const Pixmap pixmap = XCreatePixmap(screen.display, screen.root, kWindowWidth, kWindowHeight, 24);
    image.put(pixmap, 0, kWindowHeight);
    const Window window = screen.window(660, 340, kWindowWidth, kWindowHeight);
    XSetWindowBackgroundPixmap(screen.display, window, pixmap);
    XClearWindow(screen.display, window);
    NumberWindow number(screen);
    std::puts("ready 0 0");
    play(screen, frames, 1'000'000 / 60, [&](int frame) {
        const double time = frame / 60.0;
        XMoveWindow(screen.display, window, static_cast<int>(660 + 600 * std::sin(time * 1.9)),
                    static_cast<int>(340 + 300 * std::sin(time * 2.7)));
        number.show(static_cast<uint32_t>(frame + 1));
    });
}

constexpr int kViewWidth = 1200;
constexpr int kViewHeight = 900;
constexpr int kStep = 8;

int scrolled(const Pixels& page, int frame) {
    return (frame + 1) * kStep % (page.height - kViewHeight);
}

void scroll_copy(const Painter& screen, const std::string& path, int frames) {
    const Pixels page = read_pixels(path, kViewWidth);
    const SharedImage image(screen, kViewWidth, kViewHeight);
    const Window window = screen.window(360, 90, kViewWidth, kViewHeight);
    image.load(page, 0, kViewHeight);
    image.put(window, 0, kViewHeight);
    NumberWindow number(screen);
    std::puts("ready 0 0");
    play(screen, frames, 1'000'000 / 60, [&](int frame) {
        constexpr int kKept = kViewHeight - kStep;
        XCopyArea(screen.display, window, window, screen.gc, 0, kStep, kViewWidth, kKept, 0, 0);
        image.load(page, scrolled(page, frame) + kKept, kStep);
        image.put(window, kKept, kStep);
        number.show(static_cast<uint32_t>(frame + 1));
    });
}

void scroll_redraw(const Painter& screen, const std::string& path, int frames) {
    const Pixels page = read_pixels(path, kViewWidth);
    const SharedImage image(screen, kViewWidth, kViewHeight);
    const Window window = screen.window(360, 90, kViewWidth, kViewHeight);
    image.load(page, 0, kViewHeight);
    image.put(window, 0, kViewHeight);
    std::puts("ready 360 90");
    play(screen, frames, 1'000'000 / 60, [&](int frame) {
        image.load(page, scrolled(page, frame), kViewHeight);
        image.number(static_cast<uint32_t>(frame + 1));
        image.put(window, 0, kViewHeight);
    });
}

// A camera that turns, zooms and moves over a photograph; another one every 100 pictures.
void film_picture(const Pixels& photographs, int frame, uint32_t* out, int width, int height) {
    const uint32_t* const photograph =
        photographs.row(kHeight * (frame / 100 % (photographs.height / kHeight)));
    const double time = frame / 30.0;
    const double angle = 0.1 * std::sin(time * 0.8);
    const double zoom = 0.75 + 0.15 * std::sin(time * 0.6);
    const int right = static_cast<int>(65536 * zoom * std::cos(angle));
    const int down = static_cast<int>(65536 * zoom * std::sin(angle));
    const int centre_x = static_cast<int>(65536 * (kWidth / 2 + 220 * std::sin(time * 0.9)));
    const int centre_y = static_cast<int>(65536 * (kHeight / 2 + 110 * std::cos(time * 0.7)));
    for (int y = -height / 2; y < height / 2; ++y) {
        for (int x = -width / 2; x < width / 2; ++x) {
            const int at_x = std::clamp(centre_x + right * x - down * y, 0, (kWidth - 2) << 16);
            const int at_y = std::clamp(centre_y + down * x + right * y, 0, (kHeight - 2) << 16);
            const uint32_t* const from = photograph + (at_y >> 16) * kWidth + (at_x >> 16);
            const uint32_t beside = at_x >> 8 & 255;
            const uint32_t below = at_y >> 8 & 255;
            uint32_t colour = 0;
            for (int shift = 0; shift < 24; shift += 8) {
                const auto mixed = [&](const uint32_t* row) {
                    return (row[0] >> shift & 255) * (256 - beside) + (row[1] >> shift & 255) * beside;
                };
                colour |= (mixed(from) * (256 - below) + mixed(from + kWidth) * below) >> 16 << shift;
            }
            *out++ = colour;
        }
    }
}

void film(const Painter& screen, const std::string& path, int frames) {
    constexpr int kFilmWidth = 1280;
    constexpr int kFilmHeight = 720;
    constexpr int kSize = kFilmWidth * kFilmHeight;
    const Pixels photographs = read_pixels(path, kWidth);
    // Made before it plays: a decoder's work is not what is measured.
    Pixels pictures{kFilmWidth, kFilmHeight * frames,
                    std::vector<uint32_t>(static_cast<size_t>(kSize) * frames)};
    for (int frame = 0; frame < frames; ++frame) {
        film_picture(photographs, frame, &pictures.values[static_cast<size_t>(kSize) * frame], kFilmWidth,
                     kFilmHeight);
    }
    const SharedImage image(screen, kFilmWidth, kFilmHeight);
    const Window window = screen.window(320, 180, kFilmWidth, kFilmHeight);
    std::puts("ready 320 180");
    play(screen, frames, 1'000'000 / 30, [&](int frame) {
        image.load(pictures, frame * kFilmHeight, kFilmHeight);
        image.number(static_cast<uint32_t>(frame + 1));
        image.put(window, 0, kFilmHeight);
    });
}

// Whole pictures, `count` of them again and again.
void screens(const Painter& screen, const std::string& path, int frames, int count, int64_t period) {
    const Pixels pictures = read_pixels(path, kWidth);
    const SharedImage image(screen, kWidth, kHeight);
    const Window window = screen.window(0, 0, kWidth, kHeight);
    const int different = std::min(count, pictures.height / kHeight);
    const auto number = [&](int frame) { return frame % different + 1; };
    std::puts("ready 0 0");
    play(
        screen, frames, period,
        [&](int frame) {
            image.load(pictures, kHeight * (frame % different), kHeight);
            image.number(static_cast<uint32_t>(number(frame)));
            image.put(window, 0, kHeight);
        },
        number);
}

void toggle(const Painter& screen, const std::string& path, int frames) {
    screens(screen, path, frames, 2, 250'000);
}

void photographs(const Painter& screen, const std::string& path, int frames) {
    screens(screen, path, frames, frames, 500'000);
}

void echo(const Painter& screen, const std::string&, int) {
    const Window window = screen.window(0, 0, 400, 300);
    XSetInputFocus(screen.display, window, RevertToPointerRoot, CurrentTime);
    screen.fill(window, 0, 0, 400, 0x203040);
    XSync(screen.display, False);
    std::puts("ready 200 150");
    std::fflush(stdout);
    for (bool lit = true;; lit = !lit) {
        XEvent event;
        XWindowEvent(screen.display, window, KeyPressMask, &event);
        screen.fill(window, 168, 118, 64, lit ? 0xffffff : 0x203040);
        XFlush(screen.display);
    }
}

} // namespace

int main(int argc, char** argv) {
    static const std::map<std::string, void (*)(const Painter&, const std::string&, int)> kCommands{
        {"root", root}, {"drag", drag},     {"scroll-copy", scroll_copy}, {"scroll-redraw", scroll_redraw},
        {"film", film}, {"toggle", toggle}, {"photographs", photographs}, {"echo", echo}};
    const auto command = argc > 1 ? kCommands.find(argv[1]) : kCommands.end();
    if (command == kCommands.end()) {
        std::fprintf(stderr, "usage: %s COMMAND [PICTURES] [FRAMES]\n", argv[0]);
        return 2;
    }
    command->second(Painter(), argc > 2 ? argv[2] : "", argc > 3 ? std::atoi(argv[3]) : 0);
}
