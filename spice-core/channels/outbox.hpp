// What a channel has still to write, in order: messages in up to three pieces, given to the stream without
// copying them together.
//
// A payload may be shared: one encoded image waits in the outboxes of many clients and exists once. Each of
// them counts it in full, so that the bound on one client does not depend on the others.
//
// Core thread. Buffers that gather() gave stay valid until consume() has taken their bytes.
#pragma once

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace spice::channels {

using SharedBytes = std::shared_ptr<const std::vector<uint8_t>>;

class Outbox {
public:
    // `payload` may be null.
    void push(std::vector<uint8_t> header, std::vector<uint8_t> head, SharedBytes payload);

    bool empty() const { return messages_.empty(); }
    // Bytes that push() took and consume() did not take yet.
    size_t bytes() const { return bytes_; }

    // Replaces `into` by the next bytes, at most `limit` of them (and at most a few hundred pieces); returns
    // how many. Not 0 unless the outbox is empty or `limit` is 0.
    size_t gather(size_t limit, std::vector<boost::asio::const_buffer>& into) const;
    // The first `count` bytes have been written; at most bytes(). What is written completely is released.
    void consume(size_t count);

private:
    struct Message {
        std::vector<uint8_t> header;
        std::vector<uint8_t> head;
        SharedBytes payload;

        size_t size() const { return header.size() + head.size() + (payload ? payload->size() : 0); }
    };

    std::deque<Message> messages_;
    size_t front_written_ = 0; // bytes of the front message that consume() has taken
    size_t bytes_ = 0;
};

} // namespace spice::channels
