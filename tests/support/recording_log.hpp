// A LogSink that keeps its lines.
#pragma once

#include "spice-core/log.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spice::test {

class RecordingLog final : public LogSink {
public:
    struct Line {
        LogLevel level;
        std::string text;
    };

    void write(LogLevel level, std::string_view line) override {
        lines_.push_back({level, std::string(line)});
    }

    const std::vector<Line>& lines() const { return lines_; }
    void clear() { lines_.clear(); }
    // How many lines hold `part`.
    size_t count(std::string_view part) const {
        return static_cast<size_t>(std::ranges::count_if(
            lines_, [&](const Line& line) { return line.text.find(part) != std::string::npos; }));
    }

private:
    std::vector<Line> lines_;
};

} // namespace spice::test
