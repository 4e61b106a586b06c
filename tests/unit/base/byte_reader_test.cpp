#include "base/byte_reader.hpp"

#include "base/byte_writer.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace spice {
namespace {

TEST(ByteReader, reads_little_endian_values_in_order) {
    const std::vector<uint8_t> bytes{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
                                     0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0xff, 0xff, 0xff, 0xff};
    ByteReader in(bytes);
    EXPECT_EQ(in.u8(), 0x01);
    EXPECT_EQ(in.u16(), 0x0302);
    EXPECT_EQ(in.u32(), 0x07060504u);
    EXPECT_EQ(in.u64(), 0x0f0e0d0c0b0a0908u);
    EXPECT_EQ(in.i32(), -1);
    EXPECT_TRUE(in.ok());
    EXPECT_TRUE(in.at_end());
}

TEST(ByteReader, is_not_ok_for_good_once_it_was_asked_for_too_much) {
    const std::vector<uint8_t> bytes{1, 2, 3};
    ByteReader in(bytes);
    EXPECT_EQ(in.u32(), 0u);
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.u8(), 0u); // although there were bytes
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.remaining(), 0u);
}

TEST(ByteReader, hands_out_spans_inside_its_bytes_only) {
    const std::vector<uint8_t> bytes{1, 2, 3, 4};
    ByteReader in(bytes);
    in.skip(1);
    const Bytes middle = in.bytes(2);
    ASSERT_EQ(middle.size(), 2u);
    EXPECT_EQ(middle.data(), bytes.data() + 1);
    EXPECT_TRUE(in.bytes(std::numeric_limits<size_t>::max()).empty());
    EXPECT_FALSE(in.ok());
}

TEST(ByteWriter, writes_what_the_reader_reads) {
    ByteWriter out;
    out.u8(0x12).u16(0x3456).u32(0x789abcde).u64(0x0123456789abcdef).i32(std::numeric_limits<int32_t>::min());
    const std::vector<uint8_t> tail{7, 8};
    out.bytes(tail).zeros(2);
    EXPECT_EQ(out.size(), 23u);
    const std::vector<uint8_t> bytes = out.take();
    EXPECT_EQ(out.size(), 0u);
    ByteReader in(bytes);
    EXPECT_EQ(in.u8(), 0x12);
    EXPECT_EQ(in.u16(), 0x3456);
    EXPECT_EQ(in.u32(), 0x789abcdeu);
    EXPECT_EQ(in.u64(), 0x0123456789abcdefu);
    EXPECT_EQ(in.i32(), std::numeric_limits<int32_t>::min());
    EXPECT_EQ(in.u16(), 0x0807);
    EXPECT_EQ(in.u16(), 0);
    EXPECT_TRUE(in.ok());
    EXPECT_TRUE(in.at_end());
}

TEST(ByteWriter, patches_a_word_that_is_known_later) {
    ByteWriter out;
    out.u8(1).u32(0).u8(2);
    out.patch_u32(1, 0xa0b0c0d0);
    EXPECT_EQ(out.take(), (std::vector<uint8_t>{1, 0xd0, 0xc0, 0xb0, 0xa0, 2}));
}

} // namespace
} // namespace spice
