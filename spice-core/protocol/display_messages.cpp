#include "protocol/display_messages.hpp"

#include "base/byte_writer.hpp"
#include "protocol/parse.hpp"

#include <algorithm>
#include <cassert>

namespace spice::protocol {

namespace {

constexpr uint32_t kNone = 0;          // pointer
constexpr uint32_t kDrawCopySize = 57; // without what it points to
constexpr size_t kPaletteHead = 10;
constexpr size_t kMaxImageHead = 18 + 18;

void put_rect(ByteWriter& out, const Rect& rect) {
    out.i32(rect.y1).i32(rect.x1).i32(rect.y2).i32(rect.x2);
}

// struct DisplayBase, 21 bytes.
void put_base(ByteWriter& out, const Rect& box, uint32_t surface = kScreen) {
    out.u32(surface);
    put_rect(out, box);
    out.u8(SPICE_CLIP_TYPE_NONE);
}

// struct QMask without a bitmap, 13 bytes.
void put_no_mask(ByteWriter& out) {
    out.u8(0).i32(0).i32(0).u32(kNone);
}

// struct Copy, 36 bytes: without the image.
void put_copy(ByteWriter& out, uint32_t image_offset, const Rect& source) {
    out.u32(image_offset);
    put_rect(out, source);
    out.u16(SPICE_ROPD_OP_PUT).u8(SPICE_IMAGE_SCALE_MODE_INTERPOLATE);
    put_no_mask(out);
}

} // namespace

std::vector<uint8_t> SurfaceCreate::body() const {
    ByteWriter out;
    out.u32(id).u32(static_cast<uint32_t>(size.width)).u32(static_cast<uint32_t>(size.height));
    out.u32(SPICE_SURFACE_FMT_32_xRGB).u32(id == kScreen ? SPICE_SURFACE_FLAGS_PRIMARY : 0);
    return out.take();
}

std::vector<uint8_t> SurfaceDestroy::body() const {
    return ByteWriter().u32(id).take();
}

std::vector<uint8_t> DisplayMonitorsConfig::body() const {
    assert(!heads.empty() && heads.size() <= max_allowed);
    ByteWriter out;
    out.u16(static_cast<uint16_t>(heads.size())).u16(max_allowed);
    for (const Head& head : heads) {
        out.u32(head.id).u32(kScreen);
        out.i32(head.area.width()).i32(head.area.height());
        out.i32(head.area.x1).i32(head.area.y1);
        out.u32(0);
    }
    return out.take();
}

std::vector<uint8_t> CopyBits::body() const {
    ByteWriter out;
    put_base(out, box);
    out.i32(source.x).i32(source.y);
    return out.take();
}

std::vector<uint8_t> DrawFill::body() const {
    ByteWriter out;
    put_base(out, box);
    out.u8(SPICE_BRUSH_TYPE_SOLID).u32(colour).u16(SPICE_ROPD_OP_PUT);
    put_no_mask(out);
    return out.take();
}

std::vector<uint8_t> DrawCopy::head() const {
    const auto size = static_cast<uint32_t>(data_size);
    const size_t palette_size = palette.empty() ? 0 : kPaletteHead + palette.size() * sizeof(uint32_t);
    const auto image_offset = static_cast<uint32_t>(kDrawCopySize + palette_size);
    const uint32_t palette_offset = palette.empty() ? kNone : kDrawCopySize;
    ByteWriter out;
    out.reserve(image_offset + kMaxImageHead);
    put_base(out, box);
    put_copy(out, image_offset, {0, 0, box.width(), box.height()});
    assert(out.size() == kDrawCopySize);
    if (!palette.empty()) {
        out.u64(0).u16(static_cast<uint16_t>(palette.size()));
        for (const uint32_t colour : palette) {
            out.u32(colour);
        }
    }
    out.u64(image_id).u8(image_type).u8(image_flags).i32(box.width()).i32(box.height());
    switch (image_type) {
    case SPICE_IMAGE_TYPE_BITMAP:
        out.u8(bitmap_format).u8(top_down ? SPICE_BITMAP_FLAGS_TOP_DOWN : 0);
        out.i32(box.width()).i32(box.height()).u32(size / static_cast<uint32_t>(box.height()));
        out.u32(palette_offset);
        break;
    case SPICE_IMAGE_TYPE_LZ_PLT:
        out.u8(0).u32(size).u32(palette_offset);
        break;
    case SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB:
        out.u32(inner_size).u32(size);
        break;
    case SPICE_IMAGE_TYPE_JPEG_ALPHA:
        out.u8(top_down ? SPICE_JPEG_ALPHA_FLAGS_TOP_DOWN : 0).u32(inner_size).u32(size);
        break;
    case SPICE_IMAGE_TYPE_FROM_CACHE:
        break;
    default:
        out.u32(size);
        break;
    }
    return out.take();
}

std::vector<uint8_t> DrawSurface::body() const {
    assert(surface != source);
    ByteWriter out;
    put_base(out, box, surface);
    put_copy(out, kDrawCopySize, box);
    out.u64(0).u8(SPICE_IMAGE_TYPE_SURFACE).u8(0).i32(box.width()).i32(box.height()).u32(source);
    return out.take();
}

std::vector<uint8_t> InvalList::body() const {
    assert(images.size() <= kMaxImages);
    ByteWriter out;
    out.reserve(2 + images.size() * 9);
    out.u16(static_cast<uint16_t>(images.size()));
    for (const uint64_t id : images) {
        out.u8(SPICE_RES_TYPE_PIXMAP).u64(id);
    }
    return out.take();
}

Result<DisplayInit> DisplayInit::parse(Bytes body) {
    ByteReader in(body);
    DisplayInit init;
    init.pixmap_cache_id = in.u8();
    init.pixmap_cache_size = std::clamp<int64_t>(static_cast<int64_t>(in.u64()), 0, kMaxPixmapCache);
    init.glz_dictionary_id = in.u8();
    init.glz_window = std::clamp(in.i32(), 0, kMaxGlzWindow);
    return complete(in, init, "display init: shorter than 14 bytes");
}

Result<StreamReport> StreamReport::parse(Bytes body) {
    ByteReader in(body);
    StreamReport report;
    report.stream_id = in.u32();
    report.unique_id = in.u32();
    report.start_mm_time = in.u32();
    report.end_mm_time = in.u32();
    report.frames = in.u32();
    report.drops = in.u32();
    report.last_frame_delay = in.i32();
    report.audio_delay = in.u32();
    return complete(in, report, "stream report: shorter than 32 bytes");
}

bool PreferredCompression::known() const {
    return compression > SPICE_IMAGE_COMPRESSION_INVALID && compression < SPICE_IMAGE_COMPRESSION_ENUM_END;
}

Result<PreferredCompression> PreferredCompression::parse(Bytes body) {
    ByteReader in(body);
    const PreferredCompression preferred{in.u8()};
    return complete(in, preferred, "preferred compression: empty");
}

Result<PreferredVideoCodecs> PreferredVideoCodecs::parse(Bytes body) {
    ByteReader in(body);
    const size_t count = in.u8();
    const Bytes codecs = in.bytes(count);
    return complete(in, PreferredVideoCodecs{{codecs.begin(), codecs.end()}},
                    "preferred video codecs: fewer than announced");
}

} // namespace spice::protocol
