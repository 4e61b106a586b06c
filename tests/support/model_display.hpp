// A client of the display channel, reduced to its picture: does what the messages say, strictly. Whatever a
// stock client would refuse or draw wrongly is noted in `complaint`.
#pragma once

#include "base/byte_reader.hpp"
#include "spice-core/region.hpp"
#include "support/glz_decoder.hpp"
#include "support/image_decoders.hpp"

#include <spice/enums.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace spice::test {

class ModelDisplay {
public:
    std::string complaint;
    Size size; // 0x0: no surface
    Pixels pixels;
    bool marked = false;
    std::vector<Rect> heads;
    std::map<uint32_t, Pixels> surfaces; // by id, without the screen
    std::map<uint16_t, int> messages;    // by type
    std::map<uint8_t, int> images;       // by image type
    int64_t image_pixels = 0;
    int64_t surface_pixels = 0; // that were drawn from one surface on another
    int64_t bytes = 0;
    int64_t cache_budget = 0; // pixels, as told in the display INIT

    void handle(uint16_t type, Bytes body) {
        ++messages[type];
        bytes += static_cast<int64_t>(body.size());
        ByteReader in(body);
        switch (type) {
        case SPICE_MSG_DISPLAY_INVAL_ALL_PALETTES:
            break;
        case SPICE_MSG_DISPLAY_MARK:
            check(size.width > 0 && !marked, "MARK without a new surface");
            marked = true;
            break;
        case SPICE_MSG_DISPLAY_SURFACE_CREATE:
            create(in);
            break;
        case SPICE_MSG_DISPLAY_SURFACE_DESTROY:
            destroy(in.u32());
            break;
        case SPICE_MSG_DISPLAY_MONITORS_CONFIG:
            monitors(in);
            break;
        case SPICE_MSG_DISPLAY_COPY_BITS:
            copy_bits(in);
            break;
        case SPICE_MSG_DISPLAY_DRAW_FILL:
            draw_fill(in);
            break;
        case SPICE_MSG_DISPLAY_INVAL_LIST:
            inval_list(in);
            break;
        case SPICE_MSG_DISPLAY_DRAW_COPY:
            draw_copy(in, body);
            return;
        default:
            check(false, "message of unexpected type " + std::to_string(type));
            return;
        }
        check(in.ok() && in.at_end(), "wrong size of message " + std::to_string(type));
    }

private:
    void check(bool holds, const std::string& what) {
        if (!holds && complaint.empty()) {
            complaint = what;
        }
    }

    void create(ByteReader& in) {
        const uint32_t id = in.u32();
        const Size wanted{in.i32(), in.i32()};
        check(in.u32() == SPICE_SURFACE_FMT_32_xRGB, "surface format");
        const Pixels blank(static_cast<size_t>(wanted.width) * static_cast<size_t>(wanted.height),
                           0xffffffff);
        if (id != 0) {
            check(in.u32() == 0, "surface flags");
            check(wanted == size, "a surface that is not as large as the screen");
            check(surfaces.emplace(id, blank).second, "SURFACE_CREATE over a surface");
            return;
        }
        check(size.width == 0, "SURFACE_CREATE over the screen");
        check(in.u32() == SPICE_SURFACE_FLAGS_PRIMARY, "surface flags");
        size = wanted;
        pixels = blank;
    }

    void destroy(uint32_t id) {
        if (id != 0) {
            check(surfaces.erase(id) == 1, "SURFACE_DESTROY of no surface");
            return;
        }
        check(size.width > 0, "SURFACE_DESTROY of no screen");
        size = {};
        marked = false;
    }

    void monitors(ByteReader& in) {
        const size_t count = in.u16();
        check(count >= 1 && in.u16() >= count, "number of monitors");
        heads.clear();
        for (size_t i = 0; i < count; ++i) {
            in.u32();
            check(in.u32() == 0, "head's surface");
            const int width = in.i32();
            const int height = in.i32();
            const int x = in.i32();
            const int y = in.i32();
            check(in.u32() == 0, "head's flags");
            heads.push_back({x, y, x + width, y + height});
            check(inside(heads.back()), "head outside the surface");
        }
    }

