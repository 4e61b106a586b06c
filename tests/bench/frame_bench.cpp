// What a 1080p frame costs before any client is looked at: copying it out of the framebuffer, comparing it
// with what was committed, searching for what moved, and keeping track of many small operations.
#include "display/screen.hpp"
#include "spice-core/commit_builder.hpp"

#include "support/random.hpp"
#include "support/test_images.hpp"

#include <benchmark/benchmark.h>

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
BENCHMARK(track_small_changes);
BENCHMARK(track_copies);

} // namespace
} // namespace spice

BENCHMARK_MAIN();
