#include "display/codec_policy.hpp"

#include "codecs/jpeg_encoder.hpp"

#include <spice/enums.h>

#include <gtest/gtest.h>

namespace spice::display {
namespace {

using codecs::Codec;

constexpr double kFast = 100e6; // bytes per second
constexpr double kSlow = 0.6e6;

CodecPreferences preferences(ImageCompression configured) {
    CodecPreferences preferences;
    preferences.configured = configured;
    preferences.has_lz4 = true;
    preferences.has_glz = true;
    return preferences;
}

const codecs::ImageCodec* chosen(const CodecPreferences& preferences, ContentClass content,
                                 LinkSpeed link = std::nullopt) {
    const CodecChoice choice = choose_codec(preferences, content, 60'000, link);
    EXPECT_EQ(choice.recipe.other != nullptr,
              content == ContentClass::soft && choice.recipe.codec == codecs::codec(Codec::quic));
    EXPECT_EQ(choice.dictionary, link && *link < kSlowLink && choice.recipe.codec != nullptr &&
                                     (choice.recipe.codec == codecs::codec(Codec::glz) ||
                                      choice.recipe.codec == codecs::codec(Codec::zlib_glz)));
    return choice.recipe.codec;
}

TEST(CodecPolicy, goes_by_content_when_it_is_left_to_us) {
    const CodecPreferences automatic = preferences(ImageCompression::automatic);
    EXPECT_EQ(chosen(automatic, ContentClass::patterns), codec(Codec::zlib_glz));
    EXPECT_EQ(chosen(automatic, ContentClass::soft), codec(Codec::quic)) << "or the other one";
    EXPECT_EQ(chosen(automatic, ContentClass::mixed), codec(Codec::quic));
    EXPECT_EQ(chosen(automatic, ContentClass::photographic), codec(Codec::quic));
}

TEST(CodecPolicy, spends_no_effort_on_a_character) {
    const CodecPreferences automatic = preferences(ImageCompression::automatic);
    EXPECT_EQ(choose_codec(automatic, ContentClass::patterns, 8 * 16, std::nullopt).recipe.codec,
              codec(Codec::lz));
}

TEST(CodecPolicy, refers_to_earlier_images_when_nobody_could_share_this_one) {
    CodecPreferences alone = preferences(ImageCompression::automatic);
    EXPECT_FALSE(choose_codec(alone, ContentClass::patterns, 2000, kFast).dictionary);
    alone.alone = true;
    EXPECT_TRUE(choose_codec(alone, ContentClass::patterns, 2000, kFast).dictionary);
    EXPECT_TRUE(choose_codec(alone, ContentClass::patterns, 60'000, kFast).dictionary);
    EXPECT_FALSE(choose_codec(alone, ContentClass::photographic, 2000, kFast).dictionary);
    alone.has_glz = false;
    EXPECT_FALSE(choose_codec(alone, ContentClass::patterns, 2000, kFast).dictionary);
}

TEST(CodecPolicy, tries_both_kinds_of_codec_on_a_strip_of_a_photograph) {
    const CodecPreferences automatic = preferences(ImageCompression::automatic);
    const CodecChoice strip = choose_codec(automatic, ContentClass::mixed, 1200 * 8, kFast);
    EXPECT_EQ(strip.recipe.codec, codec(Codec::quic));
    EXPECT_EQ(strip.recipe.other, codec(Codec::zlib_glz));
}

TEST(CodecPolicy, knows_the_reference_s_names) {
    const auto of = [](ImageCompression compression, ContentClass content) {
        return chosen(preferences(compression), content);
    };
    EXPECT_EQ(of(ImageCompression::off, ContentClass::photographic), nullptr);
    EXPECT_EQ(of(ImageCompression::auto_glz, ContentClass::photographic), codec(Codec::quic));
    EXPECT_EQ(of(ImageCompression::auto_glz, ContentClass::patterns), codec(Codec::glz));
    EXPECT_EQ(of(ImageCompression::auto_lz, ContentClass::photographic), codec(Codec::quic));
    EXPECT_EQ(of(ImageCompression::auto_lz, ContentClass::patterns), codec(Codec::lz));
    EXPECT_EQ(of(ImageCompression::quic, ContentClass::patterns), codec(Codec::quic));
    EXPECT_EQ(of(ImageCompression::glz, ContentClass::photographic), codec(Codec::glz));
    EXPECT_EQ(of(ImageCompression::lz, ContentClass::photographic), codec(Codec::lz));
    EXPECT_EQ(of(ImageCompression::lz4, ContentClass::photographic), codec(Codec::lz4));
}

TEST(CodecPolicy, does_what_the_client_can) {
    CodecPreferences poor = preferences(ImageCompression::lz4);
    poor.has_lz4 = false;
    EXPECT_EQ(chosen(poor, ContentClass::patterns), codec(Codec::lz));
    poor.configured = ImageCompression::glz;
    poor.has_glz = false;
    EXPECT_EQ(chosen(poor, ContentClass::patterns), codec(Codec::lz));
    poor.configured = ImageCompression::automatic;
    EXPECT_EQ(chosen(poor, ContentClass::patterns), codec(Codec::lz));
}

TEST(CodecPolicy, does_what_the_client_says_before_what_the_operator_says) {
    const auto wanted = [](uint8_t compression) {
        CodecPreferences both = preferences(ImageCompression::off);
        both.wanted = compression;
        return chosen(both, ContentClass::photographic);
    };
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_OFF), nullptr);
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_AUTO_GLZ), codec(Codec::quic));
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_AUTO_LZ), codec(Codec::quic));
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_QUIC), codec(Codec::quic));
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_GLZ), codec(Codec::glz));
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_LZ), codec(Codec::lz));
    EXPECT_EQ(wanted(SPICE_IMAGE_COMPRESSION_LZ4), codec(Codec::lz4));
}

