// Pictures beside one another on one surface: the messages that draw them, and what a client is to show then.
#pragma once

#include "base/byte_writer.hpp"
#include "channels/outbox.hpp"
#include "codecs/image_codec.hpp"
#include "protocol/display_messages.hpp"
#include "support/test_images.hpp"

#include <spice/enums.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace spice::test {

struct GalleryMessage {
    uint16_t type = 0;
    std::vector<uint8_t> head;
    channels::SharedBytes data = nullptr;
};

struct GalleryTile {
    std::string name;
    Rect area;
    uint8_t type = 0; // SPICE_IMAGE_TYPE_*
    bool lossy = false;
    size_t messages = 0; // up to and with its own
    std::vector<uint32_t> shown;
};

// DRAW_ALPHA_BLEND from the DRAW_COPY of an image without a palette, whose head it shares but for what is
// between the box and the image: flags 1, alpha of all 1, offset of the image 4, source area 16.
inline std::vector<uint8_t> alpha_blend_head(const std::vector<uint8_t>& copy) {
    constexpr ptrdiff_t kBase = 21;
    constexpr ptrdiff_t kSourceArea = 25;
    constexpr ptrdiff_t kSourceAreaEnd = 41;
    constexpr ptrdiff_t kCopy = 57;
    ByteWriter middle;
    middle.u8(SPICE_ALPHA_FLAGS_SRC_SURFACE_HAS_ALPHA).u8(255).u32(43);
    std::vector<uint8_t> head(copy.begin(), copy.begin() + kBase);
    const std::vector<uint8_t> fields = middle.take();
    head.insert(head.end(), fields.begin(), fields.end());
    head.insert(head.end(), copy.begin() + kSourceArea, copy.begin() + kSourceAreaEnd);
    head.insert(head.end(), copy.begin() + kCopy, copy.end());
    return head;
}

// Puts tiles beside and below one another, and makes the messages that draw them.
class Gallery {
public:
    static constexpr int32_t kWidth = 1920;
    static constexpr uint32_t kBackground = 0xff00ff;

    void add(const std::string& name, const codecs::EncodedImage& image, const FormattedImage& picture) {
        draw(name, image, picture.view(), picture.shown(), 0, 0);
    }
    // Also keeps it in the client's cache.
    void add_cached(const std::string& name, const codecs::EncodedImage& image, const FormattedImage& picture,
                    uint64_t id) {
        draw(name, image, picture.view(), picture.shown(), id, SPICE_IMAGE_FLAGS_CACHE_ME);
    }
    void add_from_cache(const std::string& name, const FormattedImage& picture, uint64_t id, bool lossy) {
        codecs::EncodedImage nothing{SPICE_IMAGE_TYPE_FROM_CACHE};
        nothing.lossy = lossy;
        draw(name, nothing, picture.view(), picture.shown(), id, 0);
    }
    void forget(uint64_t id) {
        messages_.push_back(
            {protocol::InvalList::kType, protocol::InvalList{std::span<const uint64_t>(&id, 1)}.body()});
    }
    // Blended with white, the colours tell the alpha: each is its own plus 255 less alpha, at most 255.
    void add_over_white(const std::string& name, const codecs::EncodedImage& image,
                        const FormattedImage& picture) {
        std::vector<uint32_t> shown;
        for (const uint32_t pixel : picture.shown()) {
            const uint32_t rest = 255 - (pixel >> 24);
            const auto part = [&](unsigned shift) {
                return std::min(255u, (pixel >> shift & 0xff) + rest) << shift;
            };
            shown.push_back(part(16) | part(8) | part(0));
        }
        const Rect area = place(picture.view().width, picture.view().height);
        messages_.push_back({protocol::DrawFill::kType, protocol::DrawFill{area, 0xffffff}.body()});
        tiles_.push_back({name, area, image.type, image.lossy, messages_.size() + 1, std::move(shown)});
        messages_.push_back({SPICE_MSG_DISPLAY_DRAW_ALPHA_BLEND,
                             alpha_blend_head(copy_of(image, area, 0, 0).head()), shared(image)});
    }

