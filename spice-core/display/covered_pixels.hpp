// What was to be seen until something covered it: the desktop under a window, the window under a menu, the
// other of two desktops. A client that has kept it draws it from its own memory when it is uncovered.
//
// Core thread; owned by Screen, shared by all clients. There are kMemories memories of the screen's size,
// here and, as surfaces, at each client. What is about to be overwritten, has been still for a while and is
// not solid goes into one of them, at its own place; KeptPixels knows which part of it a client has got. Only
// pixels that are compared here, one by one, count as uncovered.
#pragma once

#include "display/image_area.hpp"
#include "spice-core/region.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace spice::display {

class CoveredPixels {
public:
    using Time = std::chrono::steady_clock::time_point;

    static constexpr size_t kMemories = 2;                      // below windows, and below their menus
    static constexpr std::chrono::milliseconds kStill{100};     // what changed later is not worth keeping
    static constexpr int64_t kMinKept = 1024;                   // pixels of a rectangle
    static constexpr int64_t kMinFound = 512;                   // pixels of a rectangle
    static constexpr size_t kMaxRects = 16;                     // that are kept at a time
    static constexpr uint64_t kPatience = 2;                    // updates before something else replaces it
    static constexpr int64_t kMaxScreen = int64_t{4096} * 2160; // pixels; of a larger one nothing is kept

    // `memory` has in `region` what the screen showed there before the update that covered it.
    struct Kept {
        size_t memory = 0; // 0 to kMemories - 1
        Region region;
    };

    // Forgets everything, and has no memory until something is covered.
    void clear();
    // It is `now` for what follows.
    void advance(Time now);
    // `lost` is about to be overwritten; `picture` shows the whole screen, and what it did before the update
    // everywhere but in `overwritten`. Adds what is kept of it, disjoint from `overwritten`.
    void cover(const Region& lost, const Region& overwritten, const PixelArea& picture,
               std::vector<Kept>& kept);
    // An update that changed this is complete.
    void changed(const Region& region);

    // A rectangle of the screen that shows what `memory` has there.
    struct Found {
        size_t memory = 0;
        Rect area;

        friend bool operator==(const Found&, const Found&) = default;
    };
    using Regions = std::array<Region, kMemories>;
    // Where `changed` shows what one of the memories has, and of each only what lies in `valid`, where it was
    // told by cover(). With some pixels that did not change; at most kMaxFound, large ones, none of them
    // solid.
    std::vector<Found> find(const Region& changed, const Regions& valid, const PixelArea& picture) const;
    static constexpr size_t kMaxFound = 64;

private:
    struct Free {
        void operator()(uint32_t* pixels) const;
    };
    struct Memory {
        std::unique_ptr<uint32_t[], Free>
            pixels;        // the whole screen's, rows without padding; made when needed
        Region known;      // where something was kept
        uint64_t used = 0; // when that was, or when it was found to be kept already
    };

    static bool has(const Memory& memory, const Rect& rect, const PixelArea& picture);
    static Region whole(const Memory& memory, const Region& changed, const Region& valid,
                        const PixelArea& picture);
    static Region cells(const Memory& memory, const Region& changed, const Region& valid,
                        const PixelArea& picture);
    static Region parts(const Memory& memory, const Region& changed, const Region& valid,
                        const PixelArea& picture);
    static void make(Memory& memory, const PixelArea& picture);
    void keep(const Rect& rect, const Region& busy, const PixelArea& picture, std::span<Memory> memories,
              std::vector<Kept>& kept);

    std::array<Memory, kMemories> memories_;
    uint64_t uses_ = 0;
    // What changed since turned_, and in the time before that.
    Region recent_;
    Region less_recent_;
    Time turned_{};
};

} // namespace spice::display
