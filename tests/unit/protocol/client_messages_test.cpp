// What clients send on the main and inputs channels and on all of them: fields, every truncation, extensions.
// Golden bytes are in tests/wire.
#include "base/byte_writer.hpp"
#include "protocol/base_messages.hpp"
#include "protocol/inputs_messages.hpp"
#include "protocol/main_messages.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace spice::protocol {
namespace {

// A message parses from `size` bytes whatever they are, from more, and from nothing shorter.
template <class Message>
void expect_size(size_t size) {
    for (int fill : {0x00, 0x7f, 0xff}) {
        const std::vector<uint8_t> whole(size, static_cast<uint8_t>(fill));
        EXPECT_TRUE(Message::parse(whole));
        for (size_t less = 0; less < size; ++less) {
            const auto parsed = Message::parse(Bytes(whole).first(less));
            ASSERT_FALSE(parsed) << less;
            EXPECT_FALSE(std::string_view(parsed.error().what).empty());
        }
        std::vector<uint8_t> longer = whole;
        longer.insert(longer.end(), {0xff, 0xff, 0xff});
        EXPECT_TRUE(Message::parse(longer)) << "minor versions may append fields";
    }
}

TEST(ClientMessages, are_errors_at_every_truncation) {
    expect_size<AckSync>(4);
    expect_size<Pong>(12);
    expect_size<ClientDisconnecting>(12);
    expect_size<ClientInfo>(8);
    expect_size<MouseModeRequest>(2);
    expect_size<AgentStart>(4);
    expect_size<ClientAgentToken>(4);
    expect_size<KeyCode>(4);
    expect_size<KeyModifiers>(2);
    expect_size<MouseMotion>(10);
    expect_size<MousePosition>(11);
    expect_size<MouseButton>(3);
}

TEST(BaseMessages, give_their_fields) {
    const auto sync = AckSync::parse(ByteWriter().u32(0x01020304).take());
    EXPECT_EQ(sync->generation, 0x01020304u);
    const auto pong = Pong::parse(ByteWriter().u32(7).u64(0x1122334455667788).take());
    EXPECT_EQ(pong->id, 7u);
    EXPECT_EQ(pong->timestamp, 0x1122334455667788u);
    const auto end = ClientDisconnecting::parse(ByteWriter().u64(5).u32(3).take());
    EXPECT_EQ(end->time_stamp, 5u);
    EXPECT_EQ(end->reason, 3u);
}

TEST(MainMessages, give_their_fields) {
    EXPECT_EQ(ClientInfo::parse(ByteWriter().u64(1ull << 40).take())->cache_size, 1ull << 40);
    EXPECT_EQ(MouseModeRequest::parse(ByteWriter().u16(2).take())->mode, 2);
    EXPECT_EQ(AgentStart::parse(ByteWriter().u32(0xffffffff).take())->tokens, 0xffffffffu);
    EXPECT_EQ(ClientAgentToken::parse(ByteWriter().u32(6).take())->tokens, 6u);
}

TEST(InputsMessages, give_their_fields) {
    EXPECT_EQ(KeyCode::parse(ByteWriter().u32(0x48e0).take())->code, 0x48e0u);
    EXPECT_EQ(KeyModifiers::parse(ByteWriter().u16(0x8005).take())->lock_keys, 0x8005);
    const auto motion = MouseMotion::parse(ByteWriter().i32(-3).i32(0x7fffffff).u16(0x41).take());
    EXPECT_EQ(motion->dx, -3);
    EXPECT_EQ(motion->dy, 0x7fffffff);
    EXPECT_EQ(motion->buttons, 0x41);
    const auto position = MousePosition::parse(ByteWriter().u32(1919).u32(0xffffffff).u16(2).u8(1).take());
    EXPECT_EQ(position->x, 1919u);
    EXPECT_EQ(position->y, 0xffffffffu);
    EXPECT_EQ(position->buttons, 2);
    EXPECT_EQ(position->display, 1);
    const auto button = MouseButton::parse(ByteWriter().u8(SPICE_MOUSE_BUTTON_EXTRA).u16(0x40).take());
    EXPECT_EQ(button->button, SPICE_MOUSE_BUTTON_EXTRA);
    EXPECT_EQ(button->buttons, 0x40);
}

TEST(MessageLimits, leave_room_for_every_message_of_the_channel) {
    EXPECT_EQ(max_main_message(SPICE_MSGC_MAIN_AGENT_DATA), 2048u);
    for (uint32_t number = 0; number <= 0xffff; ++number) {
        const auto type = static_cast<uint16_t>(number);
        EXPECT_GE(max_main_message(type), 12u);
        EXPECT_LE(max_main_message(type), 2048u);
        EXPECT_GE(max_inputs_message(type), 12u);
        EXPECT_LE(max_inputs_message(type), 2048u);
    }
}

} // namespace
} // namespace spice::protocol
