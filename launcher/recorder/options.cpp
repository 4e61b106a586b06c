#include "recorder/options.hpp"

#include "recorder/errors.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

namespace spice::recorder {

namespace {

constexpr std::string_view kHelp = R"(Usage: xspice-recorder --control SOCKET --output FILE [OPTION...]

Records what an xspice display shows into a video file, until it gets SIGINT,
SIGTERM or SIGHUP, or the display ends. "xspicectl record" and
"xspice-run --record" start it.

  --control SOCKET    Control socket of the display: $XSPICE_CONTROL.
  --output FILE       Video file. Its ending says what it becomes: .webm, .mp4
                      or .mkv. A file that is there is overwritten.
  --fps N             Pictures per second at most, 1 to 60. Default: 30. While
                      nothing changes there are fewer.
  --duration SECONDS  End after that time, such as 10 or 0.5.
  --no-cursor         Leave the pointer out.
  --codec CODEC       vp8 (.webm, .mkv), vp9 (all) or h264 (.mp4, .mkv).
                      Default: vp8 in .webm, h264 in the others.
  --help              Print this help, and exit.

The file can be played while it is being written, and after the recorder was
killed. When the screen gets another size, pictures keep the size of the first:
larger ones are made smaller, smaller ones get a black border.

Exit status: 0 when the recording is complete, 2 when it could not begin, 1 when
it ended early; the file then has what came before.
)";

constexpr double kLongest = 1e7; // seconds: 115 days

[[noreturn]] void refuse(std::string_view option, std::string_view value, std::string_view why) {
    throw OperatorError(std::string(option) + " " + std::string(value) + ": " + std::string(why));
}

bool ends_with(std::string_view text, std::string_view ending) {
    return text.size() > ending.size() &&
           std::equal(ending.rbegin(), ending.rend(), text.rbegin(), [](char wanted, char is) {
               return wanted == std::tolower(static_cast<unsigned char>(is));
           });
}

Container container_of(std::string_view file) {
    constexpr std::array<std::pair<std::string_view, Container>, 3> kEndings{
        {{".webm", Container::webm}, {".mp4", Container::mp4}, {".mkv", Container::matroska}}};
    for (const auto& [ending, container] : kEndings) {
        if (ends_with(file, ending)) {
            return container;
        }
    }
    refuse("--output", file, "the ending says what the file becomes; let it end in .webm, .mp4 or .mkv");
}

Codec codec_named(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Codec>, 3> kNames{
        {{"vp8", Codec::vp8}, {"vp9", Codec::vp9}, {"h264", Codec::h264}}};
    for (const auto& [known, codec] : kNames) {
        if (name == known) {
            return codec;
        }
    }
    refuse("--codec", name, "no such codec; use vp8, vp9 or h264");
}

int frames_per_second(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > 60) {
        refuse("--fps", text, "not a number of pictures per second; use 1 to 60");
    }
    return value;
}

std::chrono::milliseconds seconds(std::string_view text) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    // Written so that it is true of what is no number, too.
    if (error != std::errc() || end != text.data() + text.size() || !(value >= 0.1 && value <= kLongest)) {
        refuse("--duration", text, "not a number of seconds; use 0.1 to 10000000");
    }
    return std::chrono::milliseconds(std::llround(value * 1000));
}

void check_codec(Codec codec, Container container, std::string_view name) {
    if (container == Container::webm && codec == Codec::h264) {
        refuse("--codec", name,
               "is not for .webm files; use vp8 or vp9, or let --output end in .mp4 or .mkv");
    }
    if (container == Container::mp4 && codec == Codec::vp8) {
        refuse("--codec", name,
               "is not for .mp4 files; use h264 or vp9, or let --output end in .webm or .mkv");
    }
}

// The options as they are written, one after the other.
class Words {
public:
    explicit Words(std::span<const char* const> words) : words_(words) {}

    bool next() {
        if (words_.empty()) {
            return false;
        }
        const std::string_view word = take();
        const size_t equals = word.find('=');
        const bool joined = word.starts_with("--") && equals != std::string_view::npos;
        name_ = word.substr(0, joined ? equals : word.size());
        value_ = joined ? std::optional(word.substr(equals + 1)) : std::nullopt;
        return true;
    }

    std::string_view name() const { return name_; }

    std::string_view value() {
        once();
        if (!value_ && !words_.empty()) {
            value_ = take();
        }
        if (!value_ || value_->empty()) {
            throw OperatorError(std::string(name_) +
                                ": needs a value; \"xspice-recorder --help\" says which");
        }
        return *value_;
    }

    void no_value() {
        once();
        if (value_) {
            throw OperatorError(std::string(name_) +
                                ": takes no value; leave out \"=" + std::string(*value_) + '"');
        }
    }

private:
    std::string_view take() {
        const std::string_view word = words_.front();
        words_ = words_.subspan(1);
        return word;
    }

    void once() {
        if (!seen_.insert(name_).second) {
            throw OperatorError(std::string(name_) + ": given twice; give it once");
        }
    }

    std::span<const char* const> words_;
    std::string_view name_;
    std::optional<std::string_view> value_;
    std::set<std::string_view> seen_;
};

} // namespace

Options parse_options(std::span<const char* const> arguments) {
    Options options;
    Words words(arguments);
    std::string_view codec;
    while (words.next()) {
        const std::string_view name = words.name();
        if (name == "--help" || name == "-h") {
            words.no_value();
            options.help = true;
            return options;
        } else if (name == "--control") {
            options.control = words.value();
        } else if (name == "--output") {
            options.output = words.value();
            options.container = container_of(options.output);
        } else if (name == "--fps") {
            options.fps = frames_per_second(words.value());
        } else if (name == "--duration") {
            options.duration = seconds(words.value());
        } else if (name == "--no-cursor") {
            words.no_value();
            options.cursor = false;
        } else if (name == "--codec") {
            codec = words.value();
            options.codec = codec_named(codec);
        } else {
            throw OperatorError(std::string(name) +
                                ": no such option; \"xspice-recorder --help\" lists all options");
        }
    }
    if (options.control.empty()) {
        throw OperatorError("--control: missing; give the display's control socket, $XSPICE_CONTROL");
    }
    if (options.output.empty()) {
        throw OperatorError("--output: missing; give the file to record into");
    }
    if (codec.empty()) {
        options.codec = options.container == Container::webm ? Codec::vp8 : Codec::h264;
    } else {
        check_codec(options.codec, options.container, codec);
    }
    return options;
}

std::string_view help_text() {
    return kHelp;
}

} // namespace spice::recorder
