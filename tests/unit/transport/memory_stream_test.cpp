// The double itself: tests of everything above rest on it.
#include "support/memory_stream.hpp"
#include "support/run_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <numeric>

namespace spice::test {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

std::vector<uint8_t> numbers(size_t count) {
    std::vector<uint8_t> bytes(count);
    std::iota(bytes.begin(), bytes.end(), uint8_t{0});
    return bytes;
}

struct Reader {
    std::vector<uint8_t> bytes;
    std::vector<size_t> sizes;
    error_code end;
    bool done = false;

    static asio::awaitable<void> run(transport::Stream& stream, Reader& self, size_t buffer_size) {
        std::vector<uint8_t> buffer(buffer_size);
        try {
            while (true) {
                const size_t count = co_await stream.read_some(asio::buffer(buffer));
                self.sizes.push_back(count);
                self.bytes.insert(self.bytes.end(), buffer.begin(),
                                  buffer.begin() + static_cast<std::ptrdiff_t>(count));
            }
        } catch (const boost::system::system_error& error) {
            self.end = error.code();
        }
        self.done = true;
    }
};

struct Writer {
    error_code end;
    bool done = false;

    static asio::awaitable<void> run(transport::Stream& stream, Writer& self, std::vector<uint8_t> bytes) {
        // In two buffers, so that gathering is tested too.
        const size_t half = bytes.size() / 2;
        const asio::const_buffer buffers[] = {asio::buffer(bytes.data(), half),
                                              asio::buffer(bytes.data() + half, bytes.size() - half)};
        try {
            co_await stream.write(buffers);
        } catch (const boost::system::system_error& error) {
            self.end = error.code();
        }
        self.done = true;
    }
};

class MemoryStreamTest : public testing::Test {
protected:
    void connect(MemoryStreamOptions first = {}, MemoryStreamOptions second = {}) {
        std::tie(first_, second_) = memory_stream_pair(context_.get_executor(), first, second);
    }
    void read(transport::Stream& stream, Reader& reader, size_t buffer_size = 1000) {
        asio::co_spawn(context_, Reader::run(stream, reader, buffer_size), asio::detached);
    }
    void write(transport::Stream& stream, Writer& writer, std::vector<uint8_t> bytes) {
        asio::co_spawn(context_, Writer::run(stream, writer, std::move(bytes)), asio::detached);
    }

    asio::io_context context_;
    std::unique_ptr<MemoryStream> first_;
    std::unique_ptr<MemoryStream> second_;
};

TEST_F(MemoryStreamTest, carries_bytes_in_order_until_the_end) {
    connect();
    Reader reader;
    Writer writer;
    read(*second_, reader);
    write(*first_, writer, numbers(200));
    run_ready(context_);
    EXPECT_TRUE(writer.done);
    EXPECT_FALSE(writer.end);
    EXPECT_EQ(reader.bytes, numbers(200));
    EXPECT_FALSE(reader.done);
    first_->close();
    run_ready(context_);
    EXPECT_TRUE(reader.done);
    EXPECT_EQ(reader.end, asio::error::eof);
}

TEST_F(MemoryStreamTest, gives_what_was_written_before_the_close) {
    connect();
    first_->push(numbers(3));
    first_->close();
    EXPECT_TRUE(second_->ended());
    Reader reader;
    read(*second_, reader);
    run_ready(context_);
    EXPECT_EQ(reader.bytes, numbers(3));
    EXPECT_EQ(reader.end, asio::error::eof);
}

TEST_F(MemoryStreamTest, gives_chunks_of_the_size_asked_for) {
    MemoryStreamOptions small;
    small.read_chunk = 3;
    connect({}, small);
    first_->push(numbers(8));
    Reader reader;
    read(*second_, reader);
    run_ready(context_);
    EXPECT_EQ(reader.sizes, (std::vector<size_t>{3, 3, 2}));
    first_->push(numbers(1));
    run_ready(context_);
    EXPECT_EQ(reader.sizes.back(), 1u);
    second_->close();
    run_ready(context_);
    EXPECT_TRUE(reader.done);
}

TEST_F(MemoryStreamTest, makes_the_writer_wait_for_a_slow_reader) {
    MemoryStreamOptions small;
    small.send_buffer = 10;
    connect(small);
    Writer writer;
    write(*first_, writer, numbers(25));
    run_ready(context_);
    EXPECT_FALSE(writer.done);
    std::vector<uint8_t> all = second_->take();
    EXPECT_EQ(all.size(), 10u);
    run_ready(context_);
    EXPECT_FALSE(writer.done);
    for (size_t expected : {10u, 5u}) {
        const auto more = second_->take();
        EXPECT_EQ(more.size(), expected);
        all.insert(all.end(), more.begin(), more.end());
        run_ready(context_);
    }
    EXPECT_TRUE(writer.done);
    EXPECT_EQ(all, numbers(25));
}

TEST_F(MemoryStreamTest, close_ends_what_is_under_way_on_both_ends) {
    MemoryStreamOptions small;
    small.send_buffer = 1;
    connect(small, small);
    Reader reader;
    Writer writer;
    read(*first_, reader);
    write(*first_, writer, numbers(5));
    run_ready(context_);
    first_->close();
    first_->close();
    run_ready(context_);
    EXPECT_EQ(reader.end, asio::error::operation_aborted);
    EXPECT_EQ(writer.end, asio::error::operation_aborted);
    Writer late_writer;
    write(*second_, late_writer, numbers(5));
    run_ready(context_);
    EXPECT_EQ(late_writer.end, asio::error::broken_pipe);
}

TEST_F(MemoryStreamTest, may_be_destroyed_while_it_is_read) {
    connect();
    Reader reader;
    read(*second_, reader);
    run_ready(context_);
    second_.reset();
    run_ready(context_);
    EXPECT_TRUE(reader.done);
    EXPECT_EQ(reader.end, asio::error::operation_aborted);
}

TEST_F(MemoryStreamTest, fails_from_the_chosen_operation_on) {
    for (size_t succeed = 0; succeed <= 4; ++succeed) { // three bytes and the end are four reads
        MemoryStreamOptions failing;
        failing.failures = std::make_shared<FailureCounter>(succeed);
        failing.read_chunk = 1;
        connect({}, failing);
        first_->push(numbers(3));
        first_->close();
        Reader reader;
        read(*second_, reader);
        run_ready(context_);
        EXPECT_EQ(reader.bytes, numbers(std::min(succeed, size_t{3})));
        EXPECT_EQ(reader.end, succeed < 4 ? asio::error::make_error_code(asio::error::connection_reset)
                                          : asio::error::make_error_code(asio::error::eof));
        EXPECT_EQ(failing.failures->failed(), succeed < 4);
    }
}

TEST(FailureCounter, fails_never_unless_told) {
    FailureCounter never;
    for (int i = 0; i < 1000; ++i) {
        EXPECT_FALSE(never.step());
    }
    EXPECT_FALSE(never.failed());
    FailureCounter second(1);
    EXPECT_FALSE(second.step());
    EXPECT_TRUE(second.step());
    EXPECT_TRUE(second.step());
    EXPECT_TRUE(second.failed());
}

} // namespace
} // namespace spice::test
