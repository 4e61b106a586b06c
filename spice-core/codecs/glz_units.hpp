// An image as the units of its passes.
#pragma once

#include "codecs/glz_format.hpp"
#include "codecs/pixel_format.hpp"

#include <optional>
#include <span>
#include <vector>

namespace spice::codecs::glz {

// None: there is no such GLZ image.
std::optional<ImageType> image_type(PixelFormat format);
Header header_of(const ImageView& image);

// Bytes that no GLZ image of these pixels exceeds, by whatever matches.
size_t max_size(const ImageView& image);

// The units of the first pass: the image's own pixels where they are such, else made in `scratch`.
std::span<const uint32_t> colour_units(const ImageView& image, std::vector<uint32_t>& scratch);
// The units of the second pass of argb8888.
std::span<const uint32_t> alpha_units(const ImageView& image, std::vector<uint32_t>& scratch);

} // namespace spice::codecs::glz
