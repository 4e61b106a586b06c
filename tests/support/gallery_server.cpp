// Serves one picture in which every encoder has drawn tiles in every pixel format it takes, so that a real
// client shows whether it decodes them as we mean them.
//
//   gallery-server --port N EXPECTED
//
// Writes what a client is to show to EXPECTED.json and EXPECTED.raw (see gallery.hpp), prints "port N" and
// serves until its input ends. Every client gets all tiles, then MARK. A line with a number on standard input
// is answered "ok": later clients get so many of the messages that draw the tiles, and MARK. Loopback only.
#include "auth/pending_links.hpp"
#include "base/reports.hpp"
#include "channels/main_channel.hpp"
#include "channels/offered_channels.hpp"
#include "codecs/glz_dictionary.hpp"
#include "codecs/glz_encoder.hpp"
#include "codecs/jpeg_encoder.hpp"
#include "codecs/lz_encoder.hpp"
#include "codecs/zlib_glz_encoder.hpp"
#include "protocol/display_messages.hpp"
#include "support/gallery.hpp"
#include "support/photo_image.hpp"
#include "support/test_images.hpp"
#include "transport/listener.hpp"

#include <spice/enums.h>
#include <spice/protocol.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace spice;
namespace asio = boost::asio;
using codecs::EncodedImage;
using codecs::PixelFormat;
using test::FormattedImage;
using test::Gallery;
using test::TestImage;

// --- what is drawn ---

using Maker = TestImage (*)(uint32_t width, uint32_t height, uint32_t padding);
constexpr std::pair<const char*, Maker> kPictures[]{
    {"text", test::text_image},   {"ui", test::ui_image},       {"shades", test::photo_image},
    {"noise", test::noise_image}, {"mixed", test::mixed_image}, {"photo", test::natural_image}};

struct Subject {
    const char* name;
    Maker make;
    uint32_t width;
    uint32_t height;
};
constexpr Subject kLossless[]{{"1x1", test::noise_image, 1, 1},
                              {"61x37", test::text_image, 61, 37},
                              {"160x121", test::mixed_image, 160, 121}};
constexpr Subject kLossy[]{{"1x1", test::natural_image, 1, 1},
                           {"61x37", test::natural_image, 61, 37},
                           {"256x256", test::natural_image, 256, 256}};

struct Named {
    const char* name;
    const codecs::ImageCodec* codec; // null: raw
};
std::vector<Named> lossless_codecs() {
    using codecs::Codec;
    return {{"raw", nullptr},
            {"lz", codecs::codec(Codec::lz)},
            {"lz4", codecs::codec(Codec::lz4)},
            {"glz", codecs::codec(Codec::glz)},
            {"zlib_glz", codecs::codec(Codec::zlib_glz)},
            {"quic", codecs::codec(Codec::quic)}};
}

// By this very codec, even where raw would be smaller.
EncodedImage encode_by(const codecs::ImageCodec* codec, const codecs::ImageView& view, Gallery& gallery) {
    if (codec == nullptr) {
        return codecs::raw_image(view);
    }
    EncodedImage image{codec->image_type(view.format).value()};
    image.data.resize(view.raw_size() * 2 + 4096);
    const auto size = codec->encode(view, image.data);
    if (!size) {
        throw std::runtime_error("an encoder needs more than twice the pixels' bytes");
    }
    image.data.resize(size->data);
    image.inner_size = size->inner_size;
    image.format = view.format;
    image.top_down = view.top_down;
    image.palette.assign(view.palette.begin(), view.palette.end());
    image.lossy = codec->lossy();
    if (image.type == SPICE_IMAGE_TYPE_GLZ_RGB || image.type == SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB) {
        codecs::set_glz_id(image, gallery.next_glz_id(), 0);
    }
    return image;
}

// Of shades of blue: red and green then show 255 less alpha, whatever the blue.
void add_over_white(Gallery& gallery, const std::string& name, const codecs::ImageCodec* codec,
                    const Subject& subject, bool top_down) {
    TestImage blue = subject.make(subject.width, subject.height, 0);
    for (uint32_t& pixel : blue.pixels) {
        pixel &= 0xff;
    }
    const FormattedImage picture(blue, PixelFormat::argb8888, {top_down, 0});
    gallery.add_over_white(name, encode_by(codec, picture.view(), gallery), picture);
}

