#include "control/keysyms.hpp"

#include <xkbcommon/xkbcommon-keysyms.h>
#include <xkbcommon/xkbcommon.h>

#include <charconv>
#include <cstddef>
#include <string>

namespace spice::control {

namespace {

constexpr uint32_t kMaxCodePoint = 0x10ffff;

bool is_surrogate(uint32_t code_point) {
    return code_point >= 0xd800 && code_point <= 0xdfff;
}

// The first character of `text`, which is taken off; nothing when it is not UTF-8 in its shortest form.
std::optional<uint32_t> take_character(std::string_view& text) {
    struct Form {
        uint8_t mask;
        uint8_t lead;
        size_t size;
        uint32_t smallest;
    };
    static constexpr Form kForms[] = {
        {0x80, 0x00, 1, 0}, {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};
    const auto lead = static_cast<uint8_t>(text.front());
    for (const Form& form : kForms) {
        if ((lead & form.mask) != form.lead || text.size() < form.size) {
            continue;
        }
        uint32_t code_point = lead & static_cast<uint8_t>(~form.mask);
        for (size_t i = 1; i < form.size; ++i) {
            const auto byte = static_cast<uint8_t>(text[i]);
            if ((byte & 0xc0) != 0x80) {
                return std::nullopt;
            }
            code_point = code_point << 6 | (byte & 0x3fu);
        }
        if (code_point < form.smallest || code_point > kMaxCodePoint || is_surrogate(code_point)) {
            return std::nullopt;
        }
        text.remove_prefix(form.size);
        return code_point;
    }
    return std::nullopt;
}

bool is_control(uint32_t code_point) {
    return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
}

std::optional<uint32_t> keysym_of_character(uint32_t code_point) {
    constexpr std::string_view kKeys = "\b\t\n\r\x1b\x7f"; // of these, the ones that keyboards have
    if (is_control(code_point) &&
        (code_point > 0x7f || kKeys.find(static_cast<char>(code_point)) == std::string_view::npos)) {
        return std::nullopt;
    }
    if (code_point == '\n') {
        return XKB_KEY_Return; // where X has Linefeed, which keyboards have not
    }
    const xkb_keysym_t keysym = xkb_utf32_to_keysym(code_point);
    return keysym != XKB_KEY_NoSymbol ? std::optional(keysym) : std::nullopt;
}

std::optional<uint32_t> keysym_of_code_point(std::string_view digits) {
    uint32_t code_point = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, code_point, 16);
    if (error != std::errc() || stop != end || code_point > kMaxCodePoint || is_surrogate(code_point)) {
        return std::nullopt;
    }
    return keysym_of_character(code_point);
}

} // namespace

std::optional<uint32_t> keysym_of(std::string_view name) {
    constexpr size_t kLongestName = 64;
    if (name.empty() || name.size() > kLongestName || name.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    if (name.starts_with("U+")) {
        return keysym_of_code_point(name.substr(2));
    }
    std::string_view rest = name;
    if (const auto code_point = take_character(rest); code_point && rest.empty()) {
        return keysym_of_character(*code_point);
    }
    const xkb_keysym_t keysym = xkb_keysym_from_name(std::string(name).c_str(), XKB_KEYSYM_NO_FLAGS);
    return keysym != XKB_KEY_NoSymbol ? std::optional(keysym) : std::nullopt;
}

std::optional<WipedKeysyms> keysyms_of_text(std::string_view text) {
    WipedKeysyms keysyms;
    keysyms.reserve(text.size());
    while (!text.empty()) {
        const auto code_point = take_character(text);
        const auto keysym = code_point ? keysym_of_character(*code_point) : std::nullopt;
        if (!keysym) {
            return std::nullopt;
        }
        keysyms.push_back(*keysym);
    }
    return keysyms;
}

} // namespace spice::control
