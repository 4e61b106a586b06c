#include "channels/scancode_decoder.hpp"

#include "channel_harness.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace spice::channels {
namespace {

std::vector<std::string> texts(const std::vector<KeyEvent>& keys) {
    return test::texts_of(std::vector<InputEvent>(keys.begin(), keys.end()));
}

using Texts = std::vector<std::string>;

TEST(ScancodeDecoder, reads_plain_and_extended_codes_of_key_down_and_key_up) {
    ScancodeDecoder decoder;
    EXPECT_EQ(texts(decoder.decode(0x1eu)), Texts{"key 1e down"});
    EXPECT_EQ(texts(decoder.decode(0x9eu)), Texts{"key 1e up"});
    EXPECT_EQ(texts(decoder.decode(0x48e0u)), Texts{"key e048 down"});
    EXPECT_EQ(texts(decoder.decode(0xc8e0u)), Texts{"key e048 up"});
}

TEST(ScancodeDecoder, reads_press_and_release_packed_into_one_message) {
    ScancodeDecoder decoder;
    EXPECT_EQ(texts(decoder.decode(0xc8e048e0u)), (Texts{"key e048 down", "key e048 up"}));
    const uint8_t plain[] = {0x1e, 0x9e};
    EXPECT_EQ(texts(decoder.decode(Bytes(plain))), (Texts{"key 1e down", "key 1e up"}));
}

TEST(ScancodeDecoder, makes_one_key_of_pause) {
    ScancodeDecoder decoder;
    const uint8_t keyboard[] = {0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5};
    EXPECT_EQ(texts(decoder.decode(Bytes(keyboard))), (Texts{"key e046 down", "key e046 up"}));
    // spice-gtk: two messages for the press, two for the release
    EXPECT_EQ(texts(decoder.decode(0x1de1u)), Texts{});
    EXPECT_EQ(texts(decoder.decode(0x45u)), Texts{"key e046 down"});
    EXPECT_EQ(texts(decoder.decode(0x9de1u)), Texts{});
    EXPECT_EQ(texts(decoder.decode(0xc5u)), Texts{"key e046 up"});
    EXPECT_EQ(texts(decoder.decode(0x45u)), Texts{"key 45 down"}); // and Num Lock is itself again
}

TEST(ScancodeDecoder, leaves_fake_shifts_out) {
    ScancodeDecoder decoder;
    const uint8_t print_screen[] = {0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa};
    EXPECT_EQ(texts(decoder.decode(Bytes(print_screen))), (Texts{"key e037 down", "key e037 up"}));
    EXPECT_EQ(texts(decoder.decode(0x2au)), Texts{"key 2a down"}); // a real one
}

TEST(ScancodeDecoder, makes_nothing_of_what_is_no_key) {
    ScancodeDecoder decoder;
    EXPECT_TRUE(decoder.decode(0u).empty());
    EXPECT_TRUE(decoder.decode(0xe0u).empty());
    EXPECT_TRUE(decoder.decode(0x80u).empty());
    EXPECT_EQ(texts(decoder.decode(0x1eu)), Texts{"key 1e down"}); // the lone e0 is forgotten
}

TEST(ScancodeDecoder, gives_valid_codes_for_any_bytes) {
    std::mt19937 random(7);
    ScancodeDecoder decoder;
    for (int round = 0; round < 5000; ++round) {
        std::vector<uint8_t> bytes(random() % 12);
        for (uint8_t& byte : bytes) {
            byte = static_cast<uint8_t>(random() % 3 == 0 ? 0xe0 + random() % 2 : random());
        }
        const std::vector<KeyEvent> keys = decoder.decode(bytes);
        EXPECT_LE(keys.size(), bytes.size());
        for (const KeyEvent& key : keys) {
            const unsigned low = key.scancode & 0xff;
            const unsigned high = key.scancode >> 8;
            EXPECT_TRUE(low >= 1 && low <= 0x7f) << key.scancode;
            EXPECT_TRUE(high == 0 || high == 0xe0) << key.scancode;
        }
    }
}

} // namespace
} // namespace spice::channels
