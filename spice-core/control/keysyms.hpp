// X's numbers for keys, by what people call them.
#pragma once

#include "control/wiped_memory.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace spice::control {

// A name as in xev ("Return", "a", "F1"), "U+20AC", or the one character that the key is for.
std::optional<uint32_t> keysym_of(std::string_view name);

// The keys to tap for a text in UTF-8, one for each character; nothing when it is no UTF-8, or a character is
// on no keyboard, such as most control characters. A new line is Return, a tabulator Tab.
std::optional<WipedKeysyms> keysyms_of_text(std::string_view text);

} // namespace spice::control
