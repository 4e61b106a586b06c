#include "transport/tls_stream.hpp"

#include "transport/tls_error.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <utility>
#include <vector>

namespace spice::transport {

namespace asio = boost::asio;

namespace {

constexpr size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;                // most that one record carries
constexpr size_t kInput = kRecord + SSL3_RT_MAX_ENCRYPTED_OVERHEAD; // room for one encrypted record
constexpr size_t kBatch = 4 * kRecord; // output is handed on when there is so much of it

[[noreturn]] void fail(const boost::system::error_code& code) {
    throw boost::system::system_error(code);
}

} // namespace

struct TlsStream::Session : std::enable_shared_from_this<Session> {
    Session(SslPtr the_ssl, std::unique_ptr<Stream> the_stream);

    static asio::awaitable<void> handshake(std::shared_ptr<Session> self);
    static asio::awaitable<size_t> read_some(std::shared_ptr<Session> self, asio::mutable_buffer into);
    static asio::awaitable<void> write(std::shared_ptr<Session> self,
                                       std::span<const asio::const_buffer> buffers);
    void close() noexcept;

    // What OpenSSL calls.
    static const BIO_METHOD* bio_method();
    static int take_input(BIO* bio, char* into, int size);
    static int add_output(BIO* bio, const char* bytes, int size);
    static long control(BIO* bio, int command, long number, void* pointer);

    static asio::awaitable<void> fill(std::shared_ptr<Session> self);
    static asio::awaitable<void> flush(std::shared_ptr<Session> self);
    static asio::awaitable<void> encrypt(std::shared_ptr<Session> self, std::span<const uint8_t> piece);
    static asio::awaitable<void> say_goodbye(std::shared_ptr<Session> self);
    static asio::awaitable<void> wait_for_change(std::shared_ptr<Session> self);

    void require_open() const;
    [[noreturn]] void break_off();
    void notify() { changed.cancel(); }

    std::unique_ptr<Stream> below;
    std::vector<uint8_t> input;     // encrypted; from `taken` to `filled` OpenSSL has not had it yet
    std::vector<uint8_t> output;    // encrypted, for the next flush()
    std::vector<uint8_t> in_flight; // what a flush() is writing
    size_t taken = 0;
    size_t filled = 0;
    bool flushing = false;
    bool established = false;
    bool input_ended = false; // the stream below has nothing more to read
    bool broken = false;      // OpenSSL has failed, and must not be asked for anything again
    bool closed = false;
    asio::steady_timer changed; // never expires; cancelled to wake who waits
    SslPtr ssl;                 // with BIOs that point here: goes first
};

// --- OpenSSL's side ---

const BIO_METHOD* TlsStream::Session::bio_method() {
    static const OpenSslPtr<BIO_METHOD, BIO_meth_free> method = [] {
        OpenSslPtr<BIO_METHOD, BIO_meth_free> made(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "spice stream"));
        if (!made || !BIO_meth_set_read(made.get(), take_input) ||
            !BIO_meth_set_write(made.get(), add_output) || !BIO_meth_set_ctrl(made.get(), control)) {
            throw std::bad_alloc();
        }
        return made;
    }();
    return method.get();
}

