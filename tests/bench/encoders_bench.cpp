// Encoders: MB of pixels per second (4 bytes each, whatever the format) and the ratio of that to what they
// make, over 1080p pictures in the cells in which they are sent, a line of text and a single character.
// And what it costs to tell which encoder suits a cell.
#include "codecs/glz_encoder.hpp"
#include "codecs/image_codec.hpp"
#include "codecs/jpeg_encoder.hpp"
#include "codecs/lz4_encoder.hpp"
#include "codecs/lz_encoder.hpp"
#include "codecs/quic_encoder.hpp"
#include "codecs/zlib_glz_encoder.hpp"
#include "display/content_class.hpp"

#include "support/photo_image.hpp"
#include "support/test_images.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace spice {
namespace {

using codecs::ImageView;
using codecs::PixelFormat;
using test::FormattedImage;
using test::TestImage;

struct Picture {
    std::string name;
    std::vector<TestImage> parts; // what is encoded one by one

    size_t pixels() const {
        size_t count = 0;
        for (const TestImage& part : parts) {
            count += size_t{part.width} * part.height;
        }
        return count;
    }
};

TestImage part_of(const TestImage& image, uint32_t left, uint32_t top, uint32_t width, uint32_t height) {
    TestImage part(width, height);
    for (uint32_t y = 0; y < height; ++y) {
        std::copy_n(&image.pixels[(top + y) * image.stride + left], width, &part.at(0, y));
    }
    return part;
}

Picture in_cells(std::string name, const TestImage& image) {
    constexpr uint32_t kCell = 256;
    Picture picture{std::move(name), {}};
    for (uint32_t y = 0; y < image.height; y += kCell) {
        for (uint32_t x = 0; x < image.width; x += kCell) {
            picture.parts.push_back(
                part_of(image, x, y, std::min(kCell, image.width - x), std::min(kCell, image.height - y)));
        }
    }
    return picture;
}

std::vector<Picture> make_pictures() {
    constexpr uint32_t kWidth = 1920;
    constexpr uint32_t kHeight = 1080;
    const TestImage text = test::text_image(kWidth, kHeight);
    std::vector<Picture> pictures;
    pictures.push_back(in_cells("text", text));
    pictures.push_back(in_cells("ui", test::ui_image(kWidth, kHeight)));
    pictures.push_back(in_cells("photo", test::natural_image(kWidth, kHeight)));
    pictures.push_back(in_cells("mixed", test::mixed_image(kWidth, kHeight)));
    pictures.push_back(in_cells("noise", test::noise_image(kWidth, kHeight)));
    pictures.push_back({"line-640x16", {part_of(text, 6, 2, 640, 16)}});
    pictures.push_back({"character-8x16", {part_of(text, 22, 2, 8, 16)}});
    return pictures;
}

// An encoder in one of the formats that it takes.
struct Contender {
    std::string name;
    std::shared_ptr<const codecs::ImageCodec> codec; // none: raw
    PixelFormat format = PixelFormat::xrgb8888;
};

std::vector<Contender> make_contenders() {
    std::vector<Contender> contenders{
        {"raw", nullptr},
        {"lz", std::make_shared<codecs::LzEncoder>()},
        {"lz-indexed8", std::make_shared<codecs::LzEncoder>(), PixelFormat::indexed8},
        {"lz-argb", std::make_shared<codecs::LzEncoder>(), PixelFormat::argb8888},
        {"lz4", std::make_shared<codecs::Lz4Encoder>()},
        {"glz", std::make_shared<codecs::GlzEncoder>()},
        {"zlib-glz", std::make_shared<codecs::ZlibGlzEncoder>()},
        {"quic", std::make_shared<codecs::QuicEncoder>()},
        {"quic-argb", std::make_shared<codecs::QuicEncoder>(), PixelFormat::argb8888}};
    for (const codecs::JpegEncoder& encoder : codecs::jpeg_ladder()) {
        contenders.push_back(
            {"jpeg-" + std::to_string(encoder.quality()), std::make_shared<codecs::JpegEncoder>(encoder)});
    }
    contenders.push_back({"jpeg-alpha-85",
                          std::make_shared<codecs::JpegEncoder>(codecs::jpeg_ladder().back()),
                          PixelFormat::argb8888});
    return contenders;
}

void report(benchmark::State& state, const Picture& picture, size_t encoded) {
    const size_t raw = picture.pixels() * sizeof(uint32_t);
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(raw));
    state.counters["bytes"] = static_cast<double>(encoded);
    state.counters["ratio"] = static_cast<double>(raw) / static_cast<double>(encoded);
}

void encode(benchmark::State& state, const Contender& contender, const Picture& picture) {
    std::vector<FormattedImage> images;
    for (const TestImage& part : picture.parts) {
        images.emplace_back(part, contender.format);
    }
    size_t encoded = 0;
    for (auto _ : state) {
        encoded = 0;
        for (const FormattedImage& image : images) {
            encoded += codecs::encode_image(contender.codec.get(), image.view()).data.size();
        }
    }
    report(state, picture, encoded);
}

// Each cell by the lossless encoder that its content suits.
void encode_by_class(benchmark::State& state, const Picture& picture) {
    const codecs::ZlibGlzEncoder zlib_glz;
    const codecs::QuicEncoder quic;
    size_t encoded = 0;
    for (auto _ : state) {
        encoded = 0;
        for (const TestImage& part : picture.parts) {
            const bool for_quic = display::suits_quic(display::classify_content(part.view()));
            const codecs::ImageCodec* const codec =
                for_quic ? static_cast<const codecs::ImageCodec*>(&quic) : &zlib_glz;
            encoded += codecs::encode_image(codec, part.view()).data.size();
        }
    }
    report(state, picture, encoded);
}

void classify(benchmark::State& state, const Picture& picture) {
    for (auto _ : state) {
        for (const TestImage& part : picture.parts) {
            benchmark::DoNotOptimize(display::classify_content(part.view()));
        }
    }
    const auto parts = static_cast<double>(picture.parts.size());
    state.counters["per_cell"] = benchmark::Counter(parts, benchmark::Counter::kIsIterationInvariantRate |
                                                               benchmark::Counter::kInvert);
}

} // namespace
} // namespace spice

int main(int argc, char** argv) {
    using namespace spice;
    const std::vector<Picture> pictures = make_pictures();
    const std::vector<Contender> contenders = make_contenders();
    for (const Picture& picture : pictures) {
        for (const Contender& contender : contenders) {
            benchmark::RegisterBenchmark((picture.name + "/" + contender.name).c_str(),
                                         [&](benchmark::State& state) { encode(state, contender, picture); })
                ->Unit(benchmark::kMicrosecond);
        }
        benchmark::RegisterBenchmark((picture.name + "/by-class").c_str(), [&](benchmark::State& state) {
            encode_by_class(state, picture);
        })->Unit(benchmark::kMicrosecond);
        benchmark::RegisterBenchmark((picture.name + "/classify").c_str(), [&](benchmark::State& state) {
            classify(state, picture);
        })->Unit(benchmark::kMicrosecond);
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
