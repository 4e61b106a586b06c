#include "channels/outbox.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace spice::channels {

namespace asio = boost::asio;

namespace {

constexpr size_t kMessagesPerWrite = 64;

// Appends what of `piece` comes after the first `skip` bytes, at most `limit`; takes both into account.
void append_piece(const std::vector<uint8_t>& piece, size_t& skip, size_t& limit,
                  std::vector<asio::const_buffer>& into) {
    const size_t skipped = std::min(skip, piece.size());
    const size_t size = std::min(limit, piece.size() - skipped);
    if (size > 0) {
        into.push_back(asio::buffer(piece.data() + skipped, size));
    }
    skip -= skipped;
    limit -= size;
}

} // namespace

void Outbox::push(std::vector<uint8_t> header, std::vector<uint8_t> head, SharedBytes payload) {
    const Message& message =
        messages_.emplace_back(Message{std::move(header), std::move(head), std::move(payload)});
    bytes_ += message.size();
}

size_t Outbox::gather(size_t limit, std::vector<asio::const_buffer>& into) const {
    into.clear();
    size_t left = limit;
    size_t skip = front_written_;
    const size_t count = std::min(messages_.size(), kMessagesPerWrite);
    for (size_t i = 0; i < count && left > 0; ++i) {
        const Message& message = messages_[i];
        append_piece(message.header, skip, left, into);
        append_piece(message.head, skip, left, into);
        if (message.payload) {
            append_piece(*message.payload, skip, left, into);
        }
    }
    return limit - left;
}

void Outbox::consume(size_t count) {
    assert(count <= bytes_);
    bytes_ -= count;
    front_written_ += count;
    while (!messages_.empty() && front_written_ >= messages_.front().size()) {
        front_written_ -= messages_.front().size();
        messages_.pop_front();
    }
}

} // namespace spice::channels
