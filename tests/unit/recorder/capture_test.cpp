#include "recorder/capture.hpp"

#include "unit/recorder/shared_picture.hpp"

#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

namespace spice::recorder {
namespace {

Answer answer(boost::json::object members, UniqueFd memory) {
    return {std::move(members), std::move(memory)};
}

std::string why_not(boost::json::object members,
                    UniqueFd memory = shared_memory(std::vector<uint32_t>(64 * 64))) {
    const Result<Capture> capture = Capture::open(answer(std::move(members), std::move(memory)));
    return capture ? "(accepted)" : capture.error().what;
}

TEST(CaptureTest, shows_what_is_in_the_memory_now) {
    std::vector<uint32_t> pixels(6 * 3);
    std::iota(pixels.begin(), pixels.end(), 1);
    UniqueFd memory = shared_memory(pixels);
    const UniqueFd writer(::dup(memory.value()));
    Result<Capture> opened =
        Capture::open(answer({{"width", 5}, {"height", 3}, {"stride", 24}}, std::move(memory)));
    ASSERT_TRUE(opened);
    const Capture capture = std::move(*opened);
    const PictureView& picture = capture.picture();
    EXPECT_EQ(picture.size, (Size{5, 3}));
    EXPECT_EQ(picture.stride, 24);
    EXPECT_EQ(std::memcmp(picture.pixels, pixels.data(), pixels.size() * 4), 0);
    const uint32_t other = 0xabcdef;
    ASSERT_EQ(::pwrite(writer.value(), &other, sizeof other, 24), 4);
    EXPECT_EQ(std::memcmp(picture.pixels + 24, &other, sizeof other), 0);
}

TEST(CaptureTest, can_be_read_a_little_past_the_last_pixel) {
    const Result<Capture> capture = Capture::open(answer({{"width", 1024}, {"height", 1}, {"stride", 4096}},
                                                         shared_memory(std::vector<uint32_t>(1024))));
    ASSERT_TRUE(capture);
    EXPECT_EQ(capture->picture().pixels[4096 + 63], std::byte{0});
}

TEST(CaptureTest, replaces_one_by_another) {
    Result<Capture> first =
        Capture::open(answer({{"width", 1}, {"height", 1}, {"stride", 4}}, shared_memory({1, 2})));
    Result<Capture> second =
        Capture::open(answer({{"width", 2}, {"height", 1}, {"stride", 8}}, shared_memory({1, 2})));
    ASSERT_TRUE(first && second);
    *first = std::move(*second);
    EXPECT_EQ(first->picture().size, (Size{2, 1}));
}

TEST(CaptureTest, refuses_sizes_that_no_screen_has) {
    for (const boost::json::value& bad : std::initializer_list<boost::json::value>{
             0, -1, 16385, 4294967297, 1.5, "64", true, nullptr, boost::json::object{}}) {
        EXPECT_EQ(why_not({{"width", bad}, {"height", 64}, {"stride", 256}}), "a picture without a size")
            << bad;
        EXPECT_EQ(why_not({{"width", 64}, {"height", bad}, {"stride", 256}}), "a picture without a size")
            << bad;
    }
    for (const boost::json::value& bad :
         std::initializer_list<boost::json::value>{0, -256, 3, 1 << 21, "256"}) {
        EXPECT_EQ(why_not({{"width", 64}, {"height", 64}, {"stride", bad}}), "a picture without a size")
            << bad;
    }
    EXPECT_EQ(why_not({{"height", 64}, {"stride", 256}}), "a picture without a size");
    EXPECT_EQ(why_not({{"width", 64}, {"height", 64}, {"stride", 252}}),
              "a picture whose rows are too short");
    EXPECT_EQ(why_not({{"width", 64}, {"height", 64}, {"stride", 258}}),
              "a picture whose rows are too short");
}

TEST(CaptureTest, refuses_memory_that_the_picture_is_not_in) {
    EXPECT_EQ(why_not({{"width", 64}, {"height", 65}, {"stride", 256}}),
              "a picture that is larger than its memory");
    EXPECT_EQ(why_not({{"width", 16384}, {"height", 16384}, {"stride", 1 << 20}}),
              "a picture that is larger than its memory");
    EXPECT_EQ(why_not({{"width", 64}, {"height", 64}, {"stride", 256}}, UniqueFd()),
              "a picture without its memory");
}

TEST(CaptureTest, refuses_memory_that_can_be_taken_away_while_it_is_read) {
    const std::vector<uint32_t> pixels(64 * 64);
    const boost::json::object size{{"width", 64}, {"height", 64}, {"stride", 256}};
    EXPECT_EQ(why_not(size, shared_memory(pixels, F_SEAL_GROW)),
              "a picture in memory that could be taken away");
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const UniqueFd writer(ends[1]);
    EXPECT_EQ(why_not(size, UniqueFd(ends[0])), "a picture in memory that could be taken away");
}

} // namespace
} // namespace spice::recorder
