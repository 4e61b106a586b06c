#include "channels/display_channel.hpp"

#include "display/copy_order.hpp"
#include "protocol/display_messages.hpp"

#include <spice/enums.h>
#include <spice/protocol.h>

#include <algorithm>
#include <utility>

namespace spice::channels {

namespace asio = boost::asio;

namespace {

// One update's images: what a connection is busy with before the newest state gets its turn.
constexpr double kUpdateTime = 0.020; // s, where the link's speed can be told
constexpr double kMinUpdateBytes = 8 * 1024;
constexpr double kMaxUpdateBytes = 1024 * 1024;
constexpr int64_t kMinUpdatePixels = 16 * 1024;
constexpr int64_t kMaxUpdatePixels = 1024 * 1024;
// What was lossy becomes exact when it has not changed for one to two of these times, and in portions that
// keep nothing newer waiting for long.
constexpr std::chrono::milliseconds kStill{100};
constexpr int64_t kRefinePixels = 128 * 1024;

// Changes of this size, this soon after the user's input or this near to the pointer, go before others.
constexpr std::chrono::milliseconds kInteractive{200};
constexpr int64_t kInteractivePixels = 16 * 1024;
constexpr int kNearPointer = 64; // pixels

// Of a client's GLZ window we use so much: 4 MiB here, as much there.
constexpr uint64_t kMaxGlzWindow = 1024 * 1024; // pixels

// What a screen's content compresses to, until this client's own updates say worse: after a page of text a
// photograph may come.
constexpr double kFirstGuess = 0.25;

display::CodecPreferences preferences(const ServerConfig& config, bool has_lz4) {
    display::CodecPreferences preferences;
    preferences.configured = config.image_compression;
    preferences.jpeg = config.jpeg_wan_compression;
    preferences.zlib_glz = config.zlib_glz_wan_compression;
    preferences.has_lz4 = has_lz4;
    return preferences;
}

} // namespace

DisplayChannel::DisplayChannel(auth::LinkedStream link, Session& session, ClosedHandler on_closed)
    : Channel(std::move(link), session, std::move(on_closed)),
      planner_(preferences(session.config, has_cap(SPICE_DISPLAY_CAP_LZ4_COMPRESSION))), still_(executor()),
      bytes_per_pixel_(kFirstGuess) {}

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
            planner_.preferences().wanted = preferred->compression;
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
    planner_.set_cache_budget(init->pixmap_cache_size);
    if (init->glz_window > 0) {
        planner_.preferences().has_glz = true;
        dictionary_ = std::make_shared<codecs::GlzDictionary>(
            std::min<uint64_t>(static_cast<uint64_t>(init->glz_window), kMaxGlzWindow));
    }
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
        if (!tracker_.empty()) {
            ++figures_.updates_skipped; // what waited is merged with this
        }
        if (dictionary_) { // spice-html5, which has none, may know less of surfaces than it takes
            kept_.screen_updated(update.kept, tracker_.stale());
        }
        tracker_.add(update, urgent_part(update.changed));
        refinement_.changed(update.changed);
    }
    send_what_fits();
}

void DisplayChannel::input_came() {
    interactive_until_ = std::chrono::steady_clock::now() + kInteractive;
}

Region DisplayChannel::urgent_part(const Region& changed) const {
    const Point pointer = session().cursor.position;
    Region urgent = changed & Region(Rect{pointer.x - kNearPointer, pointer.y - kNearPointer,
                                          pointer.x + kNearPointer, pointer.y + kNearPointer});
    if (std::chrono::steady_clock::now() < interactive_until_) {
        std::vector<Rect> small;
        for (const Rect& rect : changed.rects()) {
            if (rect.area() <= kInteractivePixels) {
                small.push_back(rect);
            }
        }
        urgent |= Region(small);
    }
    return urgent;
}

