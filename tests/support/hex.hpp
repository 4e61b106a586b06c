// Golden bytes that a reader can compare with the layout tables.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace spice::test {

// "01 ff 0a": spaces and newlines are free.
inline std::vector<uint8_t> from_hex(std::string_view text) {
    std::string digits;
    for (char character : text) {
        if (character != ' ' && character != '\n') {
            digits += character;
        }
    }
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i < digits.size(); i += 2) {
        size_t used = 0;
        const std::string pair = digits.substr(i, 2);
        bytes.push_back(static_cast<uint8_t>(std::stoul(pair, &used, 16)));
        if (used != 2) {
            throw std::invalid_argument("odd hex digits: " + pair);
        }
    }
    return bytes;
}

} // namespace spice::test
