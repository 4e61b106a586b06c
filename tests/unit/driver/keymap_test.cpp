#include "keymap.h"

#include <gtest/gtest.h>

#include <linux/input-event-codes.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

// Keys that lie next to each other and have scancodes in a row, as XKB names them: <AE01> is the first key of
// row E, wherever the layout puts whatever on it.
struct Run {
    uint16_t first_scancode;
    std::vector<std::string> names;
};

const std::vector<Run> kPositions{
    {0x01, {"ESC"}},
    {0x02,
     {"AE01", "AE02", "AE03", "AE04", "AE05", "AE06", "AE07", "AE08", "AE09", "AE10", "AE11", "AE12",
      "BKSP"}},
    {0x0f,
     {"TAB", "AD01", "AD02", "AD03", "AD04", "AD05", "AD06", "AD07", "AD08", "AD09", "AD10", "AD11", "AD12"}},
    {0x1c, {"RTRN", "LCTL"}},
    {0x1e, {"AC01", "AC02", "AC03", "AC04", "AC05", "AC06", "AC07", "AC08", "AC09", "AC10", "AC11", "TLDE"}},
    {0x2a, {"LFSH", "BKSL"}},
    {0x2c, {"AB01", "AB02", "AB03", "AB04", "AB05", "AB06", "AB07", "AB08", "AB09", "AB10", "RTSH"}},
    {0x37, {"KPMU", "LALT", "SPCE", "CAPS"}},
    {0x3b, {"FK01", "FK02", "FK03", "FK04", "FK05", "FK06", "FK07", "FK08", "FK09", "FK10", "NMLK", "SCLK"}},
    {0x47,
     {"KP7", "KP8", "KP9", "KPSU", "KP4", "KP5", "KP6", "KPAD", "KP1", "KP2", "KP3", "KP0", "KPDL", "PRSC"}},
    {0x55, {"FK16", "LSGT", "FK11", "FK12", "KPEQ", "FK20"}},
    {0x5c, {"JPCM", "FK13", "FK14", "FK15"}},
    {0x6d, {"FK23"}},
    {0x6f, {"FK24", "HKTG", "HJCV", "HNGL", "AB11", "FK21"}},
    {0x77, {"HIRA", "KATA", "HENK"}},
    {0x7b, {"MUHE"}},
    {0x7d, {"AE13"}},
    {0xe003, {"FK17", "FK19"}},
    {0xe015, {"MDSW", "ALT"}},
    {0xe01a, {"META", "SUPR"}},
    {0xe01c, {"KPEN", "RCTL"}},
    {0xe020, {"MUTE"}},
    {0xe027, {"HYPR"}},
    {0xe02e, {"VOL-"}},
    {0xe030, {"VOL+"}},
    {0xe035, {"KPDV"}},
    {0xe037, {"PRSC", "RALT"}},
    {0xe046, {"PAUS", "HOME", "UP", "PGUP"}},
    {0xe04b, {"LEFT"}},
    {0xe04d, {"RGHT"}},
    {0xe04f, {"END", "DOWN", "PGDN", "INS", "DELE"}},
    {0xe05b, {"LWIN", "RWIN", "COMP", "POWR"}},
    {0xe077, {"FK18"}},
    {0xe079, {"FK22"}},
};