int TlsStream::Session::take_input(BIO* bio, char* into, int size) {
    auto& self = *static_cast<Session*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const size_t count = std::min(self.filled - self.taken, static_cast<size_t>(std::max(size, 0)));
    if (count == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    std::memcpy(into, self.input.data() + self.taken, count);
    self.taken += count;
    return static_cast<int>(count);
}

int TlsStream::Session::add_output(BIO* bio, const char* bytes, int size) {
    auto& self = *static_cast<Session*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    try {
        self.output.insert(self.output.end(), bytes, bytes + std::max(size, 0));
    } catch (const std::exception&) { // C is above us
        return -1;
    }
    return size;
}

long TlsStream::Session::control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

TlsStream::Session::Session(SslPtr the_ssl, std::unique_ptr<Stream> the_stream)
    : below(std::move(the_stream)), input(kInput),
      changed(below->executor(), asio::steady_timer::time_point::max()), ssl(std::move(the_ssl)) {
    BIO* bio = BIO_new(bio_method());
    if (bio == nullptr) {
        throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl.get(), bio, bio); // owns it
}

// --- the stream below ---

asio::awaitable<void> TlsStream::Session::wait_for_change(std::shared_ptr<Session> self) {
    boost::system::error_code ignored;
    co_await self->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void TlsStream::Session::require_open() const {
    if (closed) {
        fail(asio::error::operation_aborted);
    }
    if (broken) {
        fail(asio::error::connection_aborted);
    }
}

void TlsStream::Session::break_off() {
    broken = true;
    notify();
    fail(take_tls_error());
}

// Called when OpenSSL has taken all input, and only by the one that reads.
asio::awaitable<void> TlsStream::Session::fill(std::shared_ptr<Session> self) {
    std::exception_ptr failure;
    try {
        self->filled = co_await self->below->read_some(asio::buffer(self->input));
        self->taken = 0;
    } catch (...) {
        self->input_ended = true;
        failure = std::current_exception();
    }
    self->notify();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

// When it returns, everything that was in `output` before the call has been taken by the stream below. Reader
// and writer may both be in here: the second one waits, so that neither can pile up output.
asio::awaitable<void> TlsStream::Session::flush(std::shared_ptr<Session> self) {
    while (self->flushing && !self->closed) {
        co_await wait_for_change(self);
    }
    self->require_open();
    if (self->output.empty()) {
        co_return;
    }
    std::swap(self->output, self->in_flight);
    self->flushing = true;
    std::exception_ptr failure;
    const asio::const_buffer bytes = asio::buffer(self->in_flight);
    try {
        co_await self->below->write({&bytes, 1});
    } catch (...) {
        self->broken = true; // half a record may be out
        failure = std::current_exception();
    }
    self->flushing = false;
    self->in_flight.clear();
    self->notify();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

// --- the stream above ---

asio::awaitable<void> TlsStream::Session::handshake(std::shared_ptr<Session> self) {
    while (!self->established) {
        self->require_open();
        ERR_clear_error();
        const int result = SSL_do_handshake(self->ssl.get());
        const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(self->ssl.get(), result);
        if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
            self->break_off();
        }
        co_await flush(self);
        if (error == SSL_ERROR_NONE) {
            self->established = true;
        } else {
            co_await fill(self);
        }
    }
}

asio::awaitable<size_t> TlsStream::Session::read_some(std::shared_ptr<Session> self,
                                                      asio::mutable_buffer into) {
    for (;;) {
        self->require_open();
        ERR_clear_error();
        size_t count = 0;
        const int result = SSL_read_ex(self->ssl.get(), into.data(), into.size(), &count);
        const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(self->ssl.get(), result);
        if (error == SSL_ERROR_ZERO_RETURN) {
            fail(asio::error::eof);
        }
        if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
            self->break_off();
        }
        if (!self->output.empty()) { // an answer to a key update, say
            co_await flush(self);
        }
        if (error == SSL_ERROR_NONE) {
            co_return count;
        }
        co_await fill(self);
    }
}

asio::awaitable<void> TlsStream::Session::encrypt(std::shared_ptr<Session> self,
                                                  std::span<const uint8_t> piece) {
    for (;;) {
        self->require_open();
        ERR_clear_error();
        size_t count = 0;
        const int result = SSL_write_ex(self->ssl.get(), piece.data(), piece.size(), &count);
        if (result == 1) {
            co_return;
        }
        if (SSL_get_error(self->ssl.get(), result) != SSL_ERROR_WANT_READ) {
            self->break_off();
        }
        if (self->input_ended) {
            fail(asio::error::connection_aborted);
        }
        // Half of a handshake message has come in (a key update); the reader takes the other half.
        co_await wait_for_change(self);
    }
}

asio::awaitable<void> TlsStream::Session::write(std::shared_ptr<Session> self,
                                                std::span<const asio::const_buffer> buffers) {
    for (const asio::const_buffer& buffer : buffers) {
        // Each begins a record. spice-gtk (0.42) looks for its next message at the socket alone: one that
        // shares a record with the message before would wait there until something else is sent.
        std::span<const uint8_t> left(static_cast<const uint8_t*>(buffer.data()), buffer.size());
        while (!left.empty()) {
            const std::span<const uint8_t> piece = left.first(std::min(left.size(), kRecord));
            co_await encrypt(self, piece);
            left = left.subspan(piece.size());
            if (self->output.size() >= kBatch) {
                co_await flush(self);
            }
        }
    }
    co_await flush(self);
}

// The stream below takes the bytes while this turn of the core thread lasts, or not at all: the next turn
// closes it.
asio::awaitable<void> TlsStream::Session::say_goodbye(std::shared_ptr<Session> self) {
    asio::post(self->below->executor(), [self] { self->below->close(); });
    const asio::const_buffer bytes = asio::buffer(self->output);
    try {
        co_await self->below->write({&bytes, 1});
    } catch (const std::exception&) { // the peer is gone or does not read
    }
}

void TlsStream::Session::close() noexcept {
    if (closed) {
        return;
    }
    closed = true;
    notify();
    if (established && !broken && !flushing) {
        ERR_clear_error();
        SSL_shutdown(ssl.get());
        ERR_clear_error();
    }
    if (!flushing && !output.empty()) {
        try {
            asio::co_spawn(below->executor(), say_goodbye(shared_from_this()), asio::detached);
            return;
        } catch (const std::exception&) { // short of memory: without goodbye
        }
    }
    below->close();
}

TlsStream::TlsStream(SslPtr ssl, std::unique_ptr<Stream> below)
    : session_(std::make_shared<Session>(std::move(ssl), std::move(below))) {}

TlsStream::~TlsStream() {
    TlsStream::close();
}

asio::awaitable<void> TlsStream::handshake() {
    return Session::handshake(session_);
}

asio::any_io_executor TlsStream::executor() {
    return session_->below->executor();
}

asio::awaitable<size_t> TlsStream::read_some(asio::mutable_buffer into) {
    return Session::read_some(session_, into);
}

asio::awaitable<void> TlsStream::write(std::span<const asio::const_buffer> buffers) {
    return Session::write(session_, buffers);
}

void TlsStream::close() noexcept {
    session_->close();
}

std::optional<LinkFacts> TlsStream::link_facts() const {
    return session_->below->link_facts();
}

std::string TlsStream::peer() const {
    return session_->below->peer();
}

std::optional<PeerCredentials> TlsStream::credentials() const {
    return session_->below->credentials();
}

} // namespace spice::transport
