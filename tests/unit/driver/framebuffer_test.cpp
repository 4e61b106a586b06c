extern "C" {
#include "xspice_framebuffer.h"
}

#include <gtest/gtest.h>

namespace {

class Framebuffer : public testing::Test {
protected:
    Framebuffer() { reserved_ = xspice_framebuffer_reserve(&memory_, kMax, kMax); }
    ~Framebuffer() override { xspice_framebuffer_release(&memory_); }

    uint32_t& at(int x, int y) {
        return memory_
            .pixels[static_cast<size_t>(y) * static_cast<size_t>(memory_.stride) + static_cast<size_t>(x)];
    }
    static uint32_t mark(int x, int y) { return static_cast<uint32_t>(y * 10'000 + x + 1); }
    void paint() {
        for (int y = 0; y < memory_.height; ++y) {
            for (int x = 0; x < memory_.width; ++x) {
                at(x, y) = mark(x, y);
            }
        }
    }
    // Marks inside `width` x `height`, black elsewhere.
    void expect_kept(int width, int height) {
        for (int y = 0; y < memory_.height; ++y) {
            for (int x = 0; x < memory_.width; ++x) {
                const uint32_t wanted = x < width && y < height ? mark(x, y) : 0;
                if (at(x, y) != wanted) {
                    FAIL() << at(x, y) << " instead of " << wanted << " at " << x << "," << y;
                }
            }
        }
    }

    static constexpr int kMax = 1024;
    xspice_framebuffer_memory memory_{};
    bool reserved_ = false;
};

TEST_F(Framebuffer, starts_black) {
    ASSERT_TRUE(reserved_);
    xspice_framebuffer_resize(&memory_, 333, 445);
    expect_kept(0, 0);
}

TEST_F(Framebuffer, has_strides_of_cache_lines_but_not_of_pages) {
    for (int width = 1; width <= kMax; ++width) {
        xspice_framebuffer_resize(&memory_, width, 3);
        ASSERT_GE(memory_.stride, width);
        ASSERT_EQ(memory_.stride % 16, 0) << width;
        ASSERT_NE(memory_.stride % 1024, 0) << width;
    }
}

TEST_F(Framebuffer, keeps_what_both_sizes_show) {
    const struct {
        int width, height;
    } sizes[] = {{801, 601}, {333, 445}, {1024, 1024}, {1023, 64}, {64, 1000}, {1000, 999}, {1001, 999}};
    for (const auto& from : sizes) {
        for (const auto& to : sizes) {
            xspice_framebuffer_resize(&memory_, from.width, from.height);
            paint();
            xspice_framebuffer_resize(&memory_, to.width, to.height);
            ASSERT_NO_FATAL_FAILURE(
                expect_kept(std::min(from.width, to.width), std::min(from.height, to.height)));
        }
    }
}

TEST_F(Framebuffer, never_moves) {
    const uint32_t* const address = memory_.pixels;
    xspice_framebuffer_resize(&memory_, kMax, kMax);
    paint();
    EXPECT_EQ(memory_.pixels, address);
}

} // namespace
