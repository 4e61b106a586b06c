// Fuzzes what a client sends before it is linked. The first byte of an input has options: bit 0, a valid
// ticket follows the input; bit 1, the server has a ticket set. The rest is what the client sends, read in
// several chunk sizes, which must come to the same end.
#include "auth/link_handshake.hpp"
#include "auth/pending_links.hpp"
#include "in_chunks.hpp"
#include "require.hpp"
#include "support/memory_stream.hpp"
#include "support/recording_log.hpp"
#include "support/run_until.hpp"
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

constexpr uint8_t kValidTicket = 1;
constexpr uint8_t kTicketSet = 2;
constexpr std::string_view kTicket = "secret";

struct Outcome {
    std::vector<uint8_t> answer;
    std::string log;
    size_t linked = 0;
    bool ended = false;

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

auth::TicketKeys& ticket_keys() {
    static auth::TicketKeys keys(std::numeric_limits<size_t>::max()); // one for all runs of an input
    return keys;
}

auth::LinkPolicy policy(auth::TicketBook& tickets, auth::FailureDelays& delays, LogSink& log) {
    return {ticket_keys(),
            tickets,
            delays,
            log,
            [](uint8_t) {
                return protocol::Capabilities{1, 6};
            },
            [](const protocol::ChannelId& channel) -> uint32_t {
                return channel.type <= SPICE_CHANNEL_CURSOR ? SPICE_LINK_ERR_OK
                                                            : SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE;
            },
            [](const protocol::ChannelId&, uint32_t connection_id) -> uint32_t {
                return connection_id == 0 ? SPICE_LINK_ERR_OK : SPICE_LINK_ERR_BAD_CONNECTION_ID;
            }};
}

// Another one each time; none of them makes a whole word of the beginning of a mechanism's.
protocol::EncryptedTicket fresh_ticket() {
    protocol::EncryptedTicket ticket{};
    while (ticket[0] == 0) {
        ticket = test::encrypt_ticket(ticket_keys().current()->public_key(), kTicket);
    }
    return ticket;
}

Outcome run(Bytes input, size_t chunk) {
    auth::FailureDelays delays;
    boost::asio::io_context context(1);
    test::RecordingLog log;
    std::vector<Ticket> tickets;
    if ((input[0] & kTicketSet) != 0) {
        tickets.push_back({.password = std::string(kTicket), .expires = {}});
    }
    auth::TicketBook book(tickets, std::chrono::seconds(0));
    Outcome outcome;
    std::vector<auth::LinkedStream> links;
    auth::PendingLinks pending(context.get_executor(), policy(book, delays, log), {},
                               [&](auth::LinkedStream link) { links.push_back(std::move(link)); });
    test::MemoryStreamOptions server_end;
    server_end.read_chunk = chunk;
    auto [server, client] = test::memory_stream_pair(context.get_executor(), server_end);
    client->push(input.subspan(1));
    pending.add(std::move(server));
    test::run_ready(context);
    outcome.answer = client->take();
    if ((input[0] & kValidTicket) != 0 && !outcome.answer.empty() && !client->ended() &&
        pending.size() == 1) {
        client->push(fresh_ticket());
        test::run_ready(context);
    }
    outcome.linked = links.size();
    outcome.ended = client->ended();
    const std::vector<uint8_t> rest = client->take();
    outcome.answer.insert(outcome.answer.end(), rest.begin(), rest.end());
    require(outcome.answer.size() <= 16 + 178 + 4 * 2 + 16 + 178, "a longer answer than there is");
    require(outcome.linked + pending.size() + (outcome.ended ? 1 : 0) == 1,
            "linked, pending or refused: one of them");
    client->close();
    test::run_ready(context);
    require(pending.size() == 0, "a link outlived its connection");
    require(log.lines().size() == 1, "one log line for each link");
    outcome.log = log.lines()[0].text;
    return outcome;
}

} // namespace
} // namespace spice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return spice::fuzz::same_in_chunks(data, size, spice::fuzz::run);
}