// Every format that the codec takes, in both directions, in all sizes.
void add_formats(Gallery& gallery, const Named& named, std::span<const Subject> subjects) {
    for (const PixelFormat format : test::kAllPixelFormats) {
        if (named.codec != nullptr && !named.codec->image_type(format)) {
            continue;
        }
        for (const bool top_down : {true, false}) {
            for (const Subject& subject : subjects) {
                const FormattedImage picture(subject.make(subject.width, subject.height, 0), format,
                                             {top_down, top_down ? 0u : 12u});
                const std::string name = std::string(named.name) + " " + test::name_of(format) +
                                         (top_down ? " top-down " : " bottom-up ") + subject.name;
                gallery.add(name, encode_by(named.codec, picture.view(), gallery), picture);
                if (format == PixelFormat::argb8888) {
                    add_over_white(gallery, name + " over white", named.codec, subject, top_down);
                }
            }
        }
    }
}

// The screen's format with all kinds of content.
void add_pictures(Gallery& gallery, const Named& named) {
    for (const auto& [name, make] : kPictures) {
        const FormattedImage picture(make(256, 200, 0), PixelFormat::xrgb8888);
        gallery.add(std::string(named.name) + " " + name, encode_by(named.codec, picture.view(), gallery),
                    picture);
    }
}

// encode_lz() and encode_glz(), which choose. 2, 16, 200 colours make the three kinds of palettes.
void add_choices(Gallery& gallery) {
    for (const uint32_t colours : {1u, 2u, 16u, 200u, 1u << 24}) {
        TestImage source = test::text_image(200, 150);
        test::Random random(colours);
        for (uint32_t& pixel : source.pixels) {
            const uint32_t index = colours > 16 ? random() % colours : pixel * 0x9e3779b1u % colours;
            pixel = index * 0x010305 & 0xffffff;
        }
        source.fill(20, 20, 180, 130, source.at(0, 0)); // so that there is something to gain
        const FormattedImage picture(source, PixelFormat::xrgb8888);
        const std::string suffix = " of " + std::to_string(colours) + " colours";
        gallery.add("encode_lz" + suffix, codecs::encode_lz(picture.view()), picture);
        EncodedImage glz = codecs::encode_glz(picture.view());
        if (glz.type != SPICE_IMAGE_TYPE_BITMAP) {
            codecs::set_glz_id(glz, gallery.next_glz_id(), 0);
        }
        gallery.add("encode_glz" + suffix, glz, picture);
    }
}

// Images that refer to earlier ones: near, more than 63 and more than 255 images ago, in both directions,
// with others between that are stamped, and in a window that is full.
class DictionaryTiles {
public:
    explicit DictionaryTiles(Gallery& gallery) : gallery_(gallery) {}

    void add_all() {
        for (uint32_t i = 0; i < 300; ++i) {
            add("small " + std::to_string(i), small(i), true, false);
        }
        for (const uint32_t i : {299u, 230u, 40u, 1u}) {
            add("small " + std::to_string(i) + " again", small(i), true, true);
        }
        for (const bool top_down : {true, false}) {
            add("photo", test::natural_image(200, 150), top_down, false);
            add("photo again", test::natural_image(200, 150), top_down, true);
            stamp(top_down);
            add("photo after a stamped one", test::natural_image(200, 150), top_down, true);
        }
        for (const auto& [name, make] : kPictures) {
            add(std::string("large ") + name, make(320, 200, 0), true, false);
            add(std::string("large ") + name + " again", make(320, 200, 0), true, true);
        }
    }

private:
    static constexpr uint64_t kWindow = 200'000; // pixels: less than all these have

    static TestImage small(uint32_t seed) {
        TestImage image(14, 9);
        test::Random random(seed + 1);
        for (uint32_t& pixel : image.pixels) {
            pixel = random() & 0xffffff;
        }
        image.fill(0, 0, 14, 3, image.at(13, 8)); // else it would go raw
        return image;
    }
    void add(const std::string& what, const TestImage& source, bool top_down, bool known) {
        const std::string name = "dictionary " + what + (top_down ? "" : " bottom-up");
        const FormattedImage picture(source, PixelFormat::xrgb8888, {top_down, 0});
        const codecs::ImageView view = picture.view();
        const std::shared_ptr<uint32_t[]> pixels(new uint32_t[source.pixels.size()]);
        std::copy_n(reinterpret_cast<const uint32_t*>(view.first_row), source.pixels.size(), pixels.get());
        auto image = dictionary_.encode({pixels, view.width, view.height, top_down});
        if (!image) {
            if (known) {
                throw std::runtime_error(name + " refers to nothing");
            }
            gallery_.add(name + " (raw)", codecs::raw_image(view), picture);
            return;
        }
        if (known && image->data.size() * 2 > view.raw_size()) {
            throw std::runtime_error(name + " refers to nothing");
        }
        gallery_.next_glz_id();
        gallery_.add(name, *image, picture);
    }
    void stamp(bool top_down) {
        const FormattedImage picture(test::ui_image(120, 90), PixelFormat::xrgb8888, {top_down, 0});
        EncodedImage image = codecs::encode_glz(picture.view());
        gallery_.next_glz_id();
        dictionary_.stamp(image.type, image.data, image.inner_size, uint64_t{120} * 90);
        gallery_.add(std::string("dictionary stamped") + (top_down ? "" : " bottom-up"), image, picture);
    }

