#include "protocol/link.hpp"

#include "base/byte_writer.hpp"

#include <gtest/gtest.h>

#include <random>

namespace spice::protocol {
namespace {

std::vector<uint8_t> header(uint32_t magic, uint32_t major, uint32_t minor, uint32_t size) {
    return ByteWriter().u32(magic).u32(major).u32(minor).u32(size).take();
}

struct Mess {
    uint32_t connection_id = 0x11223344;
    uint8_t type = SPICE_CHANNEL_DISPLAY;
    uint8_t id = 5;
    std::vector<uint32_t> common{0x0b};
    std::vector<uint32_t> channel{0x21, 0x80000000};
    uint32_t num_common = 1;
    uint32_t num_channel = 2;
    uint32_t caps_offset = 18;
    size_t gap = 0; // bytes between the fixed part and the capabilities

    std::vector<uint8_t> bytes() const {
        ByteWriter out;
        out.u32(connection_id).u8(type).u8(id).u32(num_common).u32(num_channel).u32(caps_offset).zeros(gap);
        for (const auto* words : {&common, &channel}) {
            for (uint32_t word : *words) {
                out.u32(word);
            }
        }
        return out.take();
    }
};

uint32_t error_of(const Mess& mess) {
    const auto result = parse_link_message(mess.bytes());
    return result ? uint32_t{SPICE_LINK_ERR_OK} : result.error().code;
}

TEST(LinkHeader, gives_the_size_whatever_the_minor_version) {
    for (uint32_t minor : {0u, 1u, 2u, 77u, 0xffffffffu}) {
        const auto parsed = parse_link_header(header(SPICE_MAGIC, 2, minor, 30));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->size, 30u);
    }
}

TEST(LinkHeader, takes_sizes_from_18_to_4096) {
    EXPECT_TRUE(parse_link_header(header(SPICE_MAGIC, 2, 2, 18)));
    EXPECT_TRUE(parse_link_header(header(SPICE_MAGIC, 2, 2, 4096)));
    for (uint32_t size : {0u, 1u, 17u, 4097u, 0x7fffffffu, 0xffffffffu}) {
        const auto parsed = parse_link_header(header(SPICE_MAGIC, 2, 2, size));
        ASSERT_FALSE(parsed) << size;
        EXPECT_EQ(parsed.error().code, uint32_t{SPICE_LINK_ERR_INVALID_DATA});
    }
}

TEST(LinkHeader, names_the_first_thing_that_is_wrong) {
    EXPECT_EQ(parse_link_header(header(0x12345678, 3, 2, 0)).error().code,
              uint32_t{SPICE_LINK_ERR_INVALID_MAGIC});
    EXPECT_EQ(parse_link_header(header(SPICE_MAGIC, 1, 2, 0)).error().code,
              uint32_t{SPICE_LINK_ERR_VERSION_MISMATCH});
    EXPECT_EQ(parse_link_header(header(SPICE_MAGIC, 3, 2, 18)).error().code,
              uint32_t{SPICE_LINK_ERR_VERSION_MISMATCH});
}

TEST(LinkHeader, is_an_error_at_every_truncation) {
    const auto whole = header(SPICE_MAGIC, 2, 2, 18);
    for (size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(parse_link_header(Bytes(whole).first(size))) << size;
    }
}

TEST(LinkMagic, is_recognised_from_its_first_bytes) {
    const auto bytes = [](std::string_view text) {
        return Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    };
    for (std::string_view good : {"", "R", "RE", "RED", "REDQ", "REDQ\x02"}) {
        EXPECT_TRUE(begins_like_a_link(bytes(good))) << good;
    }
    for (std::string_view bad : {"G", "RF", "RFB 003.008\n", "REDX", "redq", "QDER"}) {
        EXPECT_FALSE(begins_like_a_link(bytes(bad))) << bad;
    }
}

TEST(LinkMessage, gives_channel_connection_and_capabilities) {
    const auto parsed = parse_link_message(Mess{}.bytes());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->connection_id, 0x11223344u);
    EXPECT_EQ(parsed->channel, (ChannelId{SPICE_CHANNEL_DISPLAY, 5}));
    EXPECT_EQ(parsed->common_caps.words(), (std::vector<uint32_t>{0x0b}));
    EXPECT_EQ(parsed->channel_caps.words(), (std::vector<uint32_t>{0x21, 0x80000000}));
}

TEST(LinkMessage, takes_capabilities_from_where_the_offset_points) {
    Mess mess;
    mess.gap = 7;
    mess.caps_offset = 25;
    const auto parsed = parse_link_message(mess.bytes());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->common_caps.words(), mess.common);
    EXPECT_EQ(parsed->channel_caps.words(), mess.channel);
}

