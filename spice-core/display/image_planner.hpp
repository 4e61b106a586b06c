// How each piece of an update is told to one client: from its image cache, or encoded, and by what.
//
// Core thread; owned by the client's display channel. Looks at pixels, sends nothing.
#pragma once

#include "codecs/content_key.hpp"
#include "codecs/encode_pool.hpp"
#include "display/codec_policy.hpp"
#include "display/film_watch.hpp"
#include "display/image_cache.hpp"
#include "display/screen.hpp"
#include "display/update_planner.hpp"
#include "spice-core/region.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace spice::display {

struct PlannedImage {
    Rect area;
    codecs::ContentKey key;         // of film, by place and time instead of content
    std::optional<uint64_t> cached; // drawn from the client's cache: nothing to encode
    CodecChoice choice{};
    bool film = false;
    bool lossy = false;
    bool keep = false;                     // the client is to keep it
    std::optional<ContentClass> content{}; // when somebody looked
    bool beside_photograph = false;        // what is left where photographs were taken out
};

class ImagePlanner {
public:
    using Time = FilmWatch::Time;

    explicit ImagePlanner(const CodecPreferences& preferences) : preferences_(preferences) {}

    CodecPreferences& preferences() { return preferences_; }
    ImageCache& cache() { return cache_; }
    // The client has told what it can keep, in pixels.
    void set_cache_budget(int64_t pixels) { cache_ = ImageCache(pixels); }

    // In pieces, and how each is told. `waiting`: pixels of all that the client is still to be told, of which
    // `changed` is a part. Without `may_be_lossy` everything is exact.
    struct Plan {
        std::vector<Fill> fills;
        std::vector<PlannedImage> images;
        Region covered; // by all of it
    };
    Plan plan(const Region& changed, const Screen& screen, int64_t waiting, LinkSpeed link, bool may_be_lossy,
              Time now = std::chrono::steady_clock::now());

private:
    bool take_whole(const Rect& cell, int64_t changed_pixels, const Screen& screen, Time now);
    PlannedImage image(const Rect& area, bool keep, const Screen& screen);
    void add_images(const Rect& area, bool keep, const Screen& screen, Time now, Plan& plan);
    void add_divided(const Rect& area, std::vector<Rect> photographs, bool keep, const Screen& screen,
                     Plan& plan);
    bool choose(PlannedImage& planned, const Screen& screen, LinkSpeed link, bool may_be_lossy, Time now);
    void make_lossy(const std::vector<PlannedImage*>& photographs, double more, LinkSpeed link);

    CodecPreferences preferences_;
    ImageCache cache_;
    FilmWatch film_;
};

} // namespace spice::display
