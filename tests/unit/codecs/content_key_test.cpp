#include "codecs/content_key.hpp"

#include "support/test_images.hpp"

#include <gtest/gtest.h>

namespace spice::codecs {
namespace {

TEST(ContentKey, is_of_the_pixels_and_not_of_how_they_lie_in_memory) {
    EXPECT_EQ(content_key(test::text_image(70, 30).view()), content_key(test::text_image(70, 30, 9).view()));
}

TEST(ContentKey, differs_with_any_pixel) {
    test::TestImage image = test::ui_image(70, 30);
    const ContentKey before = content_key(image.view());
    for (uint32_t y = 0; y < 30; ++y) {
        for (uint32_t x = 0; x < 70; ++x) {
            image.at(x, y) ^= 1;
            const ContentKey key = content_key(image.view());
            ASSERT_NE(key.low, before.low);
            ASSERT_NE(key.high, before.high);
            image.at(x, y) ^= 1;
        }
    }
    EXPECT_EQ(content_key(image.view()), before);
}

TEST(ContentKey, differs_with_the_shape) {
    const test::TestImage image = test::ui_image(64, 32);
    ImageView view = image.view();
    const ContentKey wide = content_key(view);
    std::swap(view.width, view.height);
    view.stride = view.row_size();
    EXPECT_NE(content_key(view), wide);
}

} // namespace
} // namespace spice::codecs
