#include "channels/display_channel.hpp"

#include "display/copy_order.hpp"
#include "protocol/display_messages.hpp"

#include <spice/enums.h>
#include <spice/protocol.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace spice::channels {

namespace asio = boost::asio;

namespace {

// One update's images, about: what a slow connection is busy with before the newest state gets its turn.
constexpr int64_t kUpdateBytes = 256 * 1024;
constexpr int64_t kMinUpdatePixels = 64 * 1024;
constexpr int64_t kMaxUpdatePixels = 4 * 1024 * 1024;
// Images of fewer pixels together are encoded at once: that takes no longer than the way to another thread
// and back.
constexpr int64_t kInlinePixels = 32 * 1024;

// What a screen's content compresses to, until this client's own updates say better.
constexpr double kFirstGuess = 0.5;

uint32_t width(const Rect& area) {
    return static_cast<uint32_t>(area.width());
}

uint32_t height(const Rect& area) {
    return static_cast<uint32_t>(area.height());
}

// The screen's pixels in `area`, which later commits overwrite.
codecs::ImageView view(const display::Screen& screen, const Rect& area) {
    const size_t offset = static_cast<size_t>(area.y1) * screen.stride() + static_cast<size_t>(area.x1);
    return codecs::xrgb_view(&screen.pixels()[offset], screen.stride(), width(area), height(area));
}

std::shared_ptr<const uint32_t[]> snapshot(const codecs::ImageView& image) {
    std::shared_ptr<uint32_t[]> pixels =
        std::make_shared_for_overwrite<uint32_t[]>(size_t{image.width} * image.height);
    for (uint32_t y = 0; y < image.height; ++y) {
        std::memcpy(pixels.get() + size_t{y} * image.width, image.row(y), image.row_size());
    }
    return pixels;
}

} // namespace

DisplayChannel::DisplayChannel(auth::LinkedStream link, Session& session, ClosedHandler on_closed)
    : Channel(std::move(link), session, std::move(on_closed)), bytes_per_pixel_(kFirstGuess) {
    preferences_.configured = session.config.image_compression;
    preferences_.has_lz4 = has_cap(SPICE_DISPLAY_CAP_LZ4_COMPRESSION);
}

size_t DisplayChannel::max_message_size(uint16_t type) const {
    return protocol::max_display_message(type);
}

// --- from the client ---

asio::awaitable<Result<>> DisplayChannel::received(uint16_t type, Bytes body) {
    co_return handle(type, body);
}

Result<> DisplayChannel::handle(uint16_t type, Bytes body) {
    switch (type) {
    case SPICE_MSGC_DISPLAY_INIT:
        return handle_init(body);
    case SPICE_MSGC_DISPLAY_STREAM_REPORT: {
        const auto report = protocol::StreamReport::parse(body);
        if (!report) {
            return report.error();
        }
        if (!initialized_) {
            return Error{"stream report before init"};
        }
        return {}; // of a stream that has ended: reports and our STREAM_DESTROY pass each other
    }
    case SPICE_MSGC_DISPLAY_PREFERRED_COMPRESSION: {
        const auto preferred = protocol::PreferredCompression::parse(body);
        if (!preferred) {
            return preferred.error();
        }
        if (preferred->known()) {
            preferences_.wanted = preferred->compression;
        }
        return {};
    }
    case SPICE_MSGC_DISPLAY_PREFERRED_VIDEO_CODEC_TYPE: {
        const auto preferred = protocol::PreferredVideoCodecs::parse(body);
        if (!preferred) {
            return preferred.error();
        }
        return {}; // nothing is sent as video
    }
    case SPICE_MSGC_DISPLAY_GL_DRAW_DONE:
        return Error{"gl draw done without a gl draw"};
    default:
        return Error{"unknown display message"};
    }
}

Result<> DisplayChannel::handle_init(Bytes body) {
    const auto init = protocol::DisplayInit::parse(body);
    if (!init) {
        return init.error();
    }
    if (initialized_) {
        return Error{"second display init"};
    }
    initialized_ = true;
    send(SPICE_MSG_DISPLAY_INVAL_ALL_PALETTES, {});
    surface_due_ = session().screen.surface().has_value();
    send_what_fits();
    return {};
}

// --- to the client ---

void DisplayChannel::screen_updated(const display::ScreenUpdate& update) {
    if (!initialized_) {
        return; // everything is due when the client's INIT comes
    }
    monitors_due_ = monitors_due_ || update.monitors_changed;
    if (update.surface_changed || (!created_ && !surface_due_)) {
        surface_due_ = session().screen.surface().has_value();
    } else if (!surface_due_) {
        tracker_.add(update);
    }
    send_what_fits();
}

void DisplayChannel::send_what_fits() {
    while (!encoding_ && has_room()) {
        if (surface_due_) {
            create_surface();
        } else if (monitors_due_ && marked_) {
            send_monitors();
        } else if (created_ && !tracker_.empty()) {
            send_update();
        } else {
            return;
        }
    }
}

