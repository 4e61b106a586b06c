// Messages of the cursor channel on the wire, byte for byte, against spice.proto's layouts.
#include "protocol/cursor_messages.hpp"

#include "support/hex.hpp"

#include <gtest/gtest.h>

namespace spice::protocol {
namespace {

using test::from_hex;

const CursorImage kImage{
    SPICE_CURSOR_FLAGS_CACHE_ME, 9, {2, 1}, {1, 0}, from_hex("01 02 03 04  05 06 07 08")};

TEST(CursorWire, init) {
    EXPECT_EQ((CursorInit{{3, -1}, false, {}}.body()), from_hex("03 00 ff ff  00 00  00 00  00  01 00"));
    EXPECT_EQ((CursorInit{{100000, -100000}, true, kImage}.body()),
              from_hex("ff 7f 00 80  00 00  00 00  01  02 00"
                       "09 00 00 00 00 00 00 00  00  02 00  01 00  01 00  00 00"
                       "01 02 03 04  05 06 07 08"));
}

TEST(CursorWire, set) {
    EXPECT_EQ((CursorSet{{3, 4}, true, kImage}.body()),
              from_hex("03 00 04 00  01  02 00"
                       "09 00 00 00 00 00 00 00  00  02 00  01 00  01 00  00 00"
                       "01 02 03 04  05 06 07 08"));
    CursorImage cached = kImage;
    cached.flags = SPICE_CURSOR_FLAGS_FROM_CACHE;
    cached.pixels.clear();
    EXPECT_EQ((CursorSet{{3, 4}, true, cached}.body()),
              from_hex("03 00 04 00  01  04 00"
                       "09 00 00 00 00 00 00 00  00  02 00  01 00  01 00  00 00"));
}

TEST(CursorWire, move_and_inval_one) {
    EXPECT_EQ((CursorMove{{258, 3}}.body()), from_hex("02 01 03 00"));
    EXPECT_EQ(CursorInvalOne{0x102}.body(), from_hex("02 01 00 00 00 00 00 00"));
}

} // namespace
} // namespace spice::protocol
