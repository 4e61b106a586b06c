// The codecs' headers are big endian, unlike everything else in the protocol.
#pragma once

#include <cstdint>

namespace spice::codecs {

inline uint8_t* put_u32_be(uint8_t* to, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        *to++ = static_cast<uint8_t>(value >> shift);
    }
    return to;
}

} // namespace spice::codecs
