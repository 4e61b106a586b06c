// The display channel of one client: brings the client's picture to the screen's, newest state first.
//
// The client's INIT opens it. Then the surface is created and told piece by piece: one update at a time is
// encoded and queued, each only when the connection has room for it; everything that happens meanwhile merges
// in the UpdateTracker. So a slow client costs a bounded amount of memory and skips states instead of showing
// old ones. What went lossy is made exact when it has been still for a moment and nothing newer waits. Core
// thread; see Channel.
#pragma once

#include "channels/channel.hpp"
#include "codecs/encode_pool.hpp"
#include "codecs/glz_dictionary.hpp"
#include "display/image_planner.hpp"
#include "display/kept_pixels.hpp"
#include "display/refinement.hpp"
#include "display/screen.hpp"
#include "display/update_tracker.hpp"
#include "spice-core/report.hpp"

#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace spice::channels {

class DisplayChannel final : public Channel {
public:
    DisplayChannel(auth::LinkedStream link, Session& session, ClosedHandler on_closed);

    // session().screen has changed.
    void screen_updated(const display::ScreenUpdate& update);
    // The user has pressed something: what changes now is what he waits for.
    void input_came();

    // What was drawn, and at what cost.
    void add_to(ClientFigures& figures) const;

protected:
    void started() override {} // the client speaks first
    boost::asio::awaitable<Result<>> received(uint16_t type, Bytes body) override;
    void room() override { send_what_fits(); }
    void closing() override { still_.cancel(); }
    size_t max_message_size(uint16_t type) const override;

private:
    using Images = std::vector<display::PlannedImage>;

    Result<> handle(uint16_t type, Bytes body);
    Result<> handle_init(Bytes body);

    // Sends updates for as long as there is room, no encoding is under way and something is to be told.
    void send_what_fits();
    void create_surface();
    void send_monitors();
    void mark();
    void send_update();
    void send_refinement();
    void send_copies(const std::vector<Copy>& copies);
    void draw(display::ImagePlanner::Plan plan);
    display::ImagePlanner::Plan plan(const Region& changed, int64_t waiting, bool may_be_lossy);
    void encode_and_send(Images images);
    void encode_here(const Images& images);
    static boost::asio::awaitable<void> encode_elsewhere(std::shared_ptr<DisplayChannel> self, Images images,
                                                         std::vector<codecs::EncodeJob> jobs);
    // `own`: the image is this client's alone and has its place in its GLZ window.
    void send_image(const display::PlannedImage& planned, const codecs::SharedImage& image, bool own);
    SharedBytes stamped(const codecs::EncodedImage& image, const Rect& area);
    void send_cached(const Rect& area, uint64_t id);
    void send_evicted(std::span<const uint64_t> ids);
    void keep_covered();
    Region draw_uncovered(const Region& changed);
    void forget_covered();
    void end_update();
    void watch_stillness();
    display::LinkSpeed link_speed() const;
    int64_t update_pixels() const;
    Region urgent_part(const Region& changed) const;

    bool initialized_ = false; // the client's INIT has come
    bool created_ = false;     // the client has a surface
    bool marked_ = false;      // and shows it
    bool surface_due_ = false; // the client's surface is not the screen's
    bool monitors_due_ = false;
    bool encoding_ = false;                             // an update is with the encode pool
    std::shared_ptr<codecs::GlzDictionary> dictionary_; // of clients that know GLZ
    display::ImagePlanner planner_;
    display::UpdateTracker tracker_;
    display::Refinement refinement_;
    display::KeptPixels kept_;
    std::array<bool, display::CoveredPixels::kMemories>
        has_memory_{};                // whether the client has such a surface
    boost::asio::steady_timer still_; // runs while something in `refinement_` waits to be due
    bool still_runs_ = false;
    std::chrono::steady_clock::time_point interactive_until_{};
    int64_t update_pixels_ = 0; // of the images of the update under way
    int64_t update_bytes_ = 0;
    double bytes_per_pixel_; // of images lately
    ClientFigures figures_;  // only what add_to() tells
};

} // namespace spice::channels