    bool inside(const Rect& rect) const {
        return !rect.empty() && intersect(rect, {0, 0, size.width, size.height}) == rect;
    }

    Rect rect(ByteReader& in) {
        const int top = in.i32();
        const int left = in.i32();
        const int bottom = in.i32();
        return {left, top, in.i32(), bottom};
    }

    Rect base(ByteReader& in) {
        check(in.u32() == 0, "drawing on another surface");
        return box_of(in);
    }

    Rect box_of(ByteReader& in) {
        check(size.width > 0, "drawing on no surface");
        const Rect box = rect(in);
        check(inside(box), "box outside the surface");
        check(in.u8() == SPICE_CLIP_TYPE_NONE, "a clip, which spice-html5 ignores");
        return complaint.empty() ? box : Rect{};
    }

    void no_mask(ByteReader& in) {
        check(in.u8() == 0 && in.i32() == 0 && in.i32() == 0 && in.u32() == 0, "a mask");
    }

    uint32_t& at(int x, int y) {
        return pixels.at(static_cast<size_t>(y) * static_cast<size_t>(size.width) + static_cast<size_t>(x));
    }

    void copy_bits(ByteReader& in) {
        const Rect box = base(in);
        const int dx = box.x1 - in.i32();
        const int dy = box.y1 - in.i32();
        check(inside({box.x1 - dx, box.y1 - dy, box.x2 - dx, box.y2 - dy}), "source outside the surface");
        if (!complaint.empty()) {
            return;
        }
        const Pixels before = pixels;
        for (int y = box.y1; y < box.y2; ++y) {
            for (int x = box.x1; x < box.x2; ++x) {
                at(x, y) = before.at(static_cast<size_t>(y - dy) * static_cast<size_t>(size.width) +
                                     static_cast<size_t>(x - dx));
            }
        }
    }

    void draw_fill(ByteReader& in) {
        const Rect box = base(in);
        check(in.u8() == SPICE_BRUSH_TYPE_SOLID, "brush");
        const uint32_t colour = in.u32();
        check(in.u16() == SPICE_ROPD_OP_PUT, "rop");
        no_mask(in);
        for (int y = box.y1; y < box.y2; ++y) {
            for (int x = box.x1; x < box.x2; ++x) {
                at(x, y) = colour;
            }
        }
    }

    void inval_list(ByteReader& in) {
        for (size_t count = in.u16(); count > 0 && in.ok(); --count) {
            check(in.u8() == SPICE_RES_TYPE_PIXMAP, "type of a resource");
            const auto found = cache_.find(in.u64());
            if (found == cache_.end()) {
                check(false, "INVAL_LIST of what is not there");
                return;
            }
            cached_pixels_ -= static_cast<int64_t>(found->second.pixels.size());
            cache_.erase(found);
        }
    }