    // The ids of GLZ images follow one another through the session.
    uint64_t next_glz_id() { return glz_id_++; }

    Size size() const { return {kWidth, top_ + row_height_}; }
    const std::vector<GalleryMessage>& messages() const { return messages_; }
    // path.json (the picture's size; of each tile its name, place, image type, whether it is lossy,
    // and how many messages draw it and those before it) and path.raw
    // (0x00rrggbb, little endian, row by row).
    void write_expected(const std::string& path) const;

private:
    Rect place(uint32_t image_width, uint32_t image_height) {
        const auto width = static_cast<int32_t>(image_width);
        const auto height = static_cast<int32_t>(image_height);
        if (left_ + width > kWidth) {
            left_ = 0;
            top_ += std::exchange(row_height_, 0);
        }
        const Rect area{left_, top_, left_ + width, top_ + height};
        left_ += width + 1; // a gap, to show what draws beyond its tile
        row_height_ = std::max(row_height_, height + 1);
        return area;
    }
    static protocol::DrawCopy copy_of(const codecs::EncodedImage& image, const Rect& area, uint64_t id,
                                      uint8_t flags) {
        protocol::DrawCopy copy{area, id, image.type, flags, image.data.size()};
        copy.inner_size = image.inner_size;
        copy.bitmap_format = codecs::bitmap_format(image.format);
        copy.top_down = image.top_down;
        copy.palette = image.palette;
        return copy;
    }
    static channels::SharedBytes shared(const codecs::EncodedImage& image) {
        return std::make_shared<const std::vector<uint8_t>>(image.data);
    }
    void draw(const std::string& name, const codecs::EncodedImage& image, const codecs::ImageView& view,
              const std::vector<uint32_t>& shown, uint64_t id, uint8_t flags) {
        const Rect area = place(view.width, view.height);
        tiles_.push_back({name, area, image.type, image.lossy, messages_.size() + 1, shown});
        messages_.push_back(
            {protocol::DrawCopy::kType, copy_of(image, area, id, flags).head(), shared(image)});
    }

    int32_t left_ = 0;
    int32_t top_ = 0;
    int32_t row_height_ = 0;
    uint64_t glz_id_ = 0;
    std::vector<GalleryTile> tiles_;
    std::vector<GalleryMessage> messages_;
};

inline void Gallery::write_expected(const std::string& path) const {
    std::vector<uint32_t> canvas(static_cast<size_t>(size().width) * static_cast<size_t>(size().height),
                                 kBackground);
    std::ofstream json(path + ".json");
    json << "{\"width\": " << size().width << ", \"height\": " << size().height << ", \"tiles\": [";
    const char* comma = "\n";
    for (const GalleryTile& tile : tiles_) {
        json << std::exchange(comma, ",\n") << "{\"name\": \"" << tile.name << "\", \"x\": " << tile.area.x1
             << ", \"y\": " << tile.area.y1 << ", \"width\": " << tile.area.width()
             << ", \"height\": " << tile.area.height() << ", \"type\": " << int{tile.type}
             << ", \"messages\": " << tile.messages << ", \"lossy\": " << (tile.lossy ? "true" : "false")
             << "}";
        size_t from = 0;
        for (int32_t y = tile.area.y1; y < tile.area.y2; ++y) {
            for (int32_t x = tile.area.x1; x < tile.area.x2; ++x) {
                canvas[static_cast<size_t>(y) * kWidth + static_cast<size_t>(x)] =
                    tile.shown[from++] & 0xffffff;
            }
        }
    }
    json << "\n]}\n";
    std::ofstream raw(path + ".raw", std::ios::binary);
    raw.write(reinterpret_cast<const char*>(canvas.data()),
              static_cast<std::streamsize>(canvas.size() * sizeof(uint32_t)));
    if (!json.flush() || !raw.flush()) {
        throw std::runtime_error("cannot write " + path);
    }
}

} // namespace spice::test