TEST(LinkMessage, ignores_the_offset_when_there_are_no_capabilities) {
    Mess mess;
    mess.common = mess.channel = {};
    mess.num_common = mess.num_channel = 0;
    for (uint32_t offset : {0u, 18u, 0xffffffffu}) {
        mess.caps_offset = offset;
        EXPECT_EQ(error_of(mess), uint32_t{SPICE_LINK_ERR_OK}) << offset;
    }
}

TEST(LinkMessage, refuses_capabilities_outside_of_the_message) {
    for (uint32_t offset : {0u, 17u, 19u, 30u, 31u, 0x7fffffffu, 0xfffffff4u, 0xffffffffu}) {
        Mess mess;
        mess.caps_offset = offset;
        EXPECT_EQ(error_of(mess), uint32_t{SPICE_LINK_ERR_INVALID_DATA}) << offset;
    }
}

TEST(LinkMessage, refuses_impossible_counts) {
    const std::pair<uint32_t, uint32_t> counts[] = {
        {1, 3},          {4, 0},          {1025, 0},   {0, 1025}, {0xffffffff, 1}, {0x40000000, 0xc0000000},
        {0x80000000, 2}, {1, 0xffffffff}, {1024, 1024}};
    for (const auto& [common, channel] : counts) {
        Mess mess;
        mess.num_common = common;
        mess.num_channel = channel;
        EXPECT_EQ(error_of(mess), uint32_t{SPICE_LINK_ERR_INVALID_DATA}) << common << " " << channel;
    }
}

TEST(LinkMessage, takes_as_many_capabilities_as_fit) {
    Mess mess;
    mess.common.assign(700, 0x55555555);
    mess.channel.assign(319, 0xaaaaaaaa); // 18 + 4 * 1019 = 4094
    mess.num_common = 700;
    mess.num_channel = 319;
    const auto parsed = parse_link_message(mess.bytes());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->common_caps.words().size(), 700u);
    EXPECT_EQ(parsed->channel_caps.words().size(), 319u);
}

TEST(LinkMessage, is_an_error_at_every_truncation) {
    const auto whole = Mess{}.bytes();
    for (size_t size = 0; size < whole.size(); ++size) {
        const auto parsed = parse_link_message(Bytes(whole).first(size));
        ASSERT_FALSE(parsed) << size;
        EXPECT_EQ(parsed.error().code, uint32_t{SPICE_LINK_ERR_INVALID_DATA});
    }
}

TEST(LinkMessage, survives_random_bytes) {
    std::mt19937 random(1);
    size_t parsed = 0;
    for (int i = 0; i < 20000; ++i) {
        std::vector<uint8_t> bytes(18 + random() % 40);
        for (uint8_t& byte : bytes) {
            byte = random() % 4 != 0 ? 0 : static_cast<uint8_t>(random());
        }
        const auto result = parse_link_message(bytes);
        parsed += result ? 1 : 0;
        if (result) {
            EXPECT_LE(4 * (result->common_caps.words().size() + result->channel_caps.words().size()),
                      bytes.size() - 18);
        }
    }
    EXPECT_GT(parsed, 0u);
}

TEST(LinkReply, has_178_bytes_and_4_for_each_capability_word) {
    PublicKey key;
    key.fill(0x5a);
    const Capabilities common{0, 1, 3};
    for (const Capabilities& channel : {Capabilities{}, Capabilities{1}, Capabilities{40}}) {
        const auto reply = link_reply(key, common, channel);
        EXPECT_EQ(reply.size(), 16 + 178 + 4 * (1 + channel.words().size()));
        ByteReader in(reply);
        in.skip(12);
        EXPECT_EQ(in.u32(), reply.size() - 16);
    }
}

TEST(Capabilities, are_bits_of_words) {
    Capabilities caps{0, 33};
    EXPECT_TRUE(caps.has(0));
    EXPECT_TRUE(caps.has(33));
    EXPECT_FALSE(caps.has(1));
    EXPECT_FALSE(caps.has(32));
    EXPECT_FALSE(caps.has(64)); // beyond the words
    EXPECT_FALSE(caps.has(0xffffffff));
    EXPECT_EQ(caps.words(), (std::vector<uint32_t>{1, 2}));
}

TEST(ChannelId, is_described_for_the_log) {
    EXPECT_EQ(describe({SPICE_CHANNEL_MAIN, 0}), "main:0");
    EXPECT_EQ(describe({SPICE_CHANNEL_DISPLAY, 3}), "display:3");
    EXPECT_EQ(describe({0, 0}), "channel type 0:0");
    EXPECT_EQ(describe({200, 255}), "channel type 200:255");
}

} // namespace
} // namespace spice::protocol
