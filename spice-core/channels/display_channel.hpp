// The display channel of one client: brings the client's picture to the screen's, newest state first.
//
// The client's INIT opens it. Then the surface is created and told piece by piece: one update at a time is
// encoded and queued, each only when the connection has room for it; everything that happens meanwhile merges
// in the UpdateTracker. So a slow client costs a bounded amount of memory and skips states instead of showing
// old ones. Core thread; see Channel.
#pragma once

#include "channels/channel.hpp"
#include "codecs/encode_pool.hpp"
#include "display/codec_policy.hpp"
#include "display/screen.hpp"
#include "display/update_planner.hpp"
#include "display/update_tracker.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace spice::channels {

class DisplayChannel final : public Channel {
public:
    DisplayChannel(auth::LinkedStream link, Session& session, ClosedHandler on_closed);

    // session().screen has changed.
    void screen_updated(const display::ScreenUpdate& update);

protected:
    void started() override {} // the client speaks first
    boost::asio::awaitable<Result<>> received(uint16_t type, Bytes body) override;
    void room() override { send_what_fits(); }
    size_t max_message_size(uint16_t type) const override;

private:
    Result<> handle(uint16_t type, Bytes body);
    Result<> handle_init(Bytes body);

    // Sends updates for as long as there is room, no encoding is under way and something is to be told.
    void send_what_fits();
    void create_surface();
    void send_monitors();
    void mark();
    void send_update();
    void send_copies(const std::vector<Copy>& copies);
    void send_images(const std::vector<Rect>& areas);
    void send_image(const Rect& area, const codecs::EncodedImage& image);
    static boost::asio::awaitable<void> encode_elsewhere(std::shared_ptr<DisplayChannel> self,
                                                         std::vector<Rect> areas,
                                                         std::vector<codecs::EncodeJob> jobs);
    void end_update();
    int64_t update_pixels() const;
    const codecs::ImageCodec* codec() const;

    bool initialized_ = false; // the client's INIT has come
    bool created_ = false;     // the client has a surface
    bool marked_ = false;      // and shows it
    bool surface_due_ = false; // the client's surface is not the screen's
    bool monitors_due_ = false;
    bool encoding_ = false; // an update is with the encode pool
    display::CodecPreferences preferences_;
    display::UpdateTracker tracker_;
    uint64_t last_image_id_ = 0;
    int64_t update_pixels_ = 0; // of the images of the update under way
    int64_t update_bytes_ = 0;
    double bytes_per_pixel_; // of images lately
};

} // namespace spice::channels