// The keys that XKB has no name for but "I" and a number: Linux's codes, eight less than X's.
const std::map<uint16_t, unsigned> kSpecialKeys{
    // the media player
    {0xe010, KEY_PREVIOUSSONG},
    {0xe018, KEY_REWIND},
    {0xe019, KEY_NEXTSONG},
    {0xe022, KEY_PLAYPAUSE},
    {0xe023, KEY_CLOSECD},
    {0xe024, KEY_STOPCD},
    {0xe028, KEY_PLAYCD},
    {0xe029, KEY_PAUSECD},
    {0xe031, KEY_RECORD},
    {0xe033, KEY_PLAY},
    {0xe034, KEY_FASTFORWARD},
    {0xe03d, KEY_SOUND},
    {0xe06d, KEY_MEDIA},
    {0xe07d, KEY_EJECTCLOSECD},
    {0x6c, KEY_EJECTCD},
    // the browser
    {0xe002, KEY_WWW},
    {0xe032, KEY_HOMEPAGE},
    {0xe065, KEY_SEARCH},
    {0xe066, KEY_BOOKMARKS},
    {0xe067, KEY_REFRESH},
    {0xe068, KEY_STOP},
    {0xe069, KEY_FORWARD},
    {0xe06a, KEY_BACK},
    // mail and chat
    {0xe00e, KEY_FORWARDMAIL},
    {0xe03f, KEY_EMAIL},
    {0xe040, KEY_CHAT},
    {0xe05a, KEY_SEND},
    {0xe064, KEY_REPLY},
    {0xe06c, KEY_MAIL},
    {0x63, KEY_PHONE},
    // power, screen, radio
    {0xe012, KEY_COFFEE},
    {0xe025, KEY_SUSPEND},
    {0xe05f, KEY_SLEEP},
    {0xe063, KEY_WAKEUP},
    {0xe04c, KEY_BRIGHTNESSDOWN},
    {0xe054, KEY_BRIGHTNESSUP},
    {0xe056, KEY_SWITCHVIDEOMODE},
    {0xe057, KEY_KBDILLUMTOGGLE},
    {0xe058, KEY_KBDILLUMDOWN},
    {0xe059, KEY_KBDILLUMUP},
    {0x6b, KEY_ROTATE_DISPLAY},
    {0xe071, KEY_BATTERY},
    {0xe072, KEY_BLUETOOTH},
    {0xe073, KEY_WLAN},
    {0xe074, KEY_UWB},
    {0xe042, KEY_CONNECT},
    // programs and places
    {0xe001, KEY_CONFIG},
    {0xe017, KEY_PROG2},
    {0xe01e, KEY_MENU},
    {0xe01f, KEY_PROG1},
    {0xe021, KEY_CALC},
    {0xe02b, KEY_PROG3},
    {0xe02c, KEY_PROG4},
    {0xe02d, KEY_DASHBOARD},
    {0xe03a, KEY_HP},
    {0xe03b, KEY_CAMERA},
    {0xe043, KEY_FINANCE},
    {0xe044, KEY_SPORT},
    {0xe045, KEY_SHOP},
    {0xe06b, KEY_COMPUTER},
    {0xe070, KEY_DOCUMENTS},
    {0x66, KEY_SETUP},
    {0x67, KEY_FILE},
    {0x68, KEY_SENDFILE},
    {0x69, KEY_DELETEFILE},
    {0x6a, KEY_MSDOS},
    {0xe013, KEY_XFER},
    // editing and windows
    {0xe005, KEY_AGAIN},
    {0xe006, KEY_PROPS},
    {0xe007, KEY_UNDO},
    {0xe008, KEY_EDIT},
    {0xe009, KEY_NEW},
    {0xe00a, KEY_REDO},
    {0xe00b, KEY_SCALE},
    {0xe00c, KEY_FRONT},
    {0xe00f, KEY_SCROLLDOWN},
    {0x75, KEY_SCROLLUP},
    {0xe014, KEY_ALTERASE},
    {0xe026, KEY_CYCLEWINDOWS},
    {0xe02f, KEY_CLOSE},
    {0xe039, KEY_PRINT},
    {0xe03c, KEY_CUT},
    {0xe03e, KEY_QUESTION},
    {0xe041, KEY_FIND},
    {0xe04a, KEY_CANCEL},
    {0xe055, KEY_SAVE},
    {0xe06f, KEY_MACRO},
    {0xe075, KEY_HELP},
    {0xe078, KEY_COPY},
    {0x64, KEY_OPEN},
    {0x65, KEY_PASTE},
    {0x5b, KEY_LINEFEED},
    // more keys of keypads and of Japanese keyboards
    {0xe04e, KEY_KPPLUSMINUS},
    {0xe076, KEY_KPLEFTPAREN},
    {0xe07b, KEY_KPRIGHTPAREN},
    {0x7e, KEY_KPCOMMA},
    {0x76, KEY_ZENKAKUHANKAKU},
};

