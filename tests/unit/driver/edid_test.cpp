#include "edid.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <string>

namespace {

using Block = std::array<uint8_t, EDID_SIZE>;

Block make(const edid_monitor& monitor) {
    Block block{};
    block.fill(0xaa);
    edid_make(block.data(), &monitor);
    return block;
}

// The text of the descriptor with this tag, or "absent".
std::string descriptor_text(const Block& block, uint8_t tag) {
    for (size_t at = 54; at < 126; at += 18) {
        if (block[at] == 0 && block[at + 1] == 0 && block[at + 3] == tag) {
            const std::string text(block.begin() + static_cast<std::ptrdiff_t>(at) + 5,
                                   block.begin() + static_cast<std::ptrdiff_t>(at) + 18);
            return text.substr(0, text.find('\n'));
        }
    }
    return "absent";
}

TEST(Edid, has_header_version_and_a_checksum_that_adds_up) {
    const Block block = make({1, 1920, 1080, 96});
    const std::array<uint8_t, 8> header{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
    EXPECT_TRUE(std::equal(header.begin(), header.end(), block.begin()));
    EXPECT_EQ(block[18], 1);
    EXPECT_EQ(block[19], 4);
    EXPECT_EQ(block[126], 0); // extensions
    EXPECT_EQ(std::accumulate(block.begin(), block.end(), 0u) % 256, 0u);
}

TEST(Edid, packs_the_vendor_into_three_letters) {
    const Block block = make({1, 1920, 1080, 96});
    const unsigned packed = block[8] << 8 | block[9];
    EXPECT_EQ('@' + (packed >> 10), 'X');
    EXPECT_EQ('@' + (packed >> 5 & 31), 'S');
    EXPECT_EQ('@' + (packed & 31), 'P');
}

TEST(Edid, tells_monitors_apart_by_name_and_serial_number) {
    const Block first = make({1, 1024, 768, 96});
    const Block last = make({16, 1024, 768, 96});
    EXPECT_EQ(descriptor_text(first, 0xfc), "xspice 1");
    EXPECT_EQ(descriptor_text(last, 0xfc), "xspice 16");
    EXPECT_EQ(descriptor_text(first, 0xff), "0001");
    EXPECT_EQ(descriptor_text(last, 0xff), "0016");
    EXPECT_EQ(first[12], 1);
    EXPECT_EQ(last[12], 16);
}

class EdidTiming : public testing::TestWithParam<std::array<int, 2>> {};

TEST_P(EdidTiming, gives_back_the_preferred_size) {
    const auto [width, height] = GetParam();
    const Block block = make({1, width, height, 96});
    const uint8_t* timing = &block[54];
    const int h_total = width + (timing[3] | (timing[4] & 15) << 8);
    const int v_total = height + (timing[6] | (timing[7] & 15) << 8);
    const int clock = timing[0] | timing[1] << 8; // 10 kHz
    EXPECT_EQ(timing[2] | (timing[4] & 0xf0) << 4, width);
    EXPECT_EQ(timing[5] | (timing[7] & 0xf0) << 4, height);
    EXPECT_GT(clock, 0);
    const double refresh = clock * 1e4 / (h_total * v_total);
    EXPECT_LE(refresh, 60.0);
    EXPECT_TRUE(refresh > 59.0 || clock == 0xffff) << refresh;
    EXPECT_EQ(timing[12] | (timing[14] & 0xf0) << 4, edid_millimetres(width, 96));
    EXPECT_EQ(timing[13] | (timing[14] & 0x0f) << 8, edid_millimetres(height, 96));
}

INSTANTIATE_TEST_SUITE_P(Sizes, EdidTiming,
                         testing::Values(std::array{64, 64}, std::array{801, 601}, std::array{1366, 768},
                                         std::array{1920, 1080}, std::array{3840, 2160},
                                         std::array{4095, 4095}));

TEST(Edid, names_no_timing_for_a_size_beyond_twelve_bits) {
    const Block block = make({1, 7680, 4320, 96});
    EXPECT_EQ(block[54] | block[55], 0); // a descriptor, not a timing
    EXPECT_EQ(block[57], 0x10);
    EXPECT_EQ(std::accumulate(block.begin(), block.end(), 0u) % 256, 0u);
}

TEST(Edid, leaves_a_size_unknown_that_a_byte_of_centimetres_cannot_hold) {
    const Block block = make({1, 16384, 1080, 96});
    EXPECT_EQ(block[21], 0);
    EXPECT_EQ(block[22], 0);
    const Block normal = make({1, 1920, 1080, 96});
    EXPECT_EQ(normal[21], 51);
    EXPECT_EQ(normal[22], 29);
}

TEST(Edid, rounds_millimetres_to_the_nearest) {
    EXPECT_EQ(edid_millimetres(96, 96), 25);
    EXPECT_EQ(edid_millimetres(1920, 96), 508);
    EXPECT_EQ(edid_millimetres(1, 600), 0);
    EXPECT_EQ(edid_millimetres(16384, 30), 13872);
}

} // namespace
