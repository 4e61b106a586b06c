// Fuzzes what is asked for by HTTP on the port of the display: the input is what the client sends, read in
// several chunk sizes, which must come to the same answer.
#include "require.hpp"
#include "support/memory_stream.hpp"
#include "support/recording_log.hpp"
#include "support/run_until.hpp"
#include "transport/http_request.hpp"
#include "transport/web_error.hpp"
#include "transport/websocket_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace spice::fuzz {
namespace {

namespace asio = boost::asio;

struct Outcome {
    std::string answer;
    bool accepted = false;
    bool refused = false;
    size_t log_lines = 0;

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

asio::awaitable<void> accept(std::unique_ptr<transport::Stream> raw, const transport::WebPolicy& policy,
                             Outcome& outcome) {
    try {
        const auto stream = co_await transport::accept_websocket(std::move(raw), policy);
        outcome.accepted = true;
    } catch (const boost::system::system_error& error) {
        outcome.refused = error.code().category() == transport::web_category();
    }
}

Outcome run(std::span<const uint8_t> input, size_t chunk) {
    asio::io_context context(1);
    test::RecordingLog log;
    const transport::WebPolicy policy = transport::web_policy({"https://desk.example.org"}, log);
    test::MemoryStreamOptions server_end;
    server_end.read_chunk = chunk;
    auto [server, client] = test::memory_stream_pair(context.get_executor(), server_end);
    client->push(input);
    Outcome outcome;
    asio::co_spawn(context, accept(std::move(server), policy, outcome), asio::detached);
    test::run_ready(context);
    const std::vector<uint8_t> answer = client->take();
    outcome.answer.assign(answer.begin(), answer.end());
    outcome.log_lines = log.lines().size();
    require(outcome.log_lines <= 1, "one log line at most");
    require(!(outcome.accepted && outcome.refused), "accepted or refused: one of them");
    const bool answered = outcome.accepted || outcome.refused;
    require(outcome.answer.empty() != answered, "an answer to each request that came to its end");
    if (answered) {
        require(outcome.answer.starts_with("HTTP/1.1 "), "the answer is HTTP");
        require(outcome.answer.starts_with("HTTP/1.1 101 ") == outcome.accepted, "101 for WebSockets alone");
        const size_t head = transport::http_head_size(outcome.answer);
        require(head > 0, "the answer's head ends");
        require(!outcome.accepted || head == outcome.answer.size(), "101 has no body");
    }
    client->close();
    test::run_ready(context);
    return outcome;
}

} // namespace
} // namespace spice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span<const uint8_t> input(data, size);
    const auto whole = spice::fuzz::run(input, std::numeric_limits<size_t>::max());
    for (size_t chunk : {1, 7}) {
        spice::fuzz::require(spice::fuzz::run(input, chunk) == whole, "the chunk size changed the answer");
    }
    return 0;
}
