// Messages of the base, main and inputs channels on the wire, byte for byte, against spice.proto's layouts.
#include "protocol/base_messages.hpp"
#include "protocol/header.hpp"
#include "protocol/inputs_messages.hpp"
#include "protocol/main_messages.hpp"

#include "support/hex.hpp"

#include <gtest/gtest.h>

namespace spice::protocol {
namespace {

using test::from_hex;

TEST(HeaderWire, mini_and_full) {
    ByteWriter mini;
    write_header(mini, HeaderForm::mini, SPICE_MSG_MAIN_INIT, 32, 7);
    EXPECT_EQ(mini.take(), from_hex("67 00  20 00 00 00"));
    ByteWriter full;
    write_header(full, HeaderForm::full, SPICE_MSG_DISPLAY_DRAW_COPY, 0x12345, 0x0102030405060708);
    EXPECT_EQ(full.take(), from_hex("08 07 06 05 04 03 02 01  30 01  45 23 01 00  00 00 00 00"));
}

TEST(HeaderWire, of_a_client) {
    const auto mini = parse_header(HeaderForm::mini, from_hex("65 00  0e 00 00 00"));
    ASSERT_TRUE(mini);
    EXPECT_EQ(mini->type, SPICE_MSGC_DISPLAY_INIT);
    EXPECT_EQ(mini->size, 14u);
    const auto full =
        parse_header(HeaderForm::full, from_hex("01 00 00 00 00 00 00 00  68 00  00 00 00 00  00 00 00 00"));
    ASSERT_TRUE(full);
    EXPECT_EQ(full->type, SPICE_MSGC_MAIN_ATTACH_CHANNELS);
    EXPECT_EQ(full->size, 0u);
}

TEST(BaseWire, to_the_client) {
    EXPECT_EQ((SetAck{1, 20}.body()), from_hex("01 00 00 00  14 00 00 00"));
    EXPECT_EQ((Ping{3, 0x1122334455667788, 0}.body()), from_hex("03 00 00 00  88 77 66 55 44 33 22 11"));
    EXPECT_EQ((Ping{3, 1, 5}.body()), from_hex("03 00 00 00  01 00 00 00 00 00 00 00  00 00 00 00 00"));
    EXPECT_EQ((Disconnecting{2, SPICE_LINK_ERR_ERROR}.body()),
              from_hex("02 00 00 00 00 00 00 00  01 00 00 00"));
}

TEST(BaseWire, notify_does_not_count_its_nul) {
    Notify notify;
    notify.time_stamp = 0x0102030405060708;
    notify.severity = SPICE_NOTIFY_SEVERITY_WARN;
    notify.visibility = SPICE_NOTIFY_VISIBILITY_HIGH;
    notify.what = 9;
    notify.message = "hey";
    EXPECT_EQ(notify.body(), from_hex("08 07 06 05 04 03 02 01  01 00 00 00  02 00 00 00  09 00 00 00"
                                      "03 00 00 00  68 65 79 00"));
}

TEST(BaseWire, list_points_to_its_sub_messages) {
    EXPECT_EQ(MessageList{}.body(), from_hex("00 00"));
    const MessageList list{{{SPICE_MSG_SET_ACK, {1, 2, 3}}, {SPICE_MSG_DISPLAY_INVAL_LIST, {}}}};
    EXPECT_EQ(list.body(), from_hex("02 00  0a 00 00 00  13 00 00 00"
                                    "03 00  03 00 00 00  01 02 03"
                                    "69 00  00 00 00 00"));
}

TEST(BaseWire, from_the_client) {
    EXPECT_EQ(AckSync::parse(from_hex("01 00 00 00"))->generation, 1u);
    const auto pong = Pong::parse(from_hex("02 00 00 00  08 07 06 05 04 03 02 01"));
    EXPECT_EQ(pong->id, 2u);
    EXPECT_EQ(pong->timestamp, 0x0102030405060708u);
}

TEST(MainWire, init) {
    MainInit init;
    init.session_id = 0x01020304;
    init.display_channels_hint = 1;
    init.supported_mouse_modes = SPICE_MOUSE_MODE_SERVER | SPICE_MOUSE_MODE_CLIENT;
    init.current_mouse_mode = SPICE_MOUSE_MODE_CLIENT;
    init.agent_connected = true;
    init.agent_tokens = 10;
    init.multi_media_time = 0xfffffff0;
    init.ram_hint = 0;
    EXPECT_EQ(init.body(), from_hex("04 03 02 01  01 00 00 00  03 00 00 00  02 00 00 00"
                                    "01 00 00 00  0a 00 00 00  f0 ff ff ff  00 00 00 00"));
}

TEST(MainWire, channels_list) {
    const ChannelsList list{
        {{SPICE_CHANNEL_DISPLAY, 0}, {SPICE_CHANNEL_CURSOR, 0}, {SPICE_CHANNEL_INPUTS, 2}}};
    EXPECT_EQ(list.body(), from_hex("03 00 00 00  02 00  04 00  03 02"));
    EXPECT_EQ(ChannelsList{}.body(), from_hex("00 00 00 00"));
}

TEST(MainWire, name_counts_its_nul) {
    EXPECT_EQ(ServerName{"box"}.body(), from_hex("04 00 00 00  62 6f 78 00"));
    EXPECT_EQ(ServerName{""}.body(), from_hex("01 00 00 00  00"));
}

TEST(MainWire, small_ones) {
    EXPECT_EQ((MouseMode{3, 2}.body()), from_hex("03 00  02 00"));
    EXPECT_EQ(MultiMediaTime{0x01020304}.body(), from_hex("04 03 02 01"));
    EXPECT_EQ(AgentConnectedTokens{10}.body(), from_hex("0a 00 00 00"));
    EXPECT_EQ(AgentDisconnected{SPICE_LINK_ERR_ERROR}.body(), from_hex("01 00 00 00"));
    EXPECT_EQ(AgentToken{5}.body(), from_hex("05 00 00 00"));
    const auto data = from_hex("01 02 03");
    EXPECT_EQ(AgentData{data}.body(), data);
    ServerUuid uuid;
    for (size_t i = 0; i < uuid.uuid.size(); ++i) {
        uuid.uuid[i] = static_cast<uint8_t>(i);
    }
    EXPECT_EQ(uuid.body(), from_hex("00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"));
}

TEST(MainWire, types) {
    EXPECT_EQ(MainInit::kType, 103);
    EXPECT_EQ(ChannelsList::kType, 104);
    EXPECT_EQ(MouseMode::kType, 105);
    EXPECT_EQ(AgentData::kType, 109);
    EXPECT_EQ(ServerName::kType, 113);
    EXPECT_EQ(ServerUuid::kType, 114);
    EXPECT_EQ(AgentConnectedTokens::kType, 115);
}

TEST(MainWire, from_the_client) {
    EXPECT_EQ(MouseModeRequest::parse(from_hex("02 00"))->mode, SPICE_MOUSE_MODE_CLIENT);
    EXPECT_EQ(AgentStart::parse(from_hex("ff ff ff ff"))->tokens, 0xffffffffu);
}

TEST(InputsWire, to_the_client) {
    EXPECT_EQ(InputsInit{SPICE_KEYBOARD_MODIFIER_FLAGS_CAPS_LOCK}.body(), from_hex("04 00"));
    EXPECT_EQ(InputsKeyModifiers{SPICE_KEYBOARD_MODIFIER_FLAGS_NUM_LOCK}.body(), from_hex("02 00"));
}

TEST(InputsWire, from_the_client) {
    EXPECT_EQ(KeyCode::parse(from_hex("e0 48 00 00"))->code, 0x48e0u);
    const auto motion = MouseMotion::parse(from_hex("fe ff ff ff  03 00 00 00  01 00"));
    EXPECT_EQ(motion->dx, -2);
    EXPECT_EQ(motion->dy, 3);
    EXPECT_EQ(motion->buttons, SPICE_MOUSE_BUTTON_MASK_LEFT);
    const auto position = MousePosition::parse(from_hex("80 02 00 00  e0 01 00 00  04 00  01"));
    EXPECT_EQ(position->x, 640u);
    EXPECT_EQ(position->y, 480u);
    EXPECT_EQ(position->buttons, SPICE_MOUSE_BUTTON_MASK_RIGHT);
    EXPECT_EQ(position->display, 1);
    const auto press = MouseButton::parse(from_hex("04  00 00"));
    EXPECT_EQ(press->button, SPICE_MOUSE_BUTTON_UP);
    EXPECT_EQ(press->buttons, 0);
}

} // namespace
} // namespace spice::protocol
