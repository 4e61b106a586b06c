#include "base/reports.hpp"

#include "support/recording_log.hpp"

#include <gtest/gtest.h>

#include <set>

namespace spice {
namespace {

using namespace std::chrono_literals;

ClientFigures busy_client() {
    ClientFigures figures;
    figures.number = 3;
    figures.name = "client 3";
    figures.address = "192.0.2.7:51234";
    figures.connected_for = 60'400ms;
    figures.bytes_sent = 1'232'000;
    figures.updates_sent = 310;
    figures.updates_skipped = 12;
    figures.count_image(ImageKind::zlib_glz, 1024);
    figures.count_image(ImageKind::zlib_glz, 3072);
    figures.count_image(ImageKind::jpeg, 1);
    figures.count_image(ImageKind::from_cache, 0);
    figures.fills = 5;
    figures.copies = 7;
    figures.encode_time = 120'001us;
    figures.round_trip = 20'500us;
    figures.link_bytes_per_second = 2'500'000;
    figures.lossy_pixels = 99;
    return figures;
}

TEST(LogReport, writes_one_line_when_a_client_ends) {
    test::RecordingLog log;
    LogReport report(log);
    report.client_active(busy_client());
    EXPECT_TRUE(log.lines().empty());
    report.client_ended(busy_client());
    ASSERT_EQ(log.lines().size(), 1u);
    EXPECT_EQ(log.lines()[0].level, LogLevel::info);
    EXPECT_EQ(
        log.lines()[0].text,
        "client 3 (192.0.2.7:51234): 61 s, 1204 KiB sent, 310 updates (12 skipped), images: zlib-glz 2 "
        "(4 KiB), jpeg 1 (1 KiB), cache 1 (0 KiB), 5 fills, 7 copies, encoding 121 ms, round trip 21 ms, "
        "link 2442 KiB/s, 99 pixels not exact");
}

TEST(LogReport, leaves_out_what_is_zero_or_not_known) {
    ClientFigures figures;
    figures.name = "client 1";
    figures.address = "[2001:db8::7]:5900";
    EXPECT_EQ(summary(figures), "client 1 ([2001:db8::7]:5900): 0 s, 0 KiB sent");
}

TEST(LogReport, lets_no_byte_of_a_stranger_break_its_line) {
    ClientFigures figures;
    figures.name = "client 1";
    figures.address = "a\nb\x1b[2J";
    EXPECT_EQ(summary(figures), "client 1 (a\\x0ab\\x1b[2J): 0 s, 0 KiB sent");
}

TEST(ClientFigures, counts_images_of_each_kind_by_themselves) {
    std::set<std::string_view> names;
    for (size_t kind = 0; kind < kImageKinds; ++kind) {
        ClientFigures figures;
        figures.count_image(static_cast<ImageKind>(kind), 10);
        figures.count_image(static_cast<ImageKind>(kind), 5);
        for (size_t other = 0; other < kImageKinds; ++other) {
            EXPECT_EQ(figures.images[other].count, other == kind ? 2u : 0u);
            EXPECT_EQ(figures.images[other].bytes, other == kind ? 15u : 0u);
        }
        names.insert(name_of(static_cast<ImageKind>(kind)));
    }
    EXPECT_EQ(names.size(), kImageKinds);
}

} // namespace
} // namespace spice
