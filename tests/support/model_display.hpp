// A client of the display channel, reduced to its picture: does what the messages say, strictly. Whatever a
// stock client would refuse or draw wrongly is noted in `complaint`.
#pragma once

#include "base/byte_reader.hpp"
#include "spice-core/region.hpp"
#include "support/image_decoders.hpp"

#include <spice/enums.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
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
    std::map<uint16_t, int> messages; // by type
    std::map<uint8_t, int> images;    // by image type
    int64_t image_pixels = 0;
    int64_t bytes = 0;

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
            check(in.u32() == 0 && size.width > 0, "SURFACE_DESTROY of no surface");
            size = {};
            marked = false;
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
        check(size.width == 0, "SURFACE_CREATE over a surface");
        check(in.u32() == 0, "surface id");
        size.width = in.i32();
        size.height = in.i32();
        check(in.u32() == SPICE_SURFACE_FMT_32_xRGB, "surface format");
        check(in.u32() == SPICE_SURFACE_FLAGS_PRIMARY, "surface flags");
        pixels.assign(static_cast<size_t>(size.width) * static_cast<size_t>(size.height), 0xffffffff);
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
        check(size.width > 0, "drawing on no surface");
        check(in.u32() == 0, "drawing on another surface");
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

    void draw_copy(ByteReader& in, Bytes body) {
        const Rect box = base(in);
        const auto width = static_cast<uint32_t>(box.width());
        const auto height = static_cast<uint32_t>(box.height());
        const size_t offset = in.u32();
        check(rect(in) == Rect{0, 0, box.width(), box.height()}, "scaling, which spice-html5 ignores");
        check(in.u16() == SPICE_ROPD_OP_PUT, "rop");
        in.u8(); // scale mode
        no_mask(in);
        check(offset == body.size() - in.remaining(), "gap before the image");
        in.u64(); // id
        const uint8_t type = in.u8();
        check(in.u8() == 0, "image flags");
        check(in.u32() == width && in.u32() == height, "image size");
        if (type == SPICE_IMAGE_TYPE_BITMAP) {
            check(in.u8() == SPICE_BITMAP_FMT_32BIT && in.u8() == SPICE_BITMAP_FLAGS_TOP_DOWN, "bitmap");
            check(in.u32() == width && in.u32() == height && in.u32() == width * 4, "bitmap size");
            check(in.u32() == 0, "palette");
        } else {
            check(in.u32() == in.remaining(), "data size");
        }
        const auto image = decode_image(type, in.bytes(in.remaining()), width, height);
        check(in.ok() && image.has_value(), "image cannot be decoded");
        if (!complaint.empty()) {
            return;
        }
        ++images[type];
        image_pixels += box.area();
        for (uint32_t y = 0; y < height; ++y) {
            std::memcpy(&at(box.x1, box.y1 + static_cast<int>(y)), &(*image)[size_t{y} * width],
                        width * sizeof(uint32_t));
        }
    }
};

} // namespace spice::test
