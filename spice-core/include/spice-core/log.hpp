// Where the core's log lines go; the front-end provides it. One line per event, no secrets, no line per
// frame.
#pragma once

#include <string_view>

namespace spice {

enum class LogLevel { debug, info, warning, error };

class LogSink {
public:
    virtual ~LogSink() = default;
    // Core thread (and Server's constructor). `line` has no newline and may hold bytes a client sent only
    // in escaped form.
    virtual void write(LogLevel level, std::string_view line) = 0;
};

} // namespace spice
