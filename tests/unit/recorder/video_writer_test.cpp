#include "recorder/video_writer.hpp"

#include "recorder/errors.hpp"
#include "support/temporary_directory.hpp"
#include "unit/recorder/video_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>

namespace spice::recorder {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint32_t kColours[] = {0xFFFFFF, 0xE01020, 0x10C030, 0x2030F0, 0xF0E000, 0x000000};

// A picture and its pixels.
struct Painting {
    explicit Painting(Size wanted, uint32_t colour = 0)
        : size(wanted),
          pixels(static_cast<size_t>(wanted.width) * static_cast<size_t>(wanted.height), colour) {}

    PictureView view() const {
        return {reinterpret_cast<const std::byte*>(pixels.data()), size, size.width * 4};
    }

    Size size;
    std::vector<uint32_t> pixels;
};

int channel_distance(uint32_t left, uint32_t right) {
    int distance = 0;
    for (const int shift : {0, 8, 16}) {
        distance = std::max(distance, std::abs(static_cast<int>(left >> shift & 0xFF) -
                                               static_cast<int>(right >> shift & 0xFF)));
    }
    return distance;
}

struct Kind {
    const char* ending;
    Container container;
    Codec codec;
    const char* name;
};

constexpr Kind kKinds[] = {
    {".webm", Container::webm, Codec::vp8, "vp8"},      {".webm", Container::webm, Codec::vp9, "vp9"},
    {".mp4", Container::mp4, Codec::h264, "h264"},      {".mp4", Container::mp4, Codec::vp9, "vp9"},
    {".mkv", Container::matroska, Codec::h264, "h264"}, {".mkv", Container::matroska, Codec::vp8, "vp8"}};

class VideoWriterTest : public testing::TestWithParam<Kind> {
protected:
    VideoWriterTest() {
        av_log_set_level(AV_LOG_QUIET);
        options.output = directory.file(std::string("video") + GetParam().ending);
        options.container = GetParam().container;
        options.codec = GetParam().codec;
    }

