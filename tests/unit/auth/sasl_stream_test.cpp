#include "auth/sasl_stream.hpp"

#include "fake_sasl.hpp"
#include "support/memory_stream.hpp"
#include "support/run_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <numeric>

namespace spice::auth {
namespace {

namespace asio = boost::asio;

class SaslStreamTest : public testing::Test {
protected:
    void make(test::MemoryStreamOptions options = {}) {
        auto [below, far] = test::memory_stream_pair(context.get_executor(), options);
        client = std::move(far);
        stream = std::make_unique<SaslStream>(std::move(below),
                                              std::make_unique<test::FakeSaslSession>("LAYERED"));
    }
    asio::awaitable<void> read_all(size_t at_once) {
        std::vector<uint8_t> buffer(at_once);
        try {
            for (;;) {
                const size_t count = co_await stream->read_some(asio::buffer(buffer));
                got.insert(got.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
            }
        } catch (const boost::system::system_error& error) {
            failure = error.code();
        }
    }
    asio::awaitable<void> write(std::vector<uint8_t> first, std::vector<uint8_t> second) {
        const std::array<asio::const_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
        try {
            co_await stream->write(buffers);
            written = true;
        } catch (const boost::system::system_error& error) {
            failure = error.code();
        }
    }

    asio::io_context context;
    std::unique_ptr<test::MemoryStream> client;
    std::unique_ptr<SaslStream> stream;
    std::vector<uint8_t> got;
    boost::system::error_code failure;
    bool written = false;
};

std::vector<uint8_t> counting(size_t count) {
    std::vector<uint8_t> bytes(count);
    std::iota(bytes.begin(), bytes.end(), uint8_t{0});
    return bytes;
}

TEST_F(SaslStreamTest, carries_bytes_both_ways_in_any_pieces) {
    for (const size_t chunk : {1, 2, 5, 1000}) {
        test::MemoryStreamOptions options;
        options.read_chunk = chunk;
        make(options);
        got.clear();
        asio::co_spawn(context, write(counting(20), counting(3)), asio::detached);
        test::run_ready(context);
        EXPECT_TRUE(written);
        const std::vector<uint8_t> sent = client->take();
        test::FakeSaslSession other("LAYERED");
        auto expected = counting(20);
        const auto tail = counting(3);
        expected.insert(expected.end(), tail.begin(), tail.end());
        EXPECT_EQ(other.decode(sent), expected);
        asio::co_spawn(context, read_all(chunk), asio::detached);
        client->push(sent);
        test::run_ready(context);
        EXPECT_EQ(got, expected);
        client->close();
        test::run_ready(context);
        EXPECT_EQ(failure, asio::error::eof);
    }
}

TEST_F(SaslStreamTest, ends_when_somebody_changed_what_was_sent) {
    make();
    asio::co_spawn(context, read_all(10), asio::detached);
    client->push(std::vector<uint8_t>{0x56, 1, 0});
    test::run_ready(context);
    EXPECT_EQ(failure, boost::system::errc::bad_message);
    EXPECT_TRUE(got.empty());
}

TEST_F(SaslStreamTest, ends_wherever_the_connection_fails) {
    for (size_t succeed = 0; succeed < 4; ++succeed) {
        test::MemoryStreamOptions options;
        options.failures = std::make_shared<test::FailureCounter>(succeed);
        make(options);
        failure = {};
        written = false;
        asio::co_spawn(context, write(counting(20), counting(1)), asio::detached);
        test::run_ready(context);
        EXPECT_FALSE(written) << "it takes four writes";
        EXPECT_EQ(failure, asio::error::connection_reset);
    }
}

TEST_F(SaslStreamTest, tells_of_the_stream_below) {
    make({.peer = "192.0.2.1:5"});
    EXPECT_TRUE(stream->encrypted());
    EXPECT_EQ(stream->peer(), "192.0.2.1:5");
    EXPECT_FALSE(stream->credentials());
    stream->close();
    EXPECT_TRUE(client->ended());
}

} // namespace
} // namespace spice::auth
