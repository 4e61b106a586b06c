// A TlsContext that takes one connection in memory.
#pragma once

#include "support/memory_stream.hpp"
#include "support/recording_log.hpp"
#include "support/run_until.hpp"
#include "support/tls_client.hpp"
#include "support/tls_files.hpp"
#include "transport/tls_context.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace spice::transport {

namespace asio = boost::asio;

class TlsTest : public testing::Test {
protected:
    using Streams = std::pair<std::unique_ptr<test::MemoryStream>, std::unique_ptr<test::MemoryStream>>;

    // The server's end has `options`.
    void connect(test::MemoryStreamOptions options = {}) {
        Streams streams = test::memory_stream_pair(context_.get_executor(), std::move(options), {});
        raw_ = streams.first.get();
        client_end_ = std::move(streams.second);
        stream_.reset();
        error_.clear();
        accepted_ = false;
        asio::co_spawn(context_, accept(*this, std::move(streams.first)), asio::detached);
    }

    static asio::awaitable<void> accept(TlsTest& self, std::unique_ptr<Stream> below) {
        try {
            self.stream_ = co_await self.tls_.accept(std::move(below));
        } catch (const boost::system::system_error& error) {
            self.error_ = error.code();
        }
        self.accepted_ = true;
    }

    // Until the server's stream ends, into received_ and end_.
    static asio::awaitable<void> read_all(Stream& stream, TlsTest& self, size_t piece = 1000) {
        std::vector<char> buffer(piece);
        try {
            for (;;) {
                const size_t count = co_await stream.read_some(asio::buffer(buffer));
                self.received_.append(buffer.data(), count);
            }
        } catch (const boost::system::system_error& error) {
            self.end_ = error.code();
        }
        self.ended_ = true;
    }

    static asio::awaitable<void> write_all(Stream& stream, TlsTest& self, std::vector<std::string> parts) {
        std::vector<asio::const_buffer> buffers;
        for (const std::string& part : parts) {
            buffers.push_back(asio::buffer(part));
        }
        try {
            co_await stream.write(buffers);
        } catch (const boost::system::system_error& error) {
            self.write_error_ = error.code();
        }
        self.written_ = true;
    }

    void read() { asio::co_spawn(context_, read_all(*stream_, *this), asio::detached); }
    void write(std::vector<std::string> parts) {
        written_ = false;
        asio::co_spawn(context_, write_all(*stream_, *this, std::move(parts)), asio::detached);
    }
    void exchange() { client_->exchange(*client_end_, context_); }

    // Both ends have done the handshake.
    void establish(const test::TlsClientOptions& options = {}, test::MemoryStreamOptions server = {}) {
        client_ = std::make_unique<test::TlsClient>(options);
        connect(std::move(server));
        exchange();
        ASSERT_TRUE(client_->connected()) << client_->error() << " " << error_.message();
        ASSERT_NE(stream_, nullptr) << error_.message();
    }

    asio::io_context context_;
    test::TlsFiles files_;
    test::RecordingLog log_;
    TlsContext tls_{files_.config(), {"127.0.0.1"}, log_};
    std::unique_ptr<test::MemoryStream> client_end_;
    std::unique_ptr<test::TlsClient> client_;
    test::MemoryStream* raw_ = nullptr; // the server's end, below TLS
    std::unique_ptr<Stream> stream_;    // the server's
    bool accepted_ = false;
    boost::system::error_code error_; // of the handshake
    std::string received_;
    bool ended_ = false;
    boost::system::error_code end_;
    bool written_ = false;
    boost::system::error_code write_error_;
};

} // namespace spice::transport
