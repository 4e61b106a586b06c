// GLZ images that refer to nothing but themselves, header and tokens.
#pragma once

#include "codecs/pixel_format.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace spice::codecs::glz {

// Bytes that belong to the thread: at least so many, valid until it asks again.
std::span<uint8_t> thread_buffer(size_t size);

// Bytes used of `into`; none: they are too few. The format is one that GLZ has.
std::optional<size_t> encode_alone(const ImageView& image, std::span<uint8_t> into);

} // namespace spice::codecs::glz