    Gallery& gallery_;
    codecs::GlzDictionary dictionary_{kWindow};
};

// CACHE_ME by each codec, FROM_CACHE later; then an id that was forgotten and given to another image.
void add_cache(Gallery& gallery) {
    std::vector<Named> all = lossless_codecs();
    all.push_back({"jpeg", &codecs::jpeg_ladder().back()});
    constexpr uint64_t kFirst = 0x123456789abcdef0;
    const FormattedImage picture(test::natural_image(90, 60), PixelFormat::xrgb8888);
    for (size_t i = 0; i < all.size(); ++i) {
        gallery.add_cached(std::string("cached ") + all[i].name,
                           encode_by(all[i].codec, picture.view(), gallery), picture, kFirst + i);
    }
    for (size_t i = all.size(); i-- > 0;) {
        gallery.add_from_cache(std::string("from cache ") + all[i].name, picture, kFirst + i,
                               all[i].codec != nullptr && all[i].codec->lossy());
    }
    gallery.forget(kFirst);
    const FormattedImage other(test::ui_image(77, 55), PixelFormat::xrgb8888);
    gallery.add_cached("id cached anew", encode_by(codecs::codec(codecs::Codec::lz), other.view(), gallery),
                       other, kFirst);
    gallery.add_from_cache("from cache anew", other, kFirst, false);
}

Gallery make_gallery() {
    Gallery gallery;
    DictionaryTiles(gallery).add_all(); // whose ids begin with 0
    for (const Named& named : lossless_codecs()) {
        add_formats(gallery, named, kLossless);
        add_pictures(gallery, named);
    }
    for (const codecs::JpegEncoder& jpeg : codecs::jpeg_ladder()) {
        const std::string name = "jpeg " + std::to_string(jpeg.quality());
        add_formats(gallery, {name.c_str(), &jpeg}, kLossy);
    }
    add_choices(gallery);
    add_cache(gallery);
    return gallery;
}

// --- the server ---

class StderrLog final : public LogSink {
public:
    void write(LogLevel, std::string_view line) override {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    }
};

class NoDesktop final : public Desktop {
public:
    bool post_input(const InputEvent&) override { return true; }
    void set_watched(bool) override {}
    void wake_for_commit() override {}
    void want_commit(uint64_t) override {}
    void want_monitors(std::vector<Head>, uint64_t) override {}
};

// Of the channels without which clients are not content. Hears everything and says nothing.
class SilentChannel : public channels::Channel {
public:
    using Channel::Channel;

protected:
    void started() override {}
    asio::awaitable<Result<>> received(uint16_t, Bytes) override { co_return Result<>(); }
    size_t max_message_size(uint16_t) const override { return 4096; }
};

class GalleryChannel final : public SilentChannel {
public:
    GalleryChannel(auth::LinkedStream link, channels::Session& session, ClosedHandler on_closed,
                   const Gallery& gallery, size_t count)
        : SilentChannel(std::move(link), session, std::move(on_closed)), gallery_(gallery), count_(count) {}

private:
    asio::awaitable<Result<>> received(uint16_t type, Bytes) override {
        if (type == SPICE_MSGC_DISPLAY_INIT) {
            const Size size = gallery_.size();
            send(SPICE_MSG_DISPLAY_INVAL_ALL_PALETTES, {});
            send(protocol::SurfaceCreate::kType, protocol::SurfaceCreate{0, size}.body());
            send(protocol::DrawFill::kType,
                 protocol::DrawFill{{0, 0, size.width, size.height}, Gallery::kBackground}.body());
            begun_ = true;
            room();
        }
        co_return Result<>();
    }
    void room() override {
        const std::vector<test::GalleryMessage>& messages = gallery_.messages();
        while (begun_ && next_ <= count_ && has_room()) {
            if (next_ == count_) {
                send(SPICE_MSG_DISPLAY_MARK, {});
            } else {
                send(messages[next_].type, messages[next_].head, messages[next_].data);
            }
            ++next_;
        }
    }

