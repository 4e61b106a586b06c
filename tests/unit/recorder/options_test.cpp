#include "recorder/options.hpp"

#include "recorder/errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spice::recorder {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

Options parse(std::vector<const char*> words, bool complete = true) {
    if (complete) {
        words.insert(words.begin(), {"--control", "/run/display"});
    }
    return parse_options(words);
}

// What is said of a command line that must be refused.
std::string refusal(std::vector<const char*> words, bool complete = true) {
    try {
        parse(std::move(words), complete);
    } catch (const OperatorError& error) {
        return error.what();
    }
    return "(accepted)";
}

TEST(OptionsTest, has_defaults) {
    const Options options = parse({"--output", "a.webm"});
    EXPECT_EQ(options.control, "/run/display");
    EXPECT_EQ(options.output, "a.webm");
    EXPECT_EQ(options.fps, 30);
    EXPECT_FALSE(options.duration);
    EXPECT_TRUE(options.cursor);
}

TEST(OptionsTest, takes_everything_in_both_ways_of_writing) {
    for (const auto& words : {std::vector<const char*>{"--output", "/a/b.mkv", "--fps", "60", "--duration",
                                                       "12.5", "--no-cursor", "--codec", "vp9"},
                              std::vector<const char*>{"--output=/a/b.mkv", "--fps=60", "--duration=12.5",
                                                       "--no-cursor", "--codec=vp9"}}) {
        const Options options = parse(words);
        EXPECT_EQ(options.output, "/a/b.mkv");
        EXPECT_EQ(options.container, Container::matroska);
        EXPECT_EQ(options.codec, Codec::vp9);
        EXPECT_EQ(options.fps, 60);
        EXPECT_EQ(options.duration, 12'500ms);
        EXPECT_FALSE(options.cursor);
    }
}

TEST(OptionsTest, chooses_container_and_codec_by_the_ending) {
    struct Case {
        const char* file;
        Container container;
        Codec codec;
    };
    for (const auto& [file, container, codec] :
         {Case{"a.webm", Container::webm, Codec::vp8}, Case{"a.mp4", Container::mp4, Codec::h264},
          Case{"a.mkv", Container::matroska, Codec::h264}, Case{"a.b.WebM", Container::webm, Codec::vp8}}) {
        const Options options = parse({"--output", file});
        EXPECT_EQ(options.container, container) << file;
        EXPECT_EQ(options.codec, codec) << file;
    }
}

TEST(OptionsTest, help_wins_over_what_is_missing) {
    EXPECT_TRUE(parse({"--help"}, false).help);
    EXPECT_TRUE(parse({"-h"}, false).help);
}

TEST(OptionsTest, help_names_every_option_and_fits_a_terminal) {
    const std::string help(help_text());
    for (const char* option : {"--control SOCKET", "--output FILE", "--fps N", "--duration SECONDS",
                               "--no-cursor", "--codec CODEC", "--help"}) {
        EXPECT_THAT(help, HasSubstr(std::string("\n  ") + option + " ")) << option;
    }
    for (size_t at = 0; at < help.size();) {
        const size_t end = help.find('\n', at);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - at, 80u) << help.substr(at, end - at);
        at = end + 1;
    }
}

TEST(OptionsTest, refuses_what_is_wrong_by_name_and_with_a_remedy) {
    const std::vector<std::pair<std::vector<const char*>, const char*>> cases{
        {{"--output", "a.avi"}, "--output a.avi: the ending says what the file becomes; let it end in .webm"},
        {{"--output", ".webm"}, "--output .webm: the ending says"},
        {{"--output", "webm"}, "--output webm: the ending says"},
        {{"--output", "a.webm", "--fps", "0"}, "--fps 0: not a number of pictures per second; use 1 to 60"},
        {{"--output", "a.webm", "--fps", "61"}, "--fps 61: "},
        {{"--output", "a.webm", "--fps", "30x"}, "--fps 30x: "},
        {{"--output", "a.webm", "--fps", "99999999999"}, "--fps 99999999999: "},
        {{"--output", "a.webm", "--duration", "0"}, "--duration 0: not a number of seconds; use 0.1 to"},
        {{"--output", "a.webm", "--duration", "-5"}, "--duration -5: "},
        {{"--output", "a.webm", "--duration", "nan"}, "--duration nan: "},
        {{"--output", "a.webm", "--duration", "inf"}, "--duration inf: "},
        {{"--output", "a.webm", "--duration", "10s"}, "--duration 10s: "},
        {{"--output", "a.webm", "--codec", "h265"}, "--codec h265: no such codec; use vp8, vp9 or h264"},
        {{"--output", "a.webm", "--codec", "h264"}, "--codec h264: is not for .webm files; use vp8 or vp9"},
        {{"--codec", "vp8", "--output", "a.mp4"}, "--codec vp8: is not for .mp4 files; use h264 or vp9"},
        {{"--output"}, "--output: needs a value"},
        {{"--output", ""}, "--output: needs a value"},
        {{"--output="}, "--output: needs a value"},
        {{"--output", "a.webm", "--no-cursor=1"}, "--no-cursor: takes no value; leave out \"=1\""},
        {{"--output", "a.webm", "--output", "b.webm"}, "--output: given twice; give it once"},
        {{"--output", "a.webm", "--size", "1"}, "--size: no such option; \"xspice-recorder --help\""},
        {{"a.webm"}, "a.webm: no such option"},
        {{}, "--output: missing; "},
    };
    for (const auto& [words, said] : cases) {
        EXPECT_THAT(refusal(words), StartsWith(said));
    }
    EXPECT_THAT(refusal({"--output", "a.webm"}, false), StartsWith("--control: missing; "));
}

} // namespace
} // namespace spice::recorder
