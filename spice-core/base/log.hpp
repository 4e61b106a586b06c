// Helpers to make log lines: parts put together, and bytes of strangers made harmless.
#pragma once

#include "spice-core/log.hpp"

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace spice {

// `text` fit for one log line: printable ASCII stays, a backslash and every other byte become \\ and \xNN,
// and what would make the result longer than `max_length` characters is cut off and replaced by "...".
std::string escaped(std::string_view text, size_t max_length = 200);

namespace detail {

inline void append_part(std::string& line, std::string_view part) {
    line += part;
}

template <std::integral Number>
void append_part(std::string& line, Number number) {
    char digits[24];
    line.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

} // namespace detail

// One line out of strings and whole numbers. The parts must not hold bytes that a client sent, unless
// escaped.
template <class... Parts>
void log_line(LogSink& sink, LogLevel level, const Parts&... parts) {
    std::string line;
    (detail::append_part(line, parts), ...);
    sink.write(level, line);
}

} // namespace spice
