// The command line.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spice::recorder {

enum class Container { webm, mp4, matroska };
enum class Codec { vp8, vp9, h264 };

struct Options {
    bool help = false; // then nothing else is valid
    std::string control;
    std::string output;
    Container container = Container::webm; // by the ending of `output`
    Codec codec = Codec::vp8;
    int fps = 30;                                      // pictures per second at most, 1 to 60
    std::optional<std::chrono::milliseconds> duration; // none: until a signal, or the end of the display
    bool cursor = true;
};

// `arguments`: without the program's name. Throws OperatorError.
Options parse_options(std::span<const char* const> arguments);

std::string_view help_text();

} // namespace spice::recorder
