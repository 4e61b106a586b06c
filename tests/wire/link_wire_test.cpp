// The link on the wire, byte for byte. The client's side is what spice-gtk 0.42 and spice-html5 0.3 send.
#include "protocol/link.hpp"

#include "support/hex.hpp"

#include <gtest/gtest.h>

namespace spice::protocol {
namespace {

using test::from_hex;

TEST(LinkWire, header_of_a_client) {
    const auto header = parse_link_header(from_hex("52 45 44 51  02 00 00 00  02 00 00 00  1a 00 00 00"));
    ASSERT_TRUE(header);
    EXPECT_EQ(header->size, 26u);
}

TEST(LinkWire, main_link_of_spice_gtk) {
    const auto message =
        parse_link_message(from_hex("00 00 00 00  01  00  01 00 00 00  01 00 00 00  12 00 00 00"
                                    "0d 00 00 00  0f 00 00 00"));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->connection_id, 0u);
    EXPECT_EQ(message->channel, (ChannelId{SPICE_CHANNEL_MAIN, 0}));
    EXPECT_TRUE(message->common_caps.has(SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION));
    EXPECT_FALSE(message->common_caps.has(SPICE_COMMON_CAP_AUTH_SPICE));
    EXPECT_TRUE(message->common_caps.has(SPICE_COMMON_CAP_MINI_HEADER));
    EXPECT_TRUE(message->channel_caps.has(SPICE_MAIN_CAP_SEAMLESS_MIGRATE));
}

TEST(LinkWire, display_link_with_a_session) {
    const auto message =
        parse_link_message(from_hex("78 56 34 12  02  01  01 00 00 00  00 00 00 00  12 00 00 00"
                                    "09 00 00 00"));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->connection_id, 0x12345678u);
    EXPECT_EQ(message->channel, (ChannelId{SPICE_CHANNEL_DISPLAY, 1}));
    EXPECT_TRUE(message->channel_caps.words().empty());
}

TEST(LinkWire, reply) {
    PublicKey key;
    for (size_t i = 0; i < key.size(); ++i) {
        key[i] = static_cast<uint8_t>(i);
    }
    std::vector<uint8_t> expected =
        from_hex("52 45 44 51  02 00 00 00  02 00 00 00  ba 00 00 00  00 00 00 00");
    expected.insert(expected.end(), key.begin(), key.end());
    const auto rest = from_hex("01 00 00 00  01 00 00 00  b2 00 00 00  0b 00 00 00  52 00 00 00");
    expected.insert(expected.end(), rest.begin(), rest.end());
    EXPECT_EQ(link_reply(key, {0, 1, 3}, {1, 4, 6}), expected);
}

TEST(LinkWire, error_reply_is_zero_but_for_its_code) {
    for (uint32_t code = SPICE_LINK_ERR_ERROR; code < SPICE_LINK_ERR_ENUM_END; ++code) {
        std::vector<uint8_t> expected = from_hex("52 45 44 51  02 00 00 00  02 00 00 00  b2 00 00 00");
        expected.resize(16 + 178);
        expected[16] = static_cast<uint8_t>(code);
        EXPECT_EQ(link_error_reply(code), expected);
    }
}

TEST(LinkWire, result) {
    EXPECT_EQ(link_result(SPICE_LINK_ERR_OK), (std::array<uint8_t, 4>{0, 0, 0, 0}));
    EXPECT_EQ(link_result(SPICE_LINK_ERR_PERMISSION_DENIED), (std::array<uint8_t, 4>{7, 0, 0, 0}));
    EXPECT_EQ(link_result(0x04030201), (std::array<uint8_t, 4>{1, 2, 3, 4}));
}

} // namespace
} // namespace spice::protocol
