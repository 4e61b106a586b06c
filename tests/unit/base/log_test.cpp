#include "base/log.hpp"

#include "support/recording_log.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace spice {
namespace {

TEST(Escaped, leaves_printable_text_alone) {
    EXPECT_EQ(escaped("Pointer ~ 12:34 'x'"), "Pointer ~ 12:34 'x'");
    EXPECT_EQ(escaped(""), "");
}

TEST(Escaped, makes_every_other_byte_visible) {
    for (int value = 0; value < 256; ++value) {
        const char byte = static_cast<char>(value);
        const std::string shown = escaped(std::string_view(&byte, 1));
        for (char character : shown) {
            EXPECT_TRUE(character >= ' ' && character <= '~') << value;
        }
        if (byte < ' ' || byte > '~') {
            EXPECT_EQ(shown.size(), 4u) << value;
        }
    }
    EXPECT_EQ(escaped("a\nb\r\x1b[2J\xff\\"), "a\\x0ab\\x0d\\x1b[2J\\xff\\\\");
    EXPECT_EQ(escaped(std::string_view("\0", 1)), "\\x00");
}

TEST(Escaped, cuts_long_text_at_a_whole_character) {
    EXPECT_EQ(escaped("123456789", 9), "123456789");
    EXPECT_EQ(escaped("1234567890", 9), "123456...");
    EXPECT_EQ(escaped("\n\n\n\n", 16), "\\x0a\\x0a\\x0a\\x0a");
    EXPECT_EQ(escaped("\n\n\n\n\n", 16), "\\x0a\\x0a\\x0a...");
    EXPECT_EQ(escaped("1234", 2), "..");
    EXPECT_EQ(escaped("1234", 0), "");
}

TEST(Escaped, never_exceeds_its_limit) {
    const std::string text = "ab\ncd\\ef\x80gh\n\n\\";
    for (size_t limit = 0; limit < 40; ++limit) {
        EXPECT_LE(escaped(text, limit).size(), limit);
    }
}

TEST(LogLine, puts_its_parts_together) {
    test::RecordingLog log;
    const std::string name = "display";
    log_line(log, LogLevel::warning, "channel ", name, ":", uint8_t{3}, " sent ",
             std::numeric_limits<int64_t>::min(), " of ", std::numeric_limits<uint64_t>::max());
    ASSERT_EQ(log.lines().size(), 1u);
    EXPECT_EQ(log.lines()[0].level, LogLevel::warning);
    EXPECT_EQ(log.lines()[0].text, "channel display:3 sent -9223372036854775808 of 18446744073709551615");
}

} // namespace
} // namespace spice
