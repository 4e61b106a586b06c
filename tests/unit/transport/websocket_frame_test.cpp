#include "transport/websocket_frame.hpp"

#include "support/web_client.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spice::transport {
namespace {

using test::client_frame;
using Frame = std::vector<uint8_t>;

// The head's length, or the error as a negative number; 0: incomplete.
int parse(const Frame& bytes) {
    const auto head = parse_frame_head(bytes);
    if (!head) {
        return -static_cast<int>(head.error());
    }
    return *head ? static_cast<int>((*head)->size) : 0;
}

int minus(WebError error) {
    return -static_cast<int>(error);
}

TEST(WebSocketFrame, heads_of_every_length_form_are_read) {
    for (const auto& [payload, size] :
         {std::pair<size_t, size_t>{0, 6}, {125, 6}, {126, 8}, {65535, 8}, {65536, 14}}) {
        const Frame bytes = client_frame(0x82, Frame(payload));
        const auto head = parse_frame_head(bytes);
        ASSERT_TRUE(head && *head) << payload;
        EXPECT_EQ((*head)->size, size);
        EXPECT_EQ((*head)->length, payload);
        EXPECT_TRUE((*head)->last);
        EXPECT_EQ((*head)->opcode, Opcode::binary);
        EXPECT_FALSE((*head)->control());
        EXPECT_EQ((*head)->mask, (std::array<uint8_t, 4>{0x37, 0xfa, 0x21, 0x3d}));
        for (size_t cut = 0; cut < size; ++cut) {
            EXPECT_EQ(parse(Frame(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut))), 0);
        }
    }
}

TEST(WebSocketFrame, mistakes_show_at_the_byte_that_has_them) {
    for (const uint8_t reserved : std::initializer_list<uint8_t>{0xc2, 0xa2, 0x92}) {
        EXPECT_EQ(parse({reserved}), minus(WebError::reserved_bits));
    }
    for (const unsigned opcode : {3, 7, 11, 15}) {
        EXPECT_EQ(parse({static_cast<uint8_t>(0x80 | opcode)}), minus(WebError::unknown_frame));
    }
    EXPECT_EQ(parse({0x82, 0x05}), minus(WebError::frame_not_masked));
    EXPECT_EQ(parse({0x09, 0x80}), minus(WebError::bad_control_frame));
    EXPECT_EQ(parse({0x89, 0xfe}), minus(WebError::bad_control_frame));
    EXPECT_EQ(parse({0x88, 0xff}), minus(WebError::bad_control_frame));
}

TEST(WebSocketFrame, lengths_have_their_shortest_form_and_63_bits) {
    EXPECT_EQ(parse({0x82, 0xfe, 0, 125}), minus(WebError::bad_length));
    EXPECT_EQ(parse({0x82, 0xfe, 0, 126}), 0);
    EXPECT_EQ(parse({0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff}), minus(WebError::bad_length));
    EXPECT_EQ(parse({0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}), minus(WebError::bad_length));
    EXPECT_EQ(parse({0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),
              minus(WebError::bad_length));
    const auto longest =
        parse_frame_head(Frame{0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4});
    ASSERT_TRUE(longest && *longest);
    EXPECT_EQ((*longest)->length, uint64_t{INT64_MAX});
}

TEST(WebSocketFrame, messages_of_several_frames_may_have_control_frames_in_between) {
    FrameSequence sequence;
    const auto next = [&](Opcode opcode, bool last) {
        FrameHead head;
        head.opcode = opcode;
        head.last = last;
        return sequence.next(head);
    };
    EXPECT_EQ(next(Opcode::continuation, true), WebError::out_of_sequence);
    EXPECT_EQ(next(Opcode::binary, true), std::nullopt);
    EXPECT_EQ(next(Opcode::binary, false), std::nullopt);
    EXPECT_EQ(next(Opcode::ping, true), std::nullopt);
    EXPECT_EQ(next(Opcode::continuation, false), std::nullopt);
    EXPECT_EQ(next(Opcode::binary, true), WebError::out_of_sequence);
    EXPECT_EQ(next(Opcode::continuation, true), std::nullopt);
    EXPECT_EQ(next(Opcode::continuation, true), WebError::out_of_sequence);
    EXPECT_EQ(next(Opcode::text, true), WebError::text_frame);
}

TEST(WebSocketFrame, unmasking_goes_on_at_any_offset) {
    const std::array<uint8_t, 4> mask{1, 2, 3, 4};
    Frame whole{1, 2, 3, 4, 1, 2, 3};
    Frame parts = whole;
    unmask(whole, mask, 0);
    EXPECT_EQ(whole, Frame(7));
    unmask(std::span(parts).first(3), mask, 0);
    unmask(std::span(parts).subspan(3), mask, 3);
    EXPECT_EQ(parts, Frame(7));
}

TEST(WebSocketFrame, close_frames_say_nothing_or_a_code_that_may_be_sent) {
    const auto valid = [](unsigned code) {
        return valid_close_payload(Frame{static_cast<uint8_t>(code >> 8), static_cast<uint8_t>(code), 'x'});
    };
    EXPECT_TRUE(valid_close_payload({}));
    EXPECT_FALSE(valid_close_payload(Frame{3}));
    for (unsigned code : {1000, 1003, 1007, 1014, 3000, 4999}) {
        EXPECT_TRUE(valid(code)) << code;
    }
    for (unsigned code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535}) {
        EXPECT_FALSE(valid(code)) << code;
    }
}

TEST(WebSocketFrame, server_heads_are_short_and_not_masked) {
    const auto bytes = [](size_t length) {
        const ServerFrameHead head = server_frame_head(Opcode::binary, length);
        return Frame(head.bytes.begin(), head.bytes.begin() + static_cast<std::ptrdiff_t>(head.size));
    };
    EXPECT_EQ(bytes(0), (Frame{0x82, 0}));
    EXPECT_EQ(bytes(125), (Frame{0x82, 125}));
    EXPECT_EQ(bytes(126), (Frame{0x82, 126, 0, 126}));
    EXPECT_EQ(bytes(65535), (Frame{0x82, 126, 0xff, 0xff}));
}

} // namespace
} // namespace spice::transport
