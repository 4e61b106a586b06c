#include "channels/outbox.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace spice::channels {
namespace {

namespace asio = boost::asio;

std::vector<uint8_t> counted(size_t size, uint8_t first) {
    std::vector<uint8_t> bytes(size);
    std::iota(bytes.begin(), bytes.end(), first);
    return bytes;
}

SharedBytes shared(std::vector<uint8_t> bytes) {
    return std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
}

void append(std::vector<uint8_t>& to, const std::vector<uint8_t>& bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

std::vector<uint8_t> contents(const std::vector<asio::const_buffer>& buffers) {
    std::vector<uint8_t> bytes;
    for (const asio::const_buffer& buffer : buffers) {
        const auto* data = static_cast<const uint8_t*>(buffer.data());
        bytes.insert(bytes.end(), data, data + buffer.size());
    }
    return bytes;
}

TEST(Outbox, gives_all_bytes_in_order_whatever_is_taken_at_once) {
    for (size_t step = 1; step < 60; ++step) {
        Outbox outbox;
        std::vector<uint8_t> expected;
        for (uint8_t i = 0; i < 100; ++i) {
            const auto header = counted(6, i);
            const auto head = counted(i % 7, 10); // empty ones too
            const SharedBytes payload = i % 3 == 0 ? shared(counted(i % 11, 100)) : nullptr;
            append(expected, header);
            append(expected, head);
            if (payload) {
                append(expected, *payload);
            }
            outbox.push(header, head, payload);
        }
        EXPECT_EQ(outbox.bytes(), expected.size());
        std::vector<uint8_t> written;
        std::vector<asio::const_buffer> buffers;
        while (!outbox.empty()) {
            const size_t count = outbox.gather(step, buffers);
            ASSERT_GT(count, 0u);
            ASSERT_LE(count, step);
            const std::vector<uint8_t> piece = contents(buffers);
            ASSERT_EQ(piece.size(), count);
            append(written, piece);
            outbox.consume(count);
            EXPECT_EQ(outbox.bytes(), expected.size() - written.size());
        }
        EXPECT_EQ(written, expected);
        EXPECT_EQ(outbox.gather(step, buffers), 0u);
    }
}

TEST(Outbox, shares_a_payload_and_lets_go_of_it_when_it_is_written) {
    const SharedBytes image = shared(counted(100, 0));
    Outbox first;
    Outbox second;
    first.push({1}, {2}, image);
    second.push({1}, {2}, image);
    EXPECT_EQ(image.use_count(), 3);
    EXPECT_EQ(first.bytes(), 102u); // each counts it, shared or not
    EXPECT_EQ(second.bytes(), 102u);
    std::vector<asio::const_buffer> buffers;
    first.gather(1000, buffers);
    ASSERT_EQ(buffers.size(), 3u);
    EXPECT_EQ(buffers[2].data(), image->data()); // not a copy
    first.consume(101);
    EXPECT_EQ(image.use_count(), 3);
    first.consume(1);
    EXPECT_EQ(image.use_count(), 2);
    EXPECT_TRUE(first.empty());
    EXPECT_FALSE(second.empty());
}

TEST(Outbox, gives_nothing_when_nothing_may_go) {
    Outbox outbox;
    outbox.push({1}, {2}, nullptr);
    std::vector<asio::const_buffer> buffers(3);
    EXPECT_EQ(outbox.gather(0, buffers), 0u);
    EXPECT_TRUE(buffers.empty());
}

} // namespace
} // namespace spice::channels