    const Gallery& gallery_;
    const size_t count_; // of the messages
    bool begun_ = false;
    size_t next_ = 0; // message; above count_: all is sent
};

ServerConfig loopback(uint16_t port) {
    ServerConfig config;
    config.port = port;
    return config;
}

class GalleryServer {
public:
    GalleryServer(uint16_t port, const Gallery& gallery)
        : gallery_(gallery), count_(gallery.messages().size()),
          listener_(context_.get_executor(), loopback(port), log_) {}

    void run() {
        read_line();
        listener_.start([this](std::unique_ptr<transport::Stream> stream, transport::Door) {
            pending_.add(std::move(stream));
        });
        std::printf("port %d\n", listener_.port());
        std::fflush(stdout);
        context_.run();
    }

private:
    void read_line() {
        asio::async_read_until(input_, asio::dynamic_buffer(line_), '\n',
                               [this](const auto& error, size_t size) {
                                   if (error) {
                                       stop();
                                       return;
                                   }
                                   count_ = std::min<size_t>(std::stoul(line_), gallery_.messages().size());
                                   line_.erase(0, size);
                                   std::puts("ok");
                                   std::fflush(stdout);
                                   read_line();
                               });
    }
    void stop() {
        listener_.stop();
        pending_.stop();
        for (const auto& channel : channels_) {
            channel->close("the gallery closes");
        }
    }
    auth::LinkPolicy policy() {
        return {ticket_keys_,
                tickets_,
                failure_delays_,
                log_,
                channels::offered_capabilities,
                [](const protocol::ChannelId& channel) -> uint32_t {
                    return channels::channel_offered(channel) ? SPICE_LINK_ERR_OK
                                                              : SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE;
                },
                [](const protocol::ChannelId&, uint32_t) -> uint32_t { return SPICE_LINK_ERR_OK; }};
    }
    void add(auth::LinkedStream link) {
        const auto on_closed = [this](channels::Channel& channel, std::string_view why) {
            log_.write(LogLevel::info, "channel closed: " + std::string(why));
            std::erase_if(channels_, [&](const auto& known) { return known.get() == &channel; });
        };
        std::shared_ptr<channels::Channel> channel;
        switch (link.channel.type) {
        case SPICE_CHANNEL_MAIN:
            channel = std::make_shared<channels::MainChannel>(
                std::move(link), session_, 1, [](uint32_t) {}, on_closed);
            break;
        case SPICE_CHANNEL_DISPLAY:
            channel =
                std::make_shared<GalleryChannel>(std::move(link), session_, on_closed, gallery_, count_);
            break;
        default:
            channel = std::make_shared<SilentChannel>(std::move(link), session_, on_closed);
            break;
        }
        channels_.push_back(channel);
        channel->start();
    }

    const Gallery& gallery_;
    size_t count_; // of messages for each new client
    ServerConfig config_;
    StderrLog log_;
    NoDesktop desktop_;
    NullReport report_;
    auth::FailureDelays failure_delays_;
    asio::io_context context_{1};
    asio::posix::stream_descriptor input_{context_, dup(STDIN_FILENO)};
    std::string line_;
    auth::TicketKeys ticket_keys_;
    auth::TicketBook tickets_{{}, std::chrono::seconds(0)};
    channels::Session session_{config_, desktop_, log_, report_, {}};
    std::vector<std::shared_ptr<channels::Channel>> channels_;
    auth::PendingLinks pending_{
        context_.get_executor(), policy(), {}, [this](auth::LinkedStream link) { add(std::move(link)); }};
    transport::Listener listener_;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 4 || std::string(argv[1]) != "--port") {
        std::fputs("usage: gallery-server --port N EXPECTED\n", stderr);
        return 2;
    }
    try {
        const Gallery gallery = make_gallery();
        gallery.write_expected(argv[3]);
        GalleryServer(static_cast<uint16_t>(std::stoul(argv[2])), gallery).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "gallery-server: %s\n", error.what());
        return 1;
    }
    return 0;
}
