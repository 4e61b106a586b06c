// What a 1080p frame costs before any client is looked at: copying it out of the framebuffer, comparing it
// with what was committed, searching for what moved, and keeping track of many small operations.
#include "display/motion_search.hpp"
#include "display/screen.hpp"
#include "spice-core/commit_builder.hpp"

#include "support/random.hpp"
#include "support/test_images.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

namespace spice {
namespace {

constexpr Size kSize{1920, 1080};
constexpr Rect kWhole{0, 0, 1920, 1080};

struct Desktop {
    Desktop() {
        builder.set_watched(true);
        builder.set_surface({0, kSize});
        screen.apply(commit());
    }
    Commit commit() { return builder.build({image.pixels.data(), image.stride, kSize}); }

    test::TestImage image = test::mixed_image(1920, 1080);
    CommitBuilder builder;
    display::Screen screen;
};

void build_commit(benchmark::State& state) {
    Desktop desktop;
    for (auto _ : state) {
        desktop.builder.add_changed(kWhole);
        benchmark::DoNotOptimize(desktop.commit());
    }
}

// The whole frame is claimed to have changed; `dots` pixels of it really have, or all for -1.
void compare(benchmark::State& state) {
    Desktop desktop;
    desktop.builder.add_changed(kWhole);
    const Commit original = desktop.commit();
    test::Random random(1);
    if (state.range(0) < 0) {
        for (uint32_t& pixel : desktop.image.pixels) {
            pixel ^= 0x0101;
        }
    }
    for (int64_t i = 0; i < state.range(0); ++i) {
        desktop.image.at(random.below(1920), random.below(1080)) ^= 0xff;
    }
    desktop.builder.add_changed(kWhole);
    const Commit other = desktop.commit();
    size_t rects = 0;
    bool turn = false;
    for (auto _ : state) {
        turn = !turn;
        const display::ScreenUpdate update = desktop.screen.apply(turn ? other : original);
        rects = update.changed.rect_count();
    }
    state.counters["rects"] = static_cast<double>(rects);
}

enum Scene : int { kScroll, kTextScroll, kDrag, kVideo, kNoise };

// Two pictures, one of which follows the other.
struct Change {
    explicit Change(Scene scene) {
        switch (scene) {
        case kScroll: // a desktop by 8 pixels
            before = test::mixed_image(1920, 1080);
            after = test::mixed_image(1920, 1088);
            after.pixels.erase(after.pixels.begin(), after.pixels.begin() + ptrdiff_t{8} * 1920);
            break;
        case kTextScroll:
            before = test::text_image(1920, 1080);
            after = test::text_image(1920, 1176);
            after.pixels.erase(after.pixels.begin(), after.pixels.begin() + ptrdiff_t{96} * 1920);
            break;
        case kDrag: // a window across a picture
            before = after = test::photo_image(1920, 1080);
            paste(before, 400, 200);
            paste(after, 407, 197);
            break;
        case kVideo: // 1280x720 of it
            before = after = test::mixed_image(1920, 1080);
            for (uint32_t y = 100; y < 820; ++y) {
                for (uint32_t x = 300; x < 1580; ++x) {
                    before.at(x, y) = (x * y / 700 + random.below(6)) * 0x010101 & 0xffffff;
                    after.at(x, y) = (x * y / 697 + random.below(6)) * 0x010101 & 0xffffff;
                }
            }
            break;
        case kNoise:
            before = test::noise_image(1920, 1080);
            for (uint32_t& pixel : after.pixels) {
                pixel = random() & 0xffffff;
            }
            break;
        }
        after.height = 1080;
    }

    static void paste(test::TestImage& image, uint32_t left, uint32_t top) {
        const test::TestImage window = test::mixed_image(900, 600);
        for (uint32_t y = 0; y < window.height; ++y) {
            std::copy_n(&window.pixels[y * window.stride], window.width, &image.at(left, top + y));
        }
    }

    test::Random random{4};
    test::TestImage before{1920, 1080};
    test::TestImage after{1920, 1080};
};

void search(benchmark::State& state, Scene scene) {
    const Change change(scene);
    const display::PixelArea before{kWhole, change.before.pixels.data(), change.before.stride};
    const display::PixelArea after{kWhole, change.after.pixels.data(), change.after.stride};
    std::vector<Rect> different;
    display::find_differences(after, before, kWhole, different);
    size_t copies = 0;
    for (auto _ : state) {
        display::MotionSearch motion_search; // a new one: one that finds nothing again and again rests
        copies = motion_search.find(before, {&after, 1}, different).size();
    }
    state.counters["copies"] = static_cast<double>(copies);
}

// Forth and back: comparison, search, and the picture brought up to date.
void apply(benchmark::State& state, Scene scene) {
    const Change change(scene);
    CommitBuilder builder;
    builder.set_watched(true);
    builder.set_surface({0, kSize});
    const Commit before = builder.build({change.before.pixels.data(), change.before.stride, kSize});
    builder.add_changed(kWhole);
    const Commit after = builder.build({change.after.pixels.data(), change.after.stride, kSize});
    display::Screen screen;
    screen.apply(before);
    int64_t changed = 0;
    bool turn = false;
    for (auto _ : state) {
        turn = !turn;
        const display::ScreenUpdate update = screen.apply(turn ? after : before);
        changed = update.changed.area();
    }
    state.counters["changed"] = static_cast<double>(changed);
}

// Operations as a busy X client makes them, between two commits.
void track_small_changes(benchmark::State& state) {
    test::Random random(2);
    PendingUpdate pending;
    for (auto _ : state) {
        const auto x = static_cast<int>(random.below(1900));
        const auto y = static_cast<int>(random.below(1060));
        pending.add_changed(Rect{x, y, x + 10, y + 10});
    }
}

void track_copies(benchmark::State& state) {
    test::Random random(3);
    PendingUpdate pending;
    for (auto _ : state) {
        const auto x = static_cast<int>(random.below(900));
        const auto y = static_cast<int>(random.below(500));
        pending.add_copy({Rect{x, y, x + 500, y + 500}, static_cast<int>(random.below(9)) - x % 4,
                          static_cast<int>(random.below(9)) - y % 4});
    }
}

BENCHMARK(build_commit)->Unit(benchmark::kMillisecond);
BENCHMARK(compare)->Arg(0)->Arg(100)->Arg(10000)->Arg(-1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, scroll, kScroll)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, text_scroll, kTextScroll)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, drag, kDrag)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, video, kVideo)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, noise, kNoise)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(apply, scroll, kScroll)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(apply, text_scroll, kTextScroll)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(apply, drag, kDrag)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(apply, video, kVideo)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(apply, noise, kNoise)->Unit(benchmark::kMillisecond);
BENCHMARK(track_small_changes);
BENCHMARK(track_copies);

} // namespace
} // namespace spice

BENCHMARK_MAIN();