    test::TemporaryDirectory directory;
    Options options;
};

INSTANTIATE_TEST_SUITE_P(Kinds, VideoWriterTest, testing::ValuesIn(kKinds), [](const auto& kind) {
    return std::string(kind.param.ending + 1) + "_" + kind.param.name;
});

TEST_P(VideoWriterTest, pictures_come_back_with_their_times_and_colours) {
    VideoWriter writer(options, {160, 120});
    const VideoWriter::Stamp times[] = {0ms, 17ms, 18ms, 400ms, 2000ms, 2033ms};
    for (size_t i = 0; i < std::size(kColours); ++i) {
        writer.show(Painting({160, 120}, kColours[i]).view(), times[i]);
    }
    writer.repeat(2500ms);
    writer.finish(2967ms, 3000ms);
    EXPECT_EQ(writer.frames(), 8);
    const ReadVideo video = read_video(options.output);
    EXPECT_EQ(video.codec, GetParam().name);
    EXPECT_EQ(video.duration, 3000ms);
    std::vector<VideoWriter::Stamp> found;
    for (const ReadFrame& frame : video.frames) {
        found.push_back(frame.time);
    }
    EXPECT_THAT(found, ElementsAre(0ms, 17ms, 18ms, 400ms, 2000ms, 2033ms, 2500ms, 2967ms));
    for (size_t i = 0; i < std::size(kColours); ++i) {
        EXPECT_LE(channel_distance(video.frames.at(i).at(80, 60), kColours[i]), 16) << i;
    }
    EXPECT_TRUE(video.frames.front().key);
}

TEST_P(VideoWriterTest, odd_sizes_get_one_more_column_and_row_of_the_same) {
    VideoWriter writer(options, {101, 67});
    Painting painting({101, 67}, 0x808080);
    for (int i = 0; i < 67; ++i) {
        painting.pixels[static_cast<size_t>(i * 101 + 100)] = 0xFFFFFF;
    }
    for (int i = 0; i < 101; ++i) {
        painting.pixels[static_cast<size_t>(66 * 101 + i)] = 0xFFFFFF;
    }
    writer.show(painting.view(), 0ms);
    writer.finish(std::nullopt, 33ms);
    const ReadVideo video = read_video(options.output);
    ASSERT_EQ(video.frames.size(), 1u);
    EXPECT_EQ(video.frames[0].size, (Size{102, 68}));
    EXPECT_LE(channel_distance(video.frames[0].at(50, 33), 0x808080), 12);
    for (const auto& [x, y] : {std::pair(101, 30), {100, 30}, {50, 66}, {50, 67}, {101, 67}}) {
        EXPECT_LE(channel_distance(video.frames[0].at(x, y), 0xFFFFFF), 24) << x << "," << y;
    }
}

TEST_P(VideoWriterTest, other_sizes_go_into_the_first_one) {
    VideoWriter writer(options, {160, 120});
    writer.show(Painting({160, 120}, 0xE01020).view(), 0ms);
    writer.show(Painting({80, 60}, 0x10C030).view(), 100ms);   // in the middle
    writer.show(Painting({640, 240}, 0x2030F0).view(), 200ms); // 160x60 in the middle
    writer.show(Painting({160, 120}, 0xE01020).view(), 300ms);
    writer.finish(std::nullopt, 400ms);
    const ReadVideo video = read_video(options.output);
    ASSERT_EQ(video.frames.size(), 4u);
    const auto expect = [&](size_t frame, int x, int y, uint32_t colour) {
        EXPECT_EQ(video.frames[frame].size, (Size{160, 120}));
        EXPECT_LE(channel_distance(video.frames[frame].at(x, y), colour), 16)
            << frame << ": " << x << "," << y;
    };
    expect(1, 80, 60, 0x10C030);
    expect(1, 48, 36, 0x10C030);
    expect(1, 20, 60, 0x000000);
    expect(1, 80, 15, 0x000000);
    expect(2, 8, 60, 0x2030F0);
    expect(2, 152, 60, 0x2030F0);
    expect(2, 80, 15, 0x000000);
    expect(2, 80, 105, 0x000000);
    expect(3, 5, 5, 0xE01020);
    expect(3, 155, 115, 0xE01020);
}

TEST_P(VideoWriterTest, what_nobody_finished_can_be_played_up_to_half_a_second) {
    VideoWriter writer(options, {160, 120});
    std::mt19937 random(1);
    const std::string copy = directory.file(std::string("copy") + GetParam().ending);
    for (VideoWriter::Stamp time = 0ms; time <= 3000ms; time += 40ms) {
        Painting painting({160, 120});
        for (uint32_t& pixel : painting.pixels) {
            pixel = random() & 0xFFFFFF;
        }
        writer.show(painting.view(), time);
    }
    std::filesystem::copy_file(options.output, copy);
    const ReadVideo video = read_video(copy);
    ASSERT_FALSE(video.frames.empty());
    EXPECT_GE(video.frames.back().time, 3000ms - 600ms);
    EXPECT_EQ(video.frames.size(), static_cast<size_t>(video.frames.back().time / 40ms + 1));
}

TEST_P(VideoWriterTest, key_frames_come_by_time_and_only_for_what_is_new) {
    VideoWriter writer(options, {32, 32});
    for (VideoWriter::Stamp time = 0s; time < 25s; time += 500ms) {
        writer.show(Painting({32, 32}, static_cast<uint32_t>(time.count())).view(), time);
    }
    for (VideoWriter::Stamp time = 25s; time < 60s; time += 500ms) {
        writer.repeat(time);
    }
    writer.finish(std::nullopt, 60s);
    std::vector<VideoWriter::Stamp> keys;
    for (const ReadFrame& frame : read_video(options.output).frames) {
        if (frame.key) {
            keys.push_back(frame.time);
        }
    }
    EXPECT_THAT(keys, ElementsAre(0s, 10s, 20s, 30s));
}

TEST_P(VideoWriterTest, hours_have_the_right_times) {
    VideoWriter writer(options, {32, 32});
    for (VideoWriter::Stamp time = 0s; time < 5h; time += 10s) {
        writer.show(Painting({32, 32}, kColours[time / 10s % 2]).view(), time);
    }
    writer.finish(5h - 33ms, 5h);
    const ReadVideo video = read_video(options.output);
    EXPECT_EQ(video.duration, 5h);
    ASSERT_EQ(video.frames.size(), 1801u);
    for (int i = 0; i < 1800; ++i) {
        ASSERT_EQ(video.frames[static_cast<size_t>(i)].time, i * 10s);
    }
    EXPECT_EQ(video.frames.back().time, 5h - 33ms);
}

TEST_P(VideoWriterTest, a_full_disk_ends_it_and_leaves_what_was_written) {
    const rlimit small{500'000, RLIM_INFINITY};
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    std::string said;
    try {
        VideoWriter writer(options, {160, 120});
        std::mt19937 random(1);
        for (VideoWriter::Stamp time = 0ms; time <= 10s; time += 40ms) {
            Painting painting({160, 120});
            for (uint32_t& pixel : painting.pixels) {
                pixel = random() & 0xFFFFFF;
            }
            writer.show(painting.view(), time);
        }
    } catch (const RecordingError& error) {
        said = error.what();
    }
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    EXPECT_EQ(said, "--output " + options.output +
                        ": File too large; the file has what was recorded before; " +
                        "make room, or choose another place");
    EXPECT_GE(read_video(options.output).frames.size(), 2u);
}

std::string refusal(const std::string& path) {
    try {
        const OutputFile file(path);
        return "(accepted)";
    } catch (const OperatorError& error) {
        return error.what();
    }
}

TEST(OutputFileTest, replaces_regular_files_alone) {
    const test::TemporaryDirectory directory;
    const std::string old = directory.write("old.webm", "something");
    EXPECT_EQ(refusal(old), "(accepted)");
    EXPECT_EQ(test::TemporaryDirectory::read(old), "");
    const std::string pipe = directory.file("pipe.webm");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::filesystem::create_symlink("/dev/null", directory.file("device.webm"));
    std::filesystem::create_directory(directory.file("directory.webm"));
    for (const std::string& other : {pipe, directory.file("device.webm"), directory.file("directory.webm")}) {
        EXPECT_EQ(refusal(other),
                  "--output " + other + ": is not a regular file, and stays as it is; choose another one");
    }
    EXPECT_THAT(refusal(directory.file("none/a.webm")),
                HasSubstr("none/a.webm: No such file or directory; choose a file in"));
}

TEST(OutputFileTest, others_may_read_it_as_the_umask_says) {
    const test::TemporaryDirectory directory;
    for (const mode_t mask : {022u, 077u, 027u}) {
        const std::string path = directory.file(std::to_string(mask) + ".webm");
        const mode_t before = ::umask(mask);
        EXPECT_EQ(refusal(path), "(accepted)");
        ::umask(before);
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777u, 0666u & ~mask);
    }
}

} // namespace
} // namespace spice::recorder
