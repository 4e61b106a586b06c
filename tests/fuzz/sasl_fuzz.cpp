// Fuzzes what a client sends where it shows its credentials through SASL, with a fake mechanism behind the
// framing. The first byte of an input has options: bit 0, the channel is another one of a client that is
// there. The rest is what the client sends after its link message, read in several chunk sizes, which must
// come to the same end.
#include "auth/link_handshake.hpp"
#include "auth/pending_links.hpp"
#include "auth/sasl_exchange.hpp"
#include "in_chunks.hpp"
#include "require.hpp"
#include "support/memory_stream.hpp"
#include "support/recording_log.hpp"
#include "support/run_until.hpp"
#include "unit/auth/fake_sasl.hpp"
#include "unit/auth/link_client.hpp"

#include <spice/enums.h>
#include <spice/protocol.h>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

namespace spice::fuzz {
namespace {

constexpr uint8_t kOtherChannel = 1;

struct Outcome {
    std::vector<uint8_t> answer;
    std::string log;
    bool ended = false;

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

auth::TicketKeys& ticket_keys() {
    static auth::TicketKeys keys(std::numeric_limits<size_t>::max()); // one for all runs of an input
    return keys;
}

Outcome run(Bytes input, size_t chunk) {
    boost::asio::io_context context(1);
    test::RecordingLog log;
    test::FakeSaslService service;
    auth::TicketBook book({}, std::chrono::seconds(0));
    auth::FailureDelays delays;
    const auto pass = std::make_shared<auth::Pass>("alice");
    const auth::LinkPolicy policy{
        ticket_keys(),
        book,
        delays,
        log,
        [](uint8_t) { return protocol::Capabilities{}; },
        [](const protocol::ChannelId&) -> uint32_t { return SPICE_LINK_ERR_OK; },
        [](const protocol::ChannelId&, uint32_t) -> uint32_t { return SPICE_LINK_ERR_OK; },
        {},
        [&](uint32_t) { return pass; },
        &service};
    Outcome outcome;
    std::vector<auth::LinkedStream> links;
    {
        auth::PendingLinks pending(context.get_executor(), policy, {},
                                   [&](auth::LinkedStream link) { links.push_back(std::move(link)); });
        test::MemoryStreamOptions server_end;
        server_end.read_chunk = chunk;
        auto [server, client] = test::memory_stream_pair(context.get_executor(), server_end);
        test::LinkRequest request;
        if ((input[0] & kOtherChannel) != 0) {
            request.channel = {SPICE_CHANNEL_INPUTS, 0};
        }
        client->push(request.bytes());
        client->push(input.subspan(1));
        pending.add(std::move(server));
        test::run_ready(context);
        outcome.answer = client->take();
        outcome.ended = client->ended();
        const size_t longest = 512 + 32 * static_cast<size_t>(auth::kMaxSaslSteps);
        require(outcome.answer.size() <= longest, "a longer answer than there is");
        require(links.size() <= 1, "one link");
        client->close();
        test::run_until(context, [&] { return pending.size() == 0; });
        require(pending.size() == 0, "a link outlived its connection");
    }
    require(log.lines().size() == 1, "one log line for each link");
    outcome.log = log.lines()[0].text;
    const bool layered = outcome.log.find("accepted: LAYERED") != std::string::npos;
    require(links.empty() || (links[0].sasl_layer == layered && links[0].pass), "a link without its rights");
    return outcome;
}

} // namespace
} // namespace spice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return spice::fuzz::same_in_chunks(data, size, spice::fuzz::run);
}