TEST(CodecPolicy, puts_zlib_behind_glz_as_told) {
    const auto of = [](ImageCompression compression, WanCompression zlib, LinkSpeed link) {
        CodecPreferences all = preferences(compression);
        all.zlib_glz = zlib;
        return chosen(all, ContentClass::patterns, link);
    };
    EXPECT_EQ(of(ImageCompression::glz, WanCompression::automatic, kFast), codec(Codec::glz));
    EXPECT_EQ(of(ImageCompression::glz, WanCompression::automatic, std::nullopt), codec(Codec::glz));
    EXPECT_EQ(of(ImageCompression::glz, WanCompression::automatic, kSlow), codec(Codec::zlib_glz));
    EXPECT_EQ(of(ImageCompression::glz, WanCompression::never, kSlow), codec(Codec::glz));
    EXPECT_EQ(of(ImageCompression::auto_glz, WanCompression::always, kFast), codec(Codec::zlib_glz));
    EXPECT_EQ(of(ImageCompression::automatic, WanCompression::never, kSlow), codec(Codec::glz));
    EXPECT_EQ(of(ImageCompression::lz, WanCompression::always, kSlow), codec(Codec::lz));
}

TEST(CodecPolicy, is_lossy_only_when_exact_pixels_would_take_too_long) {
    const CodecPreferences automatic = preferences(ImageCompression::automatic);
    EXPECT_EQ(choose_lossy(automatic, 10'000, false, std::nullopt), nullptr);
    EXPECT_EQ(choose_lossy(automatic, 10'000, false, kFast), nullptr);
    EXPECT_NE(choose_lossy(automatic, 500'000, false, kSlow), nullptr);
    EXPECT_NE(choose_lossy(automatic, 100'000'000, false, kFast), nullptr);
}

TEST(CodecPolicy, takes_video_lossy_on_every_link) {
    CodecPreferences told = preferences(ImageCompression::automatic);
    EXPECT_NE(choose_lossy(told, 10'000, true, kFast), nullptr);
    told.jpeg = WanCompression::never;
    EXPECT_EQ(choose_lossy(told, 10'000, true, kFast), nullptr);
}

TEST(CodecPolicy, is_lossy_never_or_always_as_told) {
    CodecPreferences told = preferences(ImageCompression::automatic);
    told.jpeg = WanCompression::never;
    EXPECT_EQ(choose_lossy(told, 2'000'000, false, kSlow), nullptr);
    told.jpeg = WanCompression::always;
    EXPECT_NE(choose_lossy(told, 10, false, kFast), nullptr);
    for (const auto exact :
         {ImageCompression::off, ImageCompression::lz, ImageCompression::lz4, ImageCompression::glz}) {
        told.configured = exact;
        EXPECT_EQ(choose_lossy(told, 2'000'000, false, kSlow), nullptr);
    }
}

TEST(CodecPolicy, takes_a_lower_quality_for_a_slower_link) {
    const CodecPreferences automatic = preferences(ImageCompression::automatic);
    const auto ladder = codecs::jpeg_ladder();
    EXPECT_EQ(choose_lossy(automatic, 2'000'000, false, 10e6), &ladder.back());
    EXPECT_EQ(choose_lossy(automatic, 2'000'000, false, kSlow), &ladder.front());
}

} // namespace
} // namespace spice::display
