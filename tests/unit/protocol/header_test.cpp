#include "protocol/header.hpp"

#include <gtest/gtest.h>

namespace spice::protocol {
namespace {

constexpr HeaderForm kForms[] = {HeaderForm::mini, HeaderForm::full};

std::vector<uint8_t> header_of(HeaderForm form, uint16_t type, uint32_t size) {
    ByteWriter out;
    write_header(out, form, type, size, 9);
    return out.take();
}

TEST(MessageHeader, has_6_bytes_or_18) {
    EXPECT_EQ(header_size(HeaderForm::mini), 6u);
    EXPECT_EQ(header_size(HeaderForm::full), 18u);
    for (HeaderForm form : kForms) {
        EXPECT_EQ(header_of(form, 1, 0).size(), header_size(form));
    }
}

TEST(MessageHeader, is_read_as_it_was_written) {
    for (HeaderForm form : kForms) {
        const auto parsed = parse_header(form, header_of(form, 0xfedc, 0x54321));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->type, 0xfedc);
        EXPECT_EQ(parsed->size, 0x54321u);
    }
}

TEST(MessageHeader, refuses_sizes_above_every_message) {
    for (HeaderForm form : kForms) {
        EXPECT_TRUE(parse_header(form, header_of(form, 1, kMaxClientMessage)));
        for (uint32_t size : {kMaxClientMessage + 1, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
            EXPECT_FALSE(parse_header(form, header_of(form, 1, size))) << size;
        }
    }
}

TEST(MessageHeader, is_an_error_at_every_truncation) {
    for (HeaderForm form : kForms) {
        const auto whole = header_of(form, 101, 14);
        for (size_t size = 0; size < whole.size(); ++size) {
            EXPECT_FALSE(parse_header(form, Bytes(whole).first(size))) << size;
        }
    }
}

} // namespace
} // namespace spice::protocol
