// Control: what comes over the control socket, as lines and as requests.
//
// The input is what one client sends; how its bytes come apart does not matter.
#include "control/line_buffer.hpp"
#include "control/request.hpp"
#include "in_chunks.hpp"
#include "require.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace spice::fuzz {
namespace {

using control::LineBuffer;

std::string outcome_of(std::string_view line) {
    const control::ParsedLine parsed = control::parse_line(line, {});
    std::string outcome = parsed.readable ? "readable " : "unreadable ";
    if (parsed.id) {
        outcome += boost::json::serialize(*parsed.id);
        require(outcome.size() <= control::kMaxId + 16, "an id is bounded");
    }
    if (parsed.request) {
        require(parsed.readable, "a request was read");
        return outcome + " request " + std::to_string(parsed.request->index());
    }
    const std::string& error = parsed.request.error().what;
    require(!error.empty() && error.size() < 500, "an error is one line");
    require(std::ranges::none_of(error, [](unsigned char byte) { return byte < 0x20 || byte > 0x7e; }),
            "an error is one line of ASCII");
    return outcome + " refused: " + error;
}

std::vector<std::string> run(Bytes input, size_t chunk) {
    LineBuffer lines;
    std::vector<std::string> outcomes;
    while (!input.empty() && !lines.too_long()) {
        const auto room = lines.room();
        require(!room.empty(), "there is room");
        const size_t size = std::min({chunk, room.size(), input.size()});
        std::copy_n(input.begin(), size, room.begin());
        lines.filled(size);
        input = input.subspan(size);
        while (const auto line = lines.next()) {
            outcomes.push_back(outcome_of(*line));
        }
    }
    return outcomes;
}

} // namespace
} // namespace spice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return spice::fuzz::same_in_chunks(data, size, spice::fuzz::run);
}
