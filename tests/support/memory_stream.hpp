// An in-memory transport::Stream pair: what one end writes, the other reads. Stands in for sockets in tests,
// with the misfortunes of sockets on demand: small reads, a full send buffer, and the failure of the N-th
// operation.
//
// Both ends must be used from one thread, that of their executor.
#pragma once

#include "transport/stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spice::test {

// Lets the N-th operation fail. Raise N from 0 until failed() stays false, and each error path has run.
class FailureCounter {
public:
    FailureCounter() = default; // nothing fails
    explicit FailureCounter(size_t operations_that_succeed) : left_(operations_that_succeed) {}

    // Counts one operation; true: it has to fail. Once one has failed, all do.
    bool step();
    bool failed() const { return failed_; }

private:
    size_t left_ = std::numeric_limits<size_t>::max();
    bool failed_ = false;
};

struct MemoryStreamOptions {
    // Most bytes that one read_some() gives.
    size_t read_chunk = std::numeric_limits<size_t>::max();
    // Bytes that write() puts down before it waits for the other end to read.
    size_t send_buffer = std::numeric_limits<size_t>::max();
    // Asked by every read_some() and write() of this end; may be shared between ends.
    std::shared_ptr<FailureCounter> failures{};
    std::string peer = "memory:1";
    // What link_facts() answers; empty: nothing is known.
    std::function<transport::LinkFacts()> link_facts{};
    bool encrypted = false;
    std::optional<transport::PeerCredentials> credentials{};
};

class MemoryStream final : public transport::Stream {
public:
    // One direction of a pair.
    struct Pipe;

    MemoryStream(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, MemoryStreamOptions options);
    ~MemoryStream() override;
    MemoryStream(const MemoryStream&) = delete;
    MemoryStream& operator=(const MemoryStream&) = delete;

    boost::asio::any_io_executor executor() override;
    boost::asio::awaitable<size_t> read_some(boost::asio::mutable_buffer into) override;
    boost::asio::awaitable<void> write(std::span<const boost::asio::const_buffer> buffers) override;
    void close() noexcept override;
    std::optional<transport::LinkFacts> link_facts() const override;
    std::string peer() const override { return options_.peer; }
    bool encrypted() const override { return options_.encrypted; }
    std::optional<transport::PeerCredentials> credentials() const override { return options_.credentials; }

    // Without a coroutine: append to what the other end will read, whatever the send buffer; take what the
    // other end has written so far; whether the other end has closed (what it wrote before can still be
    // taken).
    void push(std::span<const uint8_t> bytes);
    std::vector<uint8_t> take();
    bool ended() const;

private:
    std::shared_ptr<Pipe> in_;
    std::shared_ptr<Pipe> out_;
    MemoryStreamOptions options_;
};

// Two connected ends; the options are the first one's and the second one's.
std::pair<std::unique_ptr<MemoryStream>, std::unique_ptr<MemoryStream>>
memory_stream_pair(const boost::asio::any_io_executor& executor, MemoryStreamOptions first = {},
                   MemoryStreamOptions second = {});

} // namespace spice::test
