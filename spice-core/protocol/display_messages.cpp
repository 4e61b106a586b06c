#include "protocol/display_messages.hpp"

#include "base/byte_writer.hpp"
#include "protocol/parse.hpp"

#include <algorithm>
#include <cassert>

namespace spice::protocol {

namespace {

constexpr uint32_t kScreen = 0;       // surface id
constexpr uint32_t kNone = 0;         // pointer
constexpr uint32_t kImageOffset = 57; // in DRAW_COPY

void put_rect(ByteWriter& out, const Rect& rect) {
    out.i32(rect.y1).i32(rect.x1).i32(rect.y2).i32(rect.x2);
}

// struct DisplayBase, 21 bytes.
void put_base(ByteWriter& out, const Rect& box) {
    out.u32(kScreen);
    put_rect(out, box);
    out.u8(SPICE_CLIP_TYPE_NONE);
}

// struct QMask without a bitmap, 13 bytes.
void put_no_mask(ByteWriter& out) {
    out.u8(0).i32(0).i32(0).u32(kNone);
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

std::vector<uint8_t> DrawCopy::body() const {
    const auto width = static_cast<uint32_t>(box.width());
    const auto height = static_cast<uint32_t>(box.height());
    ByteWriter out;
    out.reserve(kImageOffset + 36 + data.size());
    put_base(out, box);
    out.u32(kImageOffset);
    put_rect(out, {0, 0, box.width(), box.height()});
    out.u16(SPICE_ROPD_OP_PUT).u8(SPICE_IMAGE_SCALE_MODE_INTERPOLATE);
    put_no_mask(out);
    assert(out.size() == kImageOffset);
    out.u64(image_id).u8(image_type).u8(0).u32(width).u32(height);
    if (image_type == SPICE_IMAGE_TYPE_BITMAP) {
        assert(data.size() == size_t{width} * height * 4);
        out.u8(SPICE_BITMAP_FMT_32BIT).u8(SPICE_BITMAP_FLAGS_TOP_DOWN);
        out.u32(width).u32(height).u32(width * 4).u32(kNone);
    } else {
        out.u32(static_cast<uint32_t>(data.size()));
    }
    out.bytes(data);
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