void DisplayChannel::add_to(ClientFigures& figures) const {
    for (size_t kind = 0; kind < kImageKinds; ++kind) {
        figures.images[kind].count += figures_.images[kind].count;
        figures.images[kind].bytes += figures_.images[kind].bytes;
    }
    figures.fills += figures_.fills;
    figures.copies += figures_.copies;
    figures.updates_sent += figures_.updates_sent;
    figures.updates_skipped += figures_.updates_skipped;
    figures.encode_time += figures_.encode_time;
    figures.lossy_pixels += static_cast<uint64_t>(refinement_.pixels());
    const LinkSummary way = link();
    figures.round_trip = way.round_trip;
    if (way.bytes_per_second) {
        figures.link_bytes_per_second = static_cast<uint64_t>(*way.bytes_per_second);
    }
}

void DisplayChannel::send_what_fits() {
    while (!encoding_ && has_room()) {
        if (surface_due_) {
            create_surface();
        } else if (monitors_due_ && marked_) {
            send_monitors();
        } else if (created_ && !tracker_.empty()) {
            send_update();
        } else if (marked_ && !refinement_.due().empty()) {
            send_refinement();
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
    refinement_.clear();
    forget_covered();
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
    keep_covered();
    const PendingUpdate::Taken taken = tracker_.take(update_pixels());
    ++figures_.updates_sent;
    send_copies(taken.copies);
    const Region uncovered = draw_uncovered(taken.changed | tracker_.changed());
    tracker_.told(uncovered);
    const Region changed = taken.changed - uncovered;
    display::ImagePlanner::Plan next = plan(changed, changed.area() + tracker_.changed().area(), true);
    tracker_.told(next.covered);
    draw(std::move(next));
}

// Exact pixels for a part of what was sent lossy.
void DisplayChannel::send_refinement() {
    keep_covered();
    draw(plan(refinement_.next(std::min(kRefinePixels, update_pixels())), 0, false));
}

display::ImagePlanner::Plan DisplayChannel::plan(const Region& changed, int64_t waiting, bool may_be_lossy) {
    planner_.preferences().alone = session().clients <= 1;
    return planner_.plan(changed, session().screen, waiting, link_speed(), may_be_lossy);
}

void DisplayChannel::send_copies(const std::vector<Copy>& copies) {
    for (const Copy& copy : copies) {
        for (const Rect& box : display::copy_order(copy)) {
            const protocol::CopyBits message{box, {box.x1 - copy.dx, box.y1 - copy.dy}};
            send(protocol::CopyBits::kType, message.body());
            ++figures_.copies;
        }
        refinement_.sent_copy(copy);
    }
}

void DisplayChannel::draw(display::ImagePlanner::Plan plan) {
    update_pixels_ = 0;
    update_bytes_ = 0;
    for (const display::Fill& fill : plan.fills) {
        send(protocol::DrawFill::kType, protocol::DrawFill{fill.area, fill.colour}.body());
        refinement_.sent_exact(fill.area);
        ++figures_.fills;
    }
    std::erase_if(plan.images, [this](const display::PlannedImage& image) {
        if (image.cached) {
            send_cached(image.area, *image.cached);
        }
        return image.cached.has_value();
    });
    encode_and_send(std::move(plan.images));
}

void DisplayChannel::watch_stillness() {
    if (still_runs_ || !refinement_.waits() || closed()) {
        return;
    }
    still_runs_ = true;
    still_.expires_after(kStill);
    still_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = std::static_pointer_cast<DisplayChannel>(weak.lock());
        if (error || !self || self->closed()) {
            return;
        }
        self->still_runs_ = false;
        self->refinement_.grow_older();
        self->send_what_fits();
        self->watch_stillness();
    });
}

display::LinkSpeed DisplayChannel::link_speed() const {
    return link().bytes_per_second;
}

int64_t DisplayChannel::update_pixels() const {
    const display::LinkSpeed likely = link().likely_bytes_per_second;
    const double bytes =
        likely ? std::clamp(*likely * kUpdateTime, kMinUpdateBytes, kMaxUpdateBytes) : kMaxUpdateBytes / 4;
    const double pixels = bytes / std::max(bytes_per_pixel_, kFirstGuess);
    return std::clamp(static_cast<int64_t>(pixels), kMinUpdatePixels, kMaxUpdatePixels);
}

} // namespace spice::channels
