#include "codecs/palette.hpp"

#include "codecs/lz_encoder.hpp"
#include "support/codec_checks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace spice::codecs {
namespace {

// The picture's pixels, all of one of so many colours, each of which occurs.
test::TestImage image_of_colours(uint32_t width, uint32_t height, uint32_t colours, uint32_t padding = 0) {
    test::TestImage image(width, height, padding);
    test::Random random(colours);
    for (uint32_t i = 0; i < width * height; ++i) {
        const uint32_t number = i < colours ? i : random() % colours;
        image.at(i % width, i / width) = number * 0x010307 & 0xffffff;
    }
    return image;
}

std::vector<uint32_t> colours_of(const IndexedImage& indexed) {
    const auto palette = indexed.view().palette;
    return {palette.begin(), palette.end()};
}

void expect_same_when_indexed(const ImageView& view, const std::vector<uint32_t>& from_top) {
    const auto indexed = make_indexed(view);
    ASSERT_TRUE(indexed);
    const EncodedImage raw = raw_image(indexed->view());
    EXPECT_EQ(raw.top_down, view.top_down);
    ASSERT_EQ(test::decode_image(raw, view.width, view.height), from_top);
}

TEST(MakeIndexed, gives_the_pixels_back_at_every_small_size) {
    for (uint32_t width = 1; width <= 24; ++width) {
        for (uint32_t height = 1; height <= 9; ++height) {
            for (const uint32_t colours : {1u, 2u, 3u, 16u, 17u, 200u}) {
                const test::TestImage picture =
                    image_of_colours(width, height, std::min(colours, width * height), width % 3);
                expect_same_when_indexed(picture.view(), picture.packed());
                const test::FormattedImage bottom_up(picture, PixelFormat::xrgb8888, {false, height % 5});
                expect_same_when_indexed(bottom_up.view(), bottom_up.shown());
            }
        }
    }
}

TEST(MakeIndexed, gives_the_pixels_of_screens_back) {
    for (const auto maker : {test::text_image, test::solid_image}) {
        const test::TestImage picture = maker(333, 61, 5);
        expect_same_when_indexed(picture.view(), picture.packed());
    }
}

TEST(MakeIndexed, takes_the_fewest_bits_that_suffice) {
    const auto format_of = [](uint32_t colours) {
        return make_indexed(image_of_colours(31, 17, colours).view())->view().format;
    };
    EXPECT_EQ(format_of(1), PixelFormat::indexed1);
    EXPECT_EQ(format_of(2), PixelFormat::indexed1);
    EXPECT_EQ(format_of(3), PixelFormat::indexed4);
    EXPECT_EQ(format_of(16), PixelFormat::indexed4);
    EXPECT_EQ(format_of(17), PixelFormat::indexed8);
    EXPECT_EQ(format_of(256), PixelFormat::indexed8);
}

TEST(MakeIndexed, gives_up_at_one_colour_too_many) {
    EXPECT_FALSE(make_indexed(image_of_colours(31, 17, 257).view()));
    EXPECT_TRUE(make_indexed(image_of_colours(31, 17, 256).view()));
    for (const uint32_t limit : {1u, 2u, 16u, 100u}) {
        EXPECT_TRUE(make_indexed(image_of_colours(31, 17, limit).view(), limit));
        EXPECT_FALSE(make_indexed(image_of_colours(31, 17, limit + 1).view(), limit));
    }
}

TEST(MakeIndexed, lists_each_colour_once_and_in_the_order_of_the_rows) {
    test::TestImage picture = test::solid_image(40, 3);
    picture.at(5, 0) = 0xff0000;
    picture.at(2, 1) = 0x00ff00;
    picture.at(1, 2) = 0xff0000;
    EXPECT_EQ(colours_of(*make_indexed(picture.view())),
              (std::vector<uint32_t>{0x123456, 0xff0000, 0x00ff00}));
    const std::vector<uint32_t> many = colours_of(*make_indexed(image_of_colours(50, 50, 256).view()));
    EXPECT_EQ(std::set<uint32_t>(many.begin(), many.end()).size(), 256u);
}

TEST(MakeIndexed, gives_a_palette_of_one_colour_the_entry_that_clients_read) {
    EXPECT_EQ(colours_of(*make_indexed(test::solid_image(9, 9).view())).size(), 2u);
}

TEST(MakeIndexed, takes_pixels_for_equal_that_differ_only_in_the_unused_byte) {
    test::TestImage picture = test::solid_image(64, 2);
    picture.at(7, 1) |= 0xff000000;
    EXPECT_EQ(colours_of(*make_indexed(picture.view(), 1)).front(), 0x123456u);
}

TEST(IndexedImage, can_be_moved_away_from_where_it_was_made) {
    const test::TestImage picture = image_of_colours(20, 20, 9);
    std::vector<IndexedImage> images;
    for (int i = 0; i < 10; ++i) {
        images.push_back(*make_indexed(picture.view()));
    }
    for (const IndexedImage& image : images) {
        EXPECT_EQ(test::decode_image(raw_image(image.view()), 20, 20), picture.packed());
    }
}

TEST(PaletteWorth, grows_with_what_there_is_to_save) {
    EXPECT_EQ(most_colours_worth_a_palette(0), 0u);
    EXPECT_EQ(most_colours_worth_a_palette(40), 0u); // as a plain area of any size
    EXPECT_EQ(most_colours_worth_a_palette(60), 2u);
    EXPECT_EQ(most_colours_worth_a_palette(1000000), 256u);
    for (size_t size = 1; size < 5000; ++size) {
        ASSERT_GE(most_colours_worth_a_palette(size), most_colours_worth_a_palette(size - 1)) << size;
    }
}

void expect_encode_lz(const test::TestImage& picture, uint8_t type, PixelFormat format) {
    const EncodedImage encoded = encode_lz(picture.view());
    EXPECT_EQ(encoded.type, type);
    EXPECT_EQ(encoded.format, format);
    EXPECT_EQ(encoded.palette.empty(), !is_indexed(format));
    EXPECT_EQ(test::decode_image(encoded, picture.width, picture.height), picture.packed());
}

TEST(EncodeLz, takes_a_palette_where_that_makes_fewer_bytes) {
    const auto text_of = [](uint32_t used_bits) {
        test::TestImage picture = test::text_image(256, 100, 3);
        for (uint32_t& pixel : picture.pixels) {
            pixel &= used_bits;
        }
        return picture;
    };
    expect_encode_lz(text_of(0xffffff), SPICE_IMAGE_TYPE_LZ_PLT, PixelFormat::indexed8);
    expect_encode_lz(text_of(0xf0f0f0), SPICE_IMAGE_TYPE_LZ_PLT, PixelFormat::indexed4);
    expect_encode_lz(text_of(0x808080), SPICE_IMAGE_TYPE_LZ_PLT, PixelFormat::indexed1);
}

TEST(EncodeLz, takes_no_palette_where_that_makes_more_bytes) {
    expect_encode_lz(test::ui_image(256, 256), SPICE_IMAGE_TYPE_LZ_RGB, PixelFormat::xrgb8888);
    expect_encode_lz(test::photo_image(64, 64), SPICE_IMAGE_TYPE_LZ_RGB, PixelFormat::xrgb8888);
    expect_encode_lz(test::solid_image(8, 16), SPICE_IMAGE_TYPE_LZ_RGB, PixelFormat::xrgb8888);
    expect_encode_lz(test::solid_image(1, 1), SPICE_IMAGE_TYPE_BITMAP, PixelFormat::xrgb8888);
}

TEST(EncodeLz, sends_the_shape_of_a_character_as_bits) {
    expect_encode_lz(image_of_colours(8, 16, 2), SPICE_IMAGE_TYPE_BITMAP, PixelFormat::indexed1);
}

TEST(EncodeLz, leaves_other_formats_as_they_are) {
    for (const PixelFormat format : test::kAllPixelFormats) {
        const test::FormattedImage image(test::text_image(60, 40), format, {false, 0});
        EXPECT_EQ(encode_lz(image.view()).format == format, format != PixelFormat::xrgb8888)
            << test::name_of(format);
    }
}

} // namespace
} // namespace spice::codecs
