#include "base/log.hpp"

namespace spice {

namespace {

constexpr std::string_view kCut = "...";

std::string escaped_byte(char byte) {
    constexpr char digits[] = "0123456789abcdef";
    if (byte == '\\') {
        return "\\\\";
    }
    if (byte >= ' ' && byte <= '~') {
        return {byte};
    }
    const auto value = static_cast<unsigned char>(byte);
    return {'\\', 'x', digits[value >> 4], digits[value & 15]};
}

} // namespace

std::string escaped(std::string_view text, size_t max_length) {
    std::string line;
    size_t room_for_cut = 0; // length of `line` up to which kCut still fits
    for (char byte : text) {
        const std::string shown = escaped_byte(byte);
        if (line.size() + shown.size() > max_length) {
            line.resize(room_for_cut);
            line += kCut.substr(0, max_length);
            return line;
        }
        line += shown;
        if (line.size() + kCut.size() <= max_length) {
            room_for_cut = line.size();
        }
    }
    return line;
}

} // namespace spice
