// Fuzzes what a client sends on a WebSocket. The first byte of an input says how much of the rest came with
// the handshake; all of it is read in several chunk sizes, which must come to the same data, answers and end.
#include "in_chunks.hpp"
#include "require.hpp"
#include "support/memory_stream.hpp"
#include "support/run_until.hpp"
#include "transport/web_error.hpp"
#include "transport/websocket_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace spice::fuzz {
namespace {

namespace asio = boost::asio;

struct Outcome {
    std::vector<uint8_t> data;
    std::vector<uint8_t> answer; // pongs and the close frame
    boost::system::error_code end;

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

asio::awaitable<void> read_all(transport::Stream& stream, Outcome& outcome, size_t buffer_size) {
    std::vector<uint8_t> buffer(buffer_size);
    try {
        while (true) {
            const size_t count = co_await stream.read_some(asio::buffer(buffer));
            require(count > 0 && count <= buffer.size(), "a read gives something that fits");
            outcome.data.insert(outcome.data.end(), buffer.begin(),
                                buffer.begin() + static_cast<std::ptrdiff_t>(count));
        }
    } catch (const boost::system::system_error& error) {
        outcome.end = error.code();
    }
}

Outcome run(std::span<const uint8_t> input, size_t chunk) {
    const std::span<const uint8_t> sent = input.subspan(1);
    const size_t early = std::min<size_t>(input[0], sent.size());
    asio::io_context context(1);
    test::MemoryStreamOptions server_end;
    server_end.read_chunk = chunk;
    auto [server, client] = test::memory_stream_pair(context.get_executor(), server_end);
    client->push(sent.subspan(early));
    transport::WebSocketStream stream(std::move(server),
                                      std::string_view(reinterpret_cast<const char*>(sent.data()), early));
    Outcome outcome;
    asio::co_spawn(context, read_all(stream, outcome, std::min<size_t>(chunk, 1000)), asio::detached);
    test::run_ready(context);
    outcome.answer = client->take();
    require(outcome.data.size() + outcome.answer.size() <= sent.size() + 4, "more came out than went in");
    require(client->ended() == static_cast<bool>(outcome.end), "the connection ends with its reader");
    require(!outcome.end || outcome.end.category() == transport::web_category(), "ended for a reason");
    client->close();
    test::run_ready(context);
    require(static_cast<bool>(outcome.end), "the reader outlived its connection");
    return outcome;
}

} // namespace
} // namespace spice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return spice::fuzz::same_in_chunks(data, size, spice::fuzz::run);
}
