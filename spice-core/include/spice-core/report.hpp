// Figures about clients, for whoever wants to show or keep them: plain values, pushed to a Report.
//
// All counts are since the client connected. Core thread: a Report is called there and must not block.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spice {

// How an image came to a client.
enum class ImageKind : uint8_t {
    raw,
    lz, // with or without a palette
    lz4,
    glz,
    zlib_glz,
    quic,
    jpeg,       // with or without alpha
    from_cache, // the client had it already
};
inline constexpr size_t kImageKinds = 8;

// "raw", "lz", ..., "cache".
std::string_view name_of(ImageKind kind);

struct ImageFigures {
    uint64_t count = 0;
    uint64_t bytes = 0; // of the images' data as sent, without the drawing commands around them
};

struct ClientFigures {
    uint64_t number = 0; // counts the clients of this server from 1; never used twice
    std::string name;    // as in the log: "client 3"
    std::string address; // of its main channel: "192.0.2.7:51234"
    std::chrono::system_clock::time_point connected_since{};
    std::chrono::milliseconds connected_for{0}; // by a clock that does not jump

    uint64_t bytes_sent = 0; // all channels: what their connections took, with message headers
    std::array<ImageFigures, kImageKinds> images{}; // by ImageKind
    uint64_t fills = 0;
    uint64_t copies = 0;

    uint64_t updates_sent = 0;                     // pictures this client was brought to
    uint64_t updates_skipped = 0;                  // commits that were merged into a later update
    std::chrono::microseconds encode_time{0};      // sum over the images that were encoded because of it
    uint64_t lossy_pixels = 0;                     // shown now and not yet exact
    std::chrono::microseconds round_trip{0};       // latest estimate; 0: not known
    std::optional<uint64_t> link_bytes_per_second; // latest estimate; none: not known, so far fast enough

    ImageFigures& images_of(ImageKind kind) { return images[static_cast<size_t>(kind)]; }
    const ImageFigures& images_of(ImageKind kind) const { return images[static_cast<size_t>(kind)]; }
    // One image of `bytes` was sent.
    void count_image(ImageKind kind, uint64_t bytes) {
        ImageFigures& figures = images_of(kind);
        ++figures.count;
        figures.bytes += bytes;
    }
};

class Report {
public:
    virtual ~Report() = default;

    // A client is being served: called while it is active, at most every kInterval. An idle client is not
    // reported, so that it costs no wake-up.
    virtual void client_active(const ClientFigures& figures) = 0;
    // A client has ended: called once for each, with its last figures.
    virtual void client_ended(const ClientFigures& figures) = 0;

    static constexpr std::chrono::seconds kInterval{10};
};

} // namespace spice
