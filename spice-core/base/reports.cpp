#include "base/reports.hpp"

#include "base/log.hpp"

namespace spice {

namespace {

uint64_t kibibytes(uint64_t bytes) {
    return (bytes + 1023) / 1024;
}

// "310 updates" behind a comma; nothing when there are none.
void append_count(std::string& line, uint64_t count, std::string_view what) {
    if (count > 0) {
        line += ", " + std::to_string(count) + " ";
        line += what;
    }
}

std::string image_list(const ClientFigures& figures) {
    std::string list;
    for (size_t i = 0; i < kImageKinds; ++i) {
        const auto kind = static_cast<ImageKind>(i);
        const ImageFigures& images = figures.images_of(kind);
        if (images.count > 0) {
            list += list.empty() ? ", images: " : ", ";
            list += name_of(kind);
            list +=
                " " + std::to_string(images.count) + " (" + std::to_string(kibibytes(images.bytes)) + " KiB)";
        }
    }
    return list;
}

} // namespace

std::string_view name_of(ImageKind kind) {
    static constexpr std::array<std::string_view, kImageKinds> names{"raw",      "lz",   "lz4",  "glz",
                                                                     "zlib-glz", "quic", "jpeg", "cache"};
    return names[static_cast<size_t>(kind)];
}

std::string summary(const ClientFigures& figures) {
    using std::chrono::ceil;
    using std::chrono::milliseconds;
    std::string line = escaped(figures.name) + " (" + escaped(figures.address) + "): ";
    line += std::to_string(ceil<std::chrono::seconds>(figures.connected_for).count()) + " s, ";
    line += std::to_string(kibibytes(figures.bytes_sent)) + " KiB sent";
    append_count(line, figures.updates_sent, "updates");
    if (figures.updates_skipped > 0) {
        line += " (" + std::to_string(figures.updates_skipped) + " skipped)";
    }
    line += image_list(figures);
    append_count(line, figures.fills, "fills");
    append_count(line, figures.copies, "copies");
    if (figures.encode_time.count() > 0) {
        line += ", encoding " + std::to_string(ceil<milliseconds>(figures.encode_time).count()) + " ms";
    }
    if (figures.round_trip.count() > 0) {
        line += ", round trip " + std::to_string(ceil<milliseconds>(figures.round_trip).count()) + " ms";
    }
    if (figures.link_bytes_per_second) {
        line += ", link " + std::to_string(kibibytes(*figures.link_bytes_per_second)) + " KiB/s";
    }
    append_count(line, figures.lossy_pixels, "pixels not exact");
    return line;
}

void LogReport::client_ended(const ClientFigures& figures) {
    log_.write(LogLevel::info, summary(figures));
}

} // namespace spice
