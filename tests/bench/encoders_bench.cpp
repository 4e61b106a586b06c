// Encoders: MB of pixels per second (4 bytes each) and the ratio of raw to encoded, over 1080p pictures cut
// as the planner cuts them.
#include "codecs/image_codec.hpp"
#include "display/image_area.hpp"
#include "display/update_planner.hpp"

#include "support/test_images.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace spice {
namespace {

using Maker = test::TestImage (*)(uint32_t width, uint32_t height, uint32_t padding);

void encode(benchmark::State& state, codecs::Codec codec, Maker maker) {
    const test::TestImage image = maker(1920, 1080, 0);
    std::vector<Rect> pieces;
    display::split_rows({0, 0, 1920, 1080}, display::kMaxImagePixels, pieces);
    size_t encoded = 0;
    for (auto _ : state) {
        encoded = 0;
        for (const Rect& piece : pieces) {
            const codecs::ImageView view =
                codecs::xrgb_view(&image.pixels[static_cast<size_t>(piece.y1) * image.stride], image.stride,
                                  1920, static_cast<uint32_t>(piece.height()));
            encoded += codecs::encode_image(codecs::codec(codec), view).data.size();
        }
    }
    const auto raw = static_cast<double>(image.view().raw_size());
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(raw));
    state.counters["ratio"] = raw / static_cast<double>(encoded);
    state.counters["bytes"] = static_cast<double>(encoded);
}

} // namespace
} // namespace spice

int main(int argc, char** argv) {
    using namespace spice;
    const std::vector<std::pair<std::string, Maker>> makers{{"text", test::text_image},
                                                            {"ui", test::ui_image},
                                                            {"photo", test::photo_image},
                                                            {"mixed", test::mixed_image},
                                                            {"noise", test::noise_image}};
    const std::vector<std::pair<std::string, codecs::Codec>> all_codecs{
        {"raw", codecs::Codec::raw}, {"lz", codecs::Codec::lz}, {"lz4", codecs::Codec::lz4}};
    for (const auto& [codec_name, codec] : all_codecs) {
        for (const auto& [maker_name, maker] : makers) {
            const std::string name = codec_name + "/" + maker_name;
            benchmark::RegisterBenchmark(name.c_str(), encode, codec, maker)->Unit(benchmark::kMillisecond);
        }
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
