#include "control/keysyms.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace spice::control {
namespace {

using Keysyms = std::vector<uint32_t>;

Keysyms typed(std::string_view text) {
    const auto keysyms = keysyms_of_text(text);
    return keysyms ? Keysyms(keysyms->begin(), keysyms->end()) : Keysyms{0};
}

// X11/keysymdef.h has the numbers.
TEST(Keysyms, knows_names_as_xev_shows_them) {
    EXPECT_EQ(keysym_of("Return"), 0xff0du);
    EXPECT_EQ(keysym_of("a"), 0x61u);
    EXPECT_EQ(keysym_of("A"), 0x41u);
    EXPECT_EQ(keysym_of("5"), 0x35u);
    EXPECT_EQ(keysym_of("F1"), 0xffbeu);
    EXPECT_EQ(keysym_of("Control_L"), 0xffe3u);
    EXPECT_EQ(keysym_of("XF86AudioMute"), 0x1008ff12u);
}

TEST(Keysyms, knows_characters_by_number_and_by_themselves) {
    EXPECT_EQ(keysym_of("U+20AC"), 0x20acu); // EuroSign has a number of its own
    EXPECT_EQ(keysym_of("U+61"), 0x61u);
    EXPECT_EQ(keysym_of("U+1F600"), 0x0101f600u);
    EXPECT_EQ(keysym_of("U+0A"), 0xff0du);
    EXPECT_EQ(keysym_of("\xc3\xa9"), 0xe9u);
    EXPECT_EQ(keysym_of("/"), 0x2fu);
    EXPECT_EQ(keysym_of("\xf0\x9f\x98\x80"), 0x0101f600u);
}

TEST(Keysyms, refuses_what_is_no_key) {
    for (const std::string_view name :
         {std::string_view(""), std::string_view("NoSuchKey"), std::string_view("U+"),
          std::string_view("U+D800"), std::string_view("U+110000"), std::string_view("U+20AC "),
          std::string_view("U+01"), std::string_view("a\0", 2), std::string_view("\xff"),
          std::string_view("\xc3")}) {
        EXPECT_EQ(keysym_of(name), std::nullopt) << name;
    }
    EXPECT_EQ(keysym_of(std::string(100, 'a')), std::nullopt);
}

TEST(Keysyms, types_a_text_character_by_character) {
    EXPECT_EQ(typed(""), Keysyms());
    EXPECT_EQ(typed("Hi!"), (Keysyms{0x48, 0x69, 0x21}));
    EXPECT_EQ(typed("a\n\tb"), (Keysyms{0x61, 0xff0d, 0xff09, 0x62}));
    EXPECT_EQ(typed("\xc3\xa4\xe2\x82\xac"), (Keysyms{0xe4, 0x20ac}));
    EXPECT_EQ(typed("\xd0\xb6\xe6\xbc\xa2"), (Keysyms{0x06d6, 0x01006f22}));
}

TEST(Keysyms, types_nothing_of_a_text_that_is_wrong_somewhere) {
    for (const std::string_view text :
         {std::string_view("ok\x01"), std::string_view("\xc0\xaf"), std::string_view("\xe2\x82"),
          std::string_view("\xed\xa0\x80"), std::string_view("\xf4\x90\x80\x80"), std::string_view("\x80"),
          std::string_view("a\0b", 3)}) {
        EXPECT_EQ(typed(text), Keysyms{0});
    }
}

} // namespace
} // namespace spice::control
