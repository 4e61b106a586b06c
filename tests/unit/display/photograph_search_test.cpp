// Where photographs are found in pages and desktops, and whether dividing there makes fewer bytes.
#include "display/photograph_search.hpp"

#include "codecs/quic_encoder.hpp"
#include "codecs/zlib_glz_encoder.hpp"
#include "display/content_class.hpp"
#include "support/photo_image.hpp"
#include "support/random.hpp"
#include "support/test_images.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace spice::display {
namespace {

using codecs::ImageView;
using test::TestImage;
using testing::ElementsAre;
using testing::IsEmpty;

// Text with a photograph on it, `margin` pixels of plain ground around that.
TestImage page_with(const TestImage& photograph, uint32_t left, uint32_t top, uint32_t margin,
                    uint32_t width = 256, uint32_t height = 256) {
    TestImage page = test::text_image(width, height, 5);
    page.fill(left - std::min(left, margin), top - std::min(top, margin), left + photograph.width + margin,
              top + photograph.height + margin, 0xf4f4f6);
    page.paste(photograph, left, top);
    return page;
}

Rect rect(uint32_t left, uint32_t top, const TestImage& image) {
    return {static_cast<int>(left), static_cast<int>(top), static_cast<int>(left + image.width),
            static_cast<int>(top + image.height)};
}

TEST(PhotographSearch, finds_a_photograph_on_a_page_to_the_pixel) {
    test::Random random(1);
    for (int i = 0; i < 50; ++i) {
        const TestImage photograph = test::natural_image(60 + random.below(90), 50 + random.below(100));
        const uint32_t left = 16 + random.below(256 - 32 - photograph.width);
        const uint32_t top = 16 + random.below(256 - 32 - photograph.height);
        const TestImage page = page_with(photograph, left, top, 10);
        EXPECT_THAT(find_photographs(page.view()), ElementsAre(rect(left, top, photograph))) << i;
    }
}

TEST(PhotographSearch, finds_one_that_goes_on_beyond_the_image) {
    const TestImage photograph = test::natural_image(120, 90);
    EXPECT_THAT(find_photographs(page_with(photograph, 0, 0, 12).view()), ElementsAre(Rect{0, 0, 120, 90}));
    EXPECT_THAT(find_photographs(page_with(photograph, 200, 190, 12).view()),
                ElementsAre(Rect{200, 190, 256, 256}));
    EXPECT_THAT(find_photographs(page_with(photograph, 3, 80, 12).view()), ElementsAre(Rect{0, 80, 123, 170}))
        << "a strip of three pixels is not worth an image";
}

TEST(PhotographSearch, finds_it_in_what_a_scroll_uncovers) {
    const TestImage photograph = test::natural_image(540, 8);
    EXPECT_THAT(find_photographs(page_with(photograph, 40, 0, 20, 1200, 8).view()),
                ElementsAre(Rect{40, 0, 580, 8}));
}

TEST(PhotographSearch, finds_several) {
    const TestImage photograph = test::natural_image(80, 70);
    TestImage page = page_with(photograph, 20, 30, 12);
    page.fill(140, 120, 256, 240, 0xffffff);
    page.paste(photograph, 155, 140);
    EXPECT_THAT(find_photographs(page.view()),
                testing::UnorderedElementsAre(Rect{20, 30, 100, 100}, Rect{155, 140, 235, 210}));
}

TEST(PhotographSearch, leaves_what_is_all_of_one_kind_as_it_is) {
    for (uint32_t side : {64u, 256u, 500u}) {
        EXPECT_THAT(find_photographs(test::text_image(side, side).view()), IsEmpty());
        EXPECT_THAT(find_photographs(test::ui_image(side, side).view()), IsEmpty());
        EXPECT_THAT(find_photographs(test::natural_image(side, side).view()), IsEmpty());
        EXPECT_THAT(find_photographs(test::noise_image(side, side).view()), IsEmpty());
    }
}

TEST(PhotographSearch, leaves_a_photograph_that_turns_into_something_else_as_it_is) {
    TestImage photograph = test::natural_image(256, 256);
    test::Random random(2);
    for (uint32_t y = 0; y < 256; ++y) { // fog
        for (uint32_t x = 0; x < 128; ++x) {
            photograph.at(x, y) = (0xd0 + random.below(3)) * 0x010101;
        }
    }
    EXPECT_THAT(find_photographs(photograph.view()), IsEmpty());
}

TEST(PhotographSearch, stays_inside_of_images_of_every_size) {
    for (uint32_t width = 1; width <= 400; width += 1 + width / 7) {
        for (uint32_t height = 1; height <= 400; height += 1 + height / 5) {
            TestImage image = test::noise_image(width, height, 3);
            image.fill(width / 3, 0, width / 2, height, 0xffffff);
            image.fill(0, height / 4, width, height / 3, 0);
            for (const Rect& box : find_photographs(image.view())) {
                EXPECT_FALSE(box.empty());
                EXPECT_EQ(intersect(box, rect(0, 0, image)), box) << width << "x" << height;
            }
        }
    }
}

TEST(PhotographSearch, makes_fewer_bytes_of_pages_with_photographs) {
    const codecs::QuicEncoder quic;
    const codecs::ZlibGlzEncoder zlib_glz;
    for (const uint32_t side : {200u, 210u, 220u}) {
        const TestImage page = page_with(test::natural_image(side, side), 20, 20, 12);
        ASSERT_EQ(classify_content(page.view()), ContentClass::mixed) << "or GLZ may do as well";
        const auto size_by = [&page](const codecs::ImageCodec& codec, const Rect& area) {
            const uint32_t* const first =
                &page.pixels[static_cast<size_t>(area.y1) * page.stride + static_cast<size_t>(area.x1)];
            const ImageView part = codecs::xrgb_view(first, page.stride, static_cast<uint32_t>(area.width()),
                                                     static_cast<uint32_t>(area.height()));
            return codecs::encode_image(&codec, part).data.size();
        };
        const Rect all = rect(0, 0, page);
        const std::vector<Rect> found = find_photographs(page.view());
        size_t divided = 0;
        for (const Rect& photograph : found) {
            divided += size_by(quic, photograph);
        }
        const Region rest = Region(all) - Region(found);
        for (const Rect& part : rest.rects()) {
            divided += size_by(zlib_glz, part);
        }
        EXPECT_LT(divided * 10, size_by(quic, all) * 9) << side;
    }
}

} // namespace
} // namespace spice::display
