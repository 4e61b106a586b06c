#include "control/line_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spice::control {
namespace {

using Lines = std::vector<std::string>;

// What comes out of `buffer` when `text` comes in pieces of `piece` bytes.
Lines pour(LineBuffer& buffer, std::string_view text, size_t piece) {
    Lines lines;
    while (!text.empty() && !buffer.too_long()) {
        const auto room = buffer.room();
        const size_t size = std::min({piece, text.size(), room.size()});
        std::copy_n(text.begin(), size, room.begin());
        buffer.filled(size);
        text.remove_prefix(size);
        while (const auto line = buffer.next()) {
            lines.emplace_back(*line);
        }
    }
    return lines;
}

TEST(LineBuffer, gives_lines_however_the_bytes_come) {
    for (const size_t piece : {1, 2, 3, 7, 100}) {
        LineBuffer buffer;
        EXPECT_EQ(pour(buffer, "one\n\nthree\nfo", piece), (Lines{"one", "", "three"})) << piece;
        EXPECT_EQ(pour(buffer, "ur\nfive", piece), Lines{"four"});
        EXPECT_EQ(pour(buffer, "\n", piece), Lines{"five"});
        EXPECT_FALSE(buffer.too_long());
    }
}

TEST(LineBuffer, takes_a_line_of_the_largest_size_and_none_that_is_longer) {
    const std::string largest(LineBuffer::kMaxLine, 'x');
    LineBuffer fits;
    EXPECT_EQ(pour(fits, largest + "\nnext\n", 50'000), (Lines{largest, "next"}));
    EXPECT_FALSE(fits.too_long());
    LineBuffer longer;
    EXPECT_EQ(pour(longer, largest + "x\nnext\n", 50'000), Lines{});
    EXPECT_TRUE(longer.too_long());
    LineBuffer endless;
    EXPECT_EQ(pour(endless, largest + "xx", 50'000), Lines{});
    EXPECT_TRUE(endless.too_long());
}

TEST(LineBuffer, keeps_no_more_than_a_line_and_what_came_with_it) {
    LineBuffer buffer;
    const std::string line(1000, 'y');
    for (int i = 0; i < 5000; ++i) {
        ASSERT_EQ(pour(buffer, line + "\n", 777), Lines{line});
    }
    EXPECT_LE(buffer.room().size(), size_t{64 * 1024});
}

} // namespace
} // namespace spice::control
