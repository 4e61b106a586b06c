// The display channel's images: encoded on this thread or by the pool, then sent in order.
#include "channels/display_channel.hpp"

#include "protocol/display_messages.hpp"

#include <spice/enums.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <utility>

namespace spice::channels {

namespace asio = boost::asio;

namespace {

// Images of fewer pixels together are encoded at once: that takes no longer than the way to another thread
// and back.
constexpr int64_t kInlinePixels = 32 * 1024;

// None: the dictionary has nothing to gain, or no memory.
codecs::SharedImage encode_own(codecs::GlzDictionary& dictionary, const codecs::ContentKey& key,
                               std::shared_ptr<const uint32_t[]> pixels, bool zlib) {
    try {
        auto image = dictionary.encode({std::move(pixels), key.width, key.height, true, zlib});
        return image ? std::make_shared<const codecs::EncodedImage>(std::move(*image)) : nullptr;
    } catch (const std::exception&) {
        return nullptr;
    }
}

ImageKind kind_of(uint8_t image_type) {
    switch (image_type) {
    case SPICE_IMAGE_TYPE_LZ_RGB:
    case SPICE_IMAGE_TYPE_LZ_PLT:
        return ImageKind::lz;
    case SPICE_IMAGE_TYPE_LZ4:
        return ImageKind::lz4;
    case SPICE_IMAGE_TYPE_GLZ_RGB:
        return ImageKind::glz;
    case SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB:
        return ImageKind::zlib_glz;
    case SPICE_IMAGE_TYPE_QUIC:
        return ImageKind::quic;
    case SPICE_IMAGE_TYPE_JPEG:
    case SPICE_IMAGE_TYPE_JPEG_ALPHA:
        return ImageKind::jpeg;
    case SPICE_IMAGE_TYPE_FROM_CACHE:
        return ImageKind::from_cache;
    default:
        return ImageKind::raw;
    }
}

} // namespace

void DisplayChannel::encode_and_send(Images images) {
    int64_t pixels = 0;
    for (const display::PlannedImage& image : images) {
        pixels += image.area.area();
    }
    // Those with a place in the client's GLZ window get it when they are encoded, and must arrive in that
    // order.
    std::ranges::stable_partition(images,
                                  [](const display::PlannedImage& image) { return image.choice.dictionary; });
    if (pixels <= kInlinePixels) {
        encode_here(images);
        end_update();
        return;
    }
    const display::Screen& screen = session().screen;
    std::vector<codecs::EncodeJob> jobs;
    jobs.reserve(images.size());
    for (const display::PlannedImage& image : images) {
        // A dictionary has its pixels without gaps, and for longer than a commit should last.
        display::Screen::StillPixels still =
            image.choice.dictionary
                ? display::Screen::StillPixels{screen.copy_of(image.area), image.key.width}
                : screen.still(image.area);
        jobs.push_back({image.choice.recipe, image.key, std::move(still.first), still.stride});
    }
    encoding_ = true;
    auto self = std::static_pointer_cast<DisplayChannel>(shared_from_this());
    asio::co_spawn(executor(), encode_elsewhere(std::move(self), std::move(images), std::move(jobs)),
                   asio::detached);
}

void DisplayChannel::encode_here(const Images& images) {
    codecs::EncodePool& pool = *session().encode_pool;
    for (const display::PlannedImage& image : images) {
        const codecs::ImageView view = session().screen.view(image.area);
        const codecs::SharedImage own =
            image.choice.dictionary
                ? encode_own(*dictionary_, image.key, session().screen.copy_of(image.area), image.choice.zlib)
                : nullptr;
        send_image(image, own ? own : pool.encode_here(image.choice.recipe, image.key, view), own != nullptr);
    }
}

asio::awaitable<void> DisplayChannel::encode_elsewhere(std::shared_ptr<DisplayChannel> self, Images images,
                                                       std::vector<codecs::EncodeJob> jobs) {
    try {
        if (self->closed()) {
            co_return;
        }
        codecs::EncodePool& pool = *self->session().encode_pool;
        // What the client's window serves, one after another; it is this client's alone.
        std::vector<codecs::SharedImage> own(static_cast<size_t>(std::ranges::count_if(
            images, [](const display::PlannedImage& image) { return image.choice.dictionary; })));
        if (!own.empty()) {
            // A variable: g++ 12 destroys a closure that is an argument of co_await twice.
            std::function<void()> work = [&own, &jobs, &images, dictionary = self->dictionary_] {
                for (size_t i = 0; i < own.size(); ++i) {
                    own[i] = encode_own(*dictionary, jobs[i].key, jobs[i].pixels, images[i].choice.zlib);
                }
            };
            co_await pool.run(self->executor(), std::move(work));
        }
        std::vector<codecs::EncodeJob> shared;
        for (size_t i = 0; i < jobs.size(); ++i) {
            if (i >= own.size() || !own[i]) {
                shared.push_back(std::move(jobs[i]));
            }
        }
        const std::vector<codecs::SharedImage> encoded =
            co_await pool.encode(self->executor(), std::move(shared));
        self->encoding_ = false;
        if (self->closed()) {
            co_return;
        }
        // Also for a surface that is about to go: what has a place in the client's window must come.
        auto next = encoded.begin();
        for (size_t i = 0; i < images.size(); ++i) {
            const bool mine = i < own.size() && own[i];
            self->send_image(images[i], mine ? own[i] : *next++, mine);
        }
        self->end_update();
        self->send_what_fits();
    } catch (const std::exception& error) {
        self->close("internal error while encoding");
    }
}

void DisplayChannel::send_image(const display::PlannedImage& planned, const codecs::SharedImage& image,
                                bool own) {
    const bool keep = planned.keep && !image->lossy;
    protocol::DrawCopy message{planned.area, 0, image->type, 0, image->data.size()};
    if (keep) {
        const auto id = planner_.cache().find(planned.key); // twice in one update
        if (id && !own) {
            send_cached(planned.area, *id);
            return;
        }
        if (const auto added = planner_.cache().add(planned.key)) {
            send_evicted(added->evicted);
            message.image_id = added->id;
            message.image_flags = SPICE_IMAGE_FLAGS_CACHE_ME;
        }
    }
    message.inner_size = image->inner_size;
    message.top_down = image->top_down;
    message.palette = image->palette;
    message.bitmap_format = codecs::bitmap_format(image->format);
    const bool glz = image->type == SPICE_IMAGE_TYPE_GLZ_RGB || image->type == SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB;
    send(protocol::DrawCopy::kType, message.head(),
         glz && !own ? stamped(*image, planned.area) : SharedBytes(image, &image->data));
    if (image->lossy) {
        refinement_.sent_lossy(planned.area);
    } else {
        refinement_.sent_exact(planned.area);
    }
    update_pixels_ += planned.area.area();
    update_bytes_ += static_cast<int64_t>(image->data.size());
    figures_.count_image(kind_of(image->type), image->data.size());
    figures_.encode_time += image->encode_time;
}

// The bytes of a shared GLZ image with a place in this client's window.
SharedBytes DisplayChannel::stamped(const codecs::EncodedImage& image, const Rect& area) {
    auto bytes = std::make_shared<std::vector<uint8_t>>(image.data);
    dictionary_->stamp(image.type, *bytes, image.inner_size, static_cast<uint64_t>(area.area()));
    return bytes;
}

void DisplayChannel::send_cached(const Rect& area, uint64_t id) {
    send(protocol::DrawCopy::kType, protocol::DrawCopy{area, id, SPICE_IMAGE_TYPE_FROM_CACHE}.head());
    refinement_.sent_exact(area);
    figures_.count_image(ImageKind::from_cache, 0);
}

void DisplayChannel::send_evicted(std::span<const uint64_t> ids) {
    if (!ids.empty()) {
        send(protocol::InvalList::kType, protocol::InvalList{ids}.body());
    }
}

void DisplayChannel::end_update() {
    if (update_pixels_ > 0) {
        const double now = static_cast<double>(update_bytes_) / static_cast<double>(update_pixels_);
        bytes_per_pixel_ = std::max(now, bytes_per_pixel_ + (now - bytes_per_pixel_) / 4);
    }
    if (!marked_ && !tracker_.incomplete()) {
        send_monitors();
        mark();
    }
    watch_stillness();
}

} // namespace spice::channels