    void draw_copy(ByteReader& in, Bytes body) {
        const uint32_t target = in.u32();
        const Rect box = box_of(in);
        const auto width = static_cast<uint32_t>(box.width());
        const auto height = static_cast<uint32_t>(box.height());
        const size_t offset = in.u32();
        const Rect source = rect(in);
        check(in.u16() == SPICE_ROPD_OP_PUT, "rop");
        in.u8(); // scale mode
        no_mask(in);
        check(offset == body.size() - in.remaining(), "gap before the image");
        const uint64_t id = in.u64();
        codecs::EncodedImage encoded;
        encoded.type = in.u8();
        const uint8_t flags = in.u8();
        check(flags == 0 || flags == SPICE_IMAGE_FLAGS_CACHE_ME, "image flags");
        check(in.u32() == width && in.u32() == height, "image size");
        ++images[encoded.type];
        if (encoded.type == SPICE_IMAGE_TYPE_SURFACE) {
            check(source == box && flags == 0, "a part of a surface from another place");
            draw_surface(target, box, in.u32());
            check(in.ok() && in.at_end(), "SURFACE with something behind it");
            return;
        }
        check(target == 0, "an image on another surface");
        check(source == Rect{0, 0, box.width(), box.height()}, "scaling, which spice-html5 ignores");
        if (encoded.type == SPICE_IMAGE_TYPE_FROM_CACHE) {
            const auto found = cache_.find(id);
            check(flags == 0 && in.ok() && in.at_end(), "FROM_CACHE with something behind it");
            check(found != cache_.end() && found->second.width == width && found->second.height == height,
                  "FROM_CACHE of what is not there");
            if (complaint.empty()) {
                draw(box, found->second.pixels);
            }
            return;
        }
        const auto image = decoded(in, encoded, width, height);
        check(in.ok() && image.has_value(),
              "image of type " + std::to_string(encoded.type) + " cannot be decoded");
        if (!complaint.empty()) {
            return;
        }
        image_pixels += box.area();
        draw(box, *image);
        if (flags == SPICE_IMAGE_FLAGS_CACHE_ME) {
            check(encoded.type != SPICE_IMAGE_TYPE_JPEG, "a lossy image to keep");
            check(cache_.emplace(id, Cached{width, height, *image}).second, "CACHE_ME under an id in use");
            cached_pixels_ += box.area();
            check(cached_pixels_ <= cache_budget, "more to keep than the cache's size");
        }
    }

    Pixels* surface(uint32_t id) {
        const auto found = surfaces.find(id);
        check(id == 0 || found != surfaces.end(), "no such surface");
        return id == 0 ? &pixels : found != surfaces.end() ? &found->second : nullptr;
    }

    void draw_surface(uint32_t target_id, const Rect& box, uint32_t source_id) {
        Pixels* const target = surface(target_id);
        const Pixels* const source = surface(source_id);
        check(target != source, "a surface drawn on itself");
        if (!complaint.empty()) {
            return;
        }
        surface_pixels += box.area();
        for (int y = box.y1; y < box.y2; ++y) {
            const auto first =
                static_cast<size_t>(y) * static_cast<size_t>(size.width) + static_cast<size_t>(box.x1);
            std::memcpy(&target->at(first), &source->at(first),
                        static_cast<size_t>(box.width()) * sizeof(uint32_t));
        }
    }

    std::optional<Pixels> decoded(ByteReader& in, codecs::EncodedImage& encoded, uint32_t width,
                                  uint32_t height) {
        switch (encoded.type) {
        case SPICE_IMAGE_TYPE_BITMAP:
            check(in.u8() == SPICE_BITMAP_FMT_32BIT && in.u8() == SPICE_BITMAP_FLAGS_TOP_DOWN, "bitmap");
            check(in.u32() == width && in.u32() == height && in.u32() == width * 4, "bitmap size");
            check(in.u32() == 0, "palette");
            break;
        case SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB:
            encoded.inner_size = in.u32();
            [[fallthrough]];
        default:
            check(in.u32() == in.remaining(), "data size");
        }
        const Bytes data = in.bytes(in.remaining());
        if (encoded.type == SPICE_IMAGE_TYPE_GLZ_RGB || encoded.type == SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB) {
            const GlzImage* const image = glz_window_.decode(encoded.type, data, encoded.inner_size);
            return image != nullptr ? std::optional(image->from_top()) : std::nullopt;
        }
        encoded.data.assign(data.begin(), data.end());
        return decode_image(encoded, width, height);
    }

    void draw(const Rect& box, const Pixels& image) {
        const auto width = static_cast<size_t>(box.width());
        for (int y = box.y1; y < box.y2; ++y) {
            std::memcpy(&at(box.x1, y), &image[static_cast<size_t>(y - box.y1) * width],
                        width * sizeof(uint32_t));
        }
    }

    struct Cached {
        uint32_t width;
        uint32_t height;
        Pixels pixels;
    };
    std::map<uint64_t, Cached> cache_;
    int64_t cached_pixels_ = 0;
    GlzWindow glz_window_{uint64_t{1} << 24, 0};
};

} // namespace spice::test
