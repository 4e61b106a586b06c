#include "codecs/glz_dictionary.hpp"

#include "codecs/glz_encoder.hpp"
#include "codecs/glz_parser.hpp"
#include "codecs/glz_stream.hpp"
#include "codecs/glz_units.hpp"
#include "codecs/zlib_glz_encoder.hpp"

#include <spice/enums.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace spice::codecs {

namespace {

constexpr unsigned kDictionaryPlaceBits = 17;

} // namespace

// The images that stay when the next one comes.
class GlzDictionary::History {
public:
    History(const std::deque<Kept>& images, size_t leaving) : images_(images), leaving_(leaving) {}

    glz::EarlierUnits find(uint32_t place) const {
        const auto after =
            std::upper_bound(images_.begin() + static_cast<ptrdiff_t>(leaving_), images_.end(), place,
                             [](uint32_t wanted, const Kept& image) { return wanted < image.first_place; });
        if (after == images_.begin() + static_cast<ptrdiff_t>(leaving_)) {
            return {};
        }
        const Kept& image = *std::prev(after);
        const uint32_t offset = place - image.first_place;
        if (image.pixels == nullptr || offset >= image.count) {
            return {};
        }
        return {&image.pixels[offset], image.count - offset,
                static_cast<uint32_t>(images_.end() - std::prev(after)), offset, image.width};
    }

private:
    const std::deque<Kept>& images_;
    size_t leaving_;
};

GlzDictionary::GlzDictionary(uint64_t window) : max_pixels_(std::min(window, kMaxWindow)) {}
GlzDictionary::~GlzDictionary() = default;

std::optional<EncodedImage> GlzDictionary::encode(const Source& source) {
    ImageView view = xrgb_view(source.pixels.get(), source.width, source.width, source.height);
    view.top_down = source.top_down;
    const uint64_t count = uint64_t{source.width} * source.height;
    if (count > max_pixels_) {
        return std::nullopt;
    }
    const size_t leaving = room_for(count);
    const std::span<uint8_t> buffer = glz::thread_buffer(glz::max_size(view));
    glz::put_header(buffer.data(), glz::header_of(view));
    glz::TokenWriter out(buffer.subspan(glz::kHeaderSize));
    const uint32_t first_place = begin_image(count);
    [[maybe_unused]] const bool done =
        glz::Parser<glz::Unit::rgb, Table, History>({source.pixels.get(), count}, source.width, *table_,
                                                    first_place, History(images_, leaving), out)
            .run();
    assert(done);
    const std::span<uint8_t> plain = buffer.first(glz::kHeaderSize + out.size());
    set_glz_id(SPICE_IMAGE_TYPE_GLZ_RGB, plain, 0, next_id_, head_dist(leaving));
    std::optional<EncodedImage> encoded;
    if (source.zlib) {
        encoded = glz::smaller_form(plain, view.raw_size());
    } else if (plain.size() < view.raw_size()) {
        encoded.emplace(EncodedImage{SPICE_IMAGE_TYPE_GLZ_RGB, {plain.begin(), plain.end()}});
    }
    if (encoded) {
        encoded->top_down = source.top_down;
        add(leaving, {source.pixels, count, source.width, first_place});
    }
    return encoded;
}

void GlzDictionary::stamp(uint8_t type, std::span<uint8_t> data, uint32_t inner_size, uint64_t pixels) {
    const size_t leaving = room_for(pixels);
    set_glz_id(type, data, inner_size, next_id_, head_dist(leaving));
    uint32_t behind_the_last = 0;
    if (!images_.empty()) {
        const Kept& last = images_.back();
        behind_the_last = last.first_place + (last.pixels != nullptr ? static_cast<uint32_t>(last.count) : 0);
    }
    add(leaving, {nullptr, pixels, 0, behind_the_last});
}

void GlzDictionary::reset() {
    images_.clear();
    window_pixels_ = 0;
    next_id_ = 0;
}

// How many images must leave the window before one of so many pixels enters. Those that nothing can refer to
// do not stay at its front.
size_t GlzDictionary::room_for(uint64_t pixels) const {
    uint64_t kept = window_pixels_;
    size_t leaving = 0;
    while (leaving < images_.size() && (kept + pixels > max_pixels_ || images_[leaving].pixels == nullptr ||
                                        images_.size() - leaving >= kMaxImages)) {
        kept -= images_[leaving].count;
        ++leaving;
    }
    return leaving;
}

void GlzDictionary::add(size_t leaving, Kept image) {
    for (; leaving > 0; --leaving) {
        window_pixels_ -= images_.front().count;
        images_.pop_front();
    }
    window_pixels_ += image.count;
    images_.push_back(std::move(image));
    ++next_id_;
}

uint32_t GlzDictionary::begin_image(size_t pixels) {
    if (table_ == nullptr) {
        table_ = std::make_unique<Table>(kDictionaryPlaceBits);
    }
    const uint32_t place = table_->begin_image(pixels);
    if (place == Table::kFirstPlace) { // begun anew: where the images were has another meaning now
        for (Kept& image : images_) {
            image.pixels = nullptr;
            image.first_place = 0;
        }
    }
    return place;
}

} // namespace spice::codecs