// What XKB itself says: lines like "<AE01> = 10;" and "alias <MENU> = <COMP>;".
std::map<std::string, unsigned> evdev_keycodes() {
    std::ifstream file(XKB_EVDEV_KEYCODES);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::regex line(R"(\n\s*<([^>]+)>\s*=\s*(\d+);)");
    std::map<std::string, unsigned> keycodes;
    for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match) {
        keycodes.emplace((*match)[1], static_cast<unsigned>(std::stoul((*match)[2])));
    }
    return keycodes;
}

std::map<uint16_t, unsigned> expected_keycodes() {
    const std::map<std::string, unsigned> evdev = evdev_keycodes();
    std::map<uint16_t, unsigned> expected;
    for (const auto& [first_scancode, names] : kPositions) {
        uint16_t scancode = first_scancode;
        for (const std::string& name : names) {
            const auto found = evdev.find(name);
            EXPECT_NE(found, evdev.end()) << name << " in " << XKB_EVDEV_KEYCODES;
            EXPECT_TRUE(expected.emplace(scancode++, found == evdev.end() ? 0 : found->second).second)
                << name;
        }
    }
    for (const auto& [scancode, key] : kSpecialKeys) {
        EXPECT_TRUE(expected.emplace(scancode, key + 8).second) << std::hex << scancode;
    }
    return expected;
}

TEST(Keymap, maps_every_scancode_to_the_key_that_xkb_knows_there_and_no_other) {
    const std::map<uint16_t, unsigned> expected = expected_keycodes();
    for (unsigned scancode = 0; scancode <= 0xffff; ++scancode) {
        const auto found = expected.find(static_cast<uint16_t>(scancode));
        ASSERT_EQ(xspice_keymap_keycode(static_cast<uint16_t>(scancode)),
                  found == expected.end() ? 0 : found->second)
            << "scancode " << std::hex << scancode;
    }
}

TEST(Keymap, gives_each_keycode_to_one_scancode_but_print_to_two) {
    std::map<unsigned, std::vector<unsigned>> scancodes;
    for (unsigned scancode = 0; scancode <= 0xffff; ++scancode) {
        const unsigned keycode = xspice_keymap_keycode(static_cast<uint16_t>(scancode));
        if (keycode != 0) {
            EXPECT_GT(keycode, 8u);
            scancodes[keycode].push_back(scancode);
        }
    }
    for (const auto& [keycode, codes] : scancodes) {
        if (keycode == KEY_SYSRQ + 8) {
            EXPECT_EQ(codes, (std::vector<unsigned>{0x54, 0xe037}));
        } else {
            EXPECT_EQ(codes.size(), 1u) << "keycode " << keycode;
        }
    }
}

TEST(Keymap, has_every_key_of_a_pc_keyboard_and_of_its_multimedia_row) {
    std::set<unsigned> keys;
    for (unsigned scancode = 0; scancode <= 0xffff; ++scancode) {
        keys.insert(xspice_keymap_keycode(static_cast<uint16_t>(scancode)) - 8u);
    }
    // Linux numbers the keys of the PC keyboards from 1; 84 has never been a key.
    for (unsigned key = KEY_ESC; key <= KEY_COMPOSE; ++key) {
        EXPECT_TRUE(key == 84 || keys.count(key) == 1) << "Linux key " << key;
    }
    for (unsigned key = KEY_F13; key <= KEY_F24; ++key) {
        EXPECT_EQ(keys.count(key), 1u) << "Linux key " << key;
    }
}

TEST(Keymap, knows_no_key_for_shifts_that_are_not_there_and_for_release_codes) {
    EXPECT_EQ(xspice_keymap_keycode(0xe02a), 0);
    EXPECT_EQ(xspice_keymap_keycode(0xe036), 0);
    EXPECT_EQ(xspice_keymap_keycode(0x1e | 0x80), 0);
    EXPECT_EQ(xspice_keymap_keycode(0xe01c | 0x80), 0);
}

} // namespace
