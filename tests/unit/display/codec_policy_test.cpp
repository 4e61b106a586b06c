#include "display/codec_policy.hpp"

#include <spice/enums.h>

#include <gtest/gtest.h>

namespace spice::display {
namespace {

using codecs::Codec;

TEST(CodecPolicy, prefers_lz4_where_the_client_can) {
    EXPECT_EQ(choose_codec({ImageCompression::automatic, {}, true}), Codec::lz4);
    EXPECT_EQ(choose_codec({ImageCompression::automatic, {}, false}), Codec::lz);
}

TEST(CodecPolicy, does_what_the_operator_says_within_what_the_client_can) {
    EXPECT_EQ(choose_codec({ImageCompression::off, {}, true}), Codec::raw);
    EXPECT_EQ(choose_codec({ImageCompression::lz, {}, true}), Codec::lz);
    EXPECT_EQ(choose_codec({ImageCompression::lz4, {}, true}), Codec::lz4);
    EXPECT_EQ(choose_codec({ImageCompression::lz4, {}, false}), Codec::lz);
}

TEST(CodecPolicy, does_what_the_client_says_before_what_the_operator_says) {
    const auto wanted = [](uint8_t compression, bool has_lz4 = true) {
        return choose_codec({ImageCompression::off, compression, has_lz4});
    };
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_OFF), Codec::raw);
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_LZ), Codec::lz);
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_AUTO_LZ), Codec::lz);
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_LZ4), Codec::lz4);
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_LZ4, false), Codec::lz);
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_AUTO_GLZ), Codec::lz4);
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_QUIC, false), Codec::lz);
}

} // namespace
} // namespace spice::display
