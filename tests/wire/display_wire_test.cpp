// Messages of the display channel on the wire, byte for byte, against spice.proto's layouts.
#include "protocol/display_messages.hpp"

#include "support/hex.hpp"

#include <gtest/gtest.h>

namespace spice::protocol {
namespace {

using test::from_hex;

TEST(DisplayWire, surfaces) {
    EXPECT_EQ((SurfaceCreate{0, {1920, 1080}}.body()),
              from_hex("00 00 00 00  80 07 00 00  38 04 00 00  20 00 00 00  01 00 00 00"));
    EXPECT_EQ((SurfaceCreate{7, {2, 1}}.body()),
              from_hex("07 00 00 00  02 00 00 00  01 00 00 00  20 00 00 00  00 00 00 00"));
    EXPECT_EQ(SurfaceDestroy{7}.body(), from_hex("07 00 00 00"));
}

TEST(DisplayWire, monitors_config) {
    DisplayMonitorsConfig config;
    config.max_allowed = 4;
    config.heads = {{0, {0, 0, 100, 50}}, {1, {100, 10, 300, 50}}};
    EXPECT_EQ(config.body(), from_hex("02 00 04 00"
                                      "00 00 00 00  00 00 00 00  64 00 00 00  32 00 00 00"
                                      "00 00 00 00  00 00 00 00  00 00 00 00"
                                      "01 00 00 00  00 00 00 00  c8 00 00 00  28 00 00 00"
                                      "64 00 00 00  0a 00 00 00  00 00 00 00"));
}

// Rectangles are top, left, bottom, right.
TEST(DisplayWire, copy_bits) {
    EXPECT_EQ((CopyBits{{1, 2, 11, 22}, {5, 6}}.body()),
              from_hex("00 00 00 00  02 00 00 00  01 00 00 00  16 00 00 00  0b 00 00 00  00"
                       "05 00 00 00  06 00 00 00"));
}

TEST(DisplayWire, draw_fill) {
    EXPECT_EQ((DrawFill{{1, 2, 11, 22}, 0x112233}.body()),
              from_hex("00 00 00 00  02 00 00 00  01 00 00 00  16 00 00 00  0b 00 00 00  00"
                       "01  33 22 11 00  08 00  00  00 00 00 00  00 00 00 00  00 00 00 00"));
}

TEST(DisplayWire, draw_copy_from_a_surface) {
    EXPECT_EQ((DrawSurface{2, {1, 2, 11, 22}, 0}.body()),
              from_hex("02 00 00 00  02 00 00 00  01 00 00 00  16 00 00 00  0b 00 00 00  00"
                       "39 00 00 00  02 00 00 00  01 00 00 00  16 00 00 00  0b 00 00 00  08 00  00"
                       "00  00 00 00 00  00 00 00 00  00 00 00 00"
                       "00 00 00 00 00 00 00 00  68 00  0a 00 00 00  14 00 00 00  00 00 00 00"));
}

TEST(DisplayWire, draw_copy_of_a_bitmap) {
    EXPECT_EQ((DrawCopy{{3, 4, 5, 5}, 0x1122334455, SPICE_IMAGE_TYPE_BITMAP, 0, 8}.head()),
              from_hex("00 00 00 00  04 00 00 00  03 00 00 00  05 00 00 00  05 00 00 00  00"
                       "39 00 00 00" // the image, 57 bytes on
                       "00 00 00 00  00 00 00 00  01 00 00 00  02 00 00 00"
                       "08 00  00  00 00 00 00 00 00 00 00 00 00 00 00 00"
                       "55 44 33 22 11 00 00 00  00  00  02 00 00 00  01 00 00 00"
                       "08  04  02 00 00 00  01 00 00 00  08 00 00 00  00 00 00 00"));
}

TEST(DisplayWire, draw_copy_of_a_compressed_image) {
    EXPECT_EQ((DrawCopy{{3, 4, 5, 5}, 1, SPICE_IMAGE_TYPE_LZ4, SPICE_IMAGE_FLAGS_CACHE_ME, 3}.head()),
              from_hex("00 00 00 00  04 00 00 00  03 00 00 00  05 00 00 00  05 00 00 00  00"
                       "39 00 00 00"
                       "00 00 00 00  00 00 00 00  01 00 00 00  02 00 00 00"
                       "08 00  00  00 00 00 00 00 00 00 00 00 00 00 00 00"
                       "01 00 00 00 00 00 00 00  6d  01  02 00 00 00  01 00 00 00"
                       "03 00 00 00"));
}

const std::string kCopyBase = "00 00 00 00  04 00 00 00  03 00 00 00  05 00 00 00  05 00 00 00  00";
const std::string kCopyRest = "00 00 00 00  00 00 00 00  01 00 00 00  02 00 00 00"
                              "08 00  00  00 00 00 00 00 00 00 00 00 00 00 00 00";

TEST(DisplayWire, draw_copy_of_an_image_with_a_palette) {
    const std::vector<uint32_t> palette{0x112233, 0xffffff};
    DrawCopy copy{{3, 4, 5, 5}, 7, SPICE_IMAGE_TYPE_LZ_PLT, 0, 5};
    copy.palette = palette;
    EXPECT_EQ(copy.head(), from_hex(kCopyBase + "4b 00 00 00" + kCopyRest +
                                    "00 00 00 00 00 00 00 00  02 00  33 22 11 00  ff ff ff 00"
                                    "07 00 00 00 00 00 00 00  64  00  02 00 00 00  01 00 00 00"
                                    "00  05 00 00 00  39 00 00 00"));
    copy.image_type = SPICE_IMAGE_TYPE_BITMAP;
    copy.data_size = 2;
    copy.bitmap_format = SPICE_BITMAP_FMT_8BIT;
    copy.top_down = false;
    EXPECT_EQ(copy.head(), from_hex(kCopyBase + "4b 00 00 00" + kCopyRest +
                                    "00 00 00 00 00 00 00 00  02 00  33 22 11 00  ff ff ff 00"
                                    "07 00 00 00 00 00 00 00  00  00  02 00 00 00  01 00 00 00"
                                    "05  00  02 00 00 00  01 00 00 00  02 00 00 00  39 00 00 00"));
}

TEST(DisplayWire, draw_copy_of_an_image_inside_another_format) {
    DrawCopy copy{{3, 4, 5, 5}, 7, SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB, 0, 0x55, 0x99};
    EXPECT_EQ(copy.head(), from_hex(kCopyBase + "39 00 00 00" + kCopyRest +
                                    "07 00 00 00 00 00 00 00  6b  00  02 00 00 00  01 00 00 00"
                                    "99 00 00 00  55 00 00 00"));
    copy.image_type = SPICE_IMAGE_TYPE_JPEG_ALPHA;
    EXPECT_EQ(copy.head(), from_hex(kCopyBase + "39 00 00 00" + kCopyRest +
                                    "07 00 00 00 00 00 00 00  6c  00  02 00 00 00  01 00 00 00"
                                    "01  99 00 00 00  55 00 00 00"));
}

TEST(DisplayWire, draw_copy_from_the_cache) {
    EXPECT_EQ((DrawCopy{{3, 4, 5, 5}, 7, SPICE_IMAGE_TYPE_FROM_CACHE}.head()),
              from_hex(kCopyBase + "39 00 00 00" + kCopyRest +
                       "07 00 00 00 00 00 00 00  67  00  02 00 00 00  01 00 00 00"));
}

TEST(DisplayWire, inval_list) {
    const std::vector<uint64_t> images{5, 0x1122334455667788};
    EXPECT_EQ(InvalList{images}.body(),
              from_hex("02 00  01 05 00 00 00 00 00 00 00  01 88 77 66 55 44 33 22 11"));
}

TEST(DisplayWire, init_of_a_client) {
    const auto init = DisplayInit::parse(from_hex("01  00 00 40 01 00 00 00 00  02  00 00 20 00"));
    ASSERT_TRUE(init);
    EXPECT_EQ(init->pixmap_cache_id, 1);
    EXPECT_EQ(init->pixmap_cache_size, 0x1400000);
    EXPECT_EQ(init->glz_dictionary_id, 2);
    EXPECT_EQ(init->glz_window, 0x200000);
    EXPECT_FALSE(DisplayInit::parse(from_hex("01  00 00 40 01 00 00 00 00  02  00 00 20")));
}

TEST(DisplayWire, sizes_in_the_init_are_clamped) {
    const auto negative = DisplayInit::parse(from_hex("01  ff ff ff ff ff ff ff ff  02  ff ff ff ff"));
    ASSERT_TRUE(negative);
    EXPECT_EQ(negative->pixmap_cache_size, 0);
    EXPECT_EQ(negative->glz_window, 0);
    const auto enormous = DisplayInit::parse(from_hex("01  ff ff ff ff ff ff ff 7f  02  ff ff ff 7f"));
    ASSERT_TRUE(enormous);
    EXPECT_EQ(enormous->pixmap_cache_size, DisplayInit::kMaxPixmapCache);
    EXPECT_EQ(enormous->glz_window, DisplayInit::kMaxGlzWindow);
}

TEST(DisplayWire, other_messages_of_a_client) {
    const auto report = StreamReport::parse(from_hex("01 00 00 00  02 00 00 00  03 00 00 00  04 00 00 00"
                                                     "00 00 00 00  ff ff ff ff  fe ff ff ff  06 00 00 00"));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->stream_id, 1u);
    EXPECT_EQ(report->unique_id, 2u);
    EXPECT_EQ(report->start_mm_time, 3u);
    EXPECT_EQ(report->end_mm_time, 4u);
    EXPECT_EQ(report->frames, 0u);
    EXPECT_EQ(report->drops, 0xffffffffu);
    EXPECT_EQ(report->last_frame_delay, -2);
    EXPECT_EQ(report->audio_delay, 6u);

    const auto preferred = PreferredCompression::parse(from_hex("07"));
    ASSERT_TRUE(preferred);
    EXPECT_EQ(preferred->compression, SPICE_IMAGE_COMPRESSION_LZ4);
    EXPECT_TRUE(preferred->known());
    EXPECT_FALSE(PreferredCompression{0}.known());
    EXPECT_FALSE(PreferredCompression{8}.known());

    const auto codecs = PreferredVideoCodecs::parse(from_hex("02 03 01"));
    ASSERT_TRUE(codecs);
    EXPECT_EQ(codecs->codecs, from_hex("03 01"));
    EXPECT_FALSE(PreferredVideoCodecs::parse(from_hex("03 03 01")));
}

} // namespace
} // namespace spice::protocol