void DisplayChannel::create_surface() {
    const Surface& surface = *session().screen.surface();
    const bool resized = std::exchange(created_, true);
    surface_due_ = false;
    monitors_due_ = true;
    tracker_.reset(surface.size);
    if (resized) {
        send(protocol::SurfaceDestroy::kType, protocol::SurfaceDestroy{surface.id}.body());
    }
    send(protocol::SurfaceCreate::kType, protocol::SurfaceCreate{surface.id, surface.size}.body());
    // The first picture is shown when it is whole. A client that shows one already goes on showing: every
    // new primary surface needs a MARK of its own.
    marked_ = false;
    if (resized) {
        mark();
    }
}

void DisplayChannel::mark() {
    marked_ = true;
    send(SPICE_MSG_DISPLAY_MARK, {});
}

void DisplayChannel::send_monitors() {
    monitors_due_ = false;
    if (!has_cap(SPICE_DISPLAY_CAP_MONITORS_CONFIG)) {
        return;
    }
    const Size size = session().screen.surface()->size;
    const Rect whole{0, 0, size.width, size.height};
    const MonitorsConfig& monitors = session().screen.monitors();
    protocol::DisplayMonitorsConfig message;
    for (const Head& head : monitors.heads) {
        const Rect area = intersect(head.area, whole);
        if (!area.empty()) {
            message.heads.push_back({head.id, area});
        }
    }
    if (message.heads.empty()) {
        message.heads.push_back({0, whole});
    }
    const auto count = static_cast<uint32_t>(message.heads.size());
    message.max_allowed = static_cast<uint16_t>(std::max(count, monitors.max_heads));
    send(protocol::DisplayMonitorsConfig::kType, message.body());
}

// The screen's pixels are those of this very moment: what is taken from the tracker and what is sent or put
// aside for the encoders must belong together.
void DisplayChannel::send_update() {
    update_pixels_ = 0;
    update_bytes_ = 0;
    const PendingUpdate::Taken taken = tracker_.take(update_pixels());
    send_copies(taken.copies);
    const display::UpdatePlan plan = display::plan_update(taken.changed, session().screen);
    for (const display::Fill& fill : plan.fills) {
        send(protocol::DrawFill::kType, protocol::DrawFill{fill.area, fill.colour}.body());
    }
    send_images(plan.images);
}

void DisplayChannel::send_copies(const std::vector<Copy>& copies) {
    for (const Copy& copy : copies) {
        for (const Rect& box : display::copy_order(copy)) {
            const protocol::CopyBits message{box, {box.x1 - copy.dx, box.y1 - copy.dy}};
            send(protocol::CopyBits::kType, message.body());
        }
    }
}

void DisplayChannel::send_images(const std::vector<Rect>& areas) {
    int64_t pixels = 0;
    for (const Rect& area : areas) {
        pixels += area.area();
    }
    const display::Screen& screen = session().screen;
    if (pixels <= kInlinePixels || session().encode_pool == nullptr) {
        for (const Rect& area : areas) {
            send_image(area, codecs::encode_image(codec(), view(screen, area)));
        }
        end_update();
        return;
    }
    std::vector<codecs::EncodeJob> jobs;
    jobs.reserve(areas.size());
    for (const Rect& area : areas) {
        jobs.push_back({codec(), snapshot(view(screen, area)), width(area), height(area)});
    }
    encoding_ = true;
    auto self = std::static_pointer_cast<DisplayChannel>(shared_from_this());
    asio::co_spawn(executor(), encode_elsewhere(std::move(self), areas, std::move(jobs)), asio::detached);
}

asio::awaitable<void> DisplayChannel::encode_elsewhere(std::shared_ptr<DisplayChannel> self,
                                                       std::vector<Rect> areas,
                                                       std::vector<codecs::EncodeJob> jobs) {
    try {
        if (self->closed()) {
            co_return;
        }
        codecs::EncodePool& pool = *self->session().encode_pool;
        const std::vector<codecs::EncodedImage> images =
            co_await pool.encode(self->executor(), std::move(jobs));
        self->encoding_ = false;
        if (self->closed()) {
            co_return;
        }
        // For a surface that is about to go, nobody needs them.
        if (!self->surface_due_) {
            for (size_t i = 0; i < images.size(); ++i) {
                self->send_image(areas[i], images[i]);
            }
            self->end_update();
        }
        self->send_what_fits();
    } catch (const std::exception& error) {
        self->close("internal error while encoding");
    }
}

void DisplayChannel::send_image(const Rect& area, const codecs::EncodedImage& image) {
    const protocol::DrawCopy message{area, ++last_image_id_, image.type, image.data};
    update_pixels_ += area.area();
    update_bytes_ += static_cast<int64_t>(image.data.size());
    send(protocol::DrawCopy::kType, message.body());
}

void DisplayChannel::end_update() {
    if (update_pixels_ > 0) {
        const double now = static_cast<double>(update_bytes_) / static_cast<double>(update_pixels_);
        bytes_per_pixel_ += (now - bytes_per_pixel_) / 4;
    }
    if (!marked_ && !tracker_.incomplete()) {
        send_monitors();
        mark();
    }
}

int64_t DisplayChannel::update_pixels() const {
    const double pixels = static_cast<double>(kUpdateBytes) / std::max(bytes_per_pixel_, 0.01);
    return std::clamp(static_cast<int64_t>(pixels), kMinUpdatePixels, kMaxUpdatePixels);
}

const codecs::ImageCodec* DisplayChannel::codec() const {
    return codecs::codec(display::choose_codec(preferences_));
}

} // namespace spice::channels
