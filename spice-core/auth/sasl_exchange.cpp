#include "auth/sasl_exchange.hpp"

#include "base/byte_writer.hpp"
#include "base/log.hpp"

#include <openssl/crypto.h>
#include <spice/enums.h>

#include <algorithm>
#include <array>
#include <utility>

namespace spice::auth {

namespace asio = boost::asio;
using protocol::LinkError;
using protocol::LinkMessage;
using Status = SaslAnswer::Status;

namespace {

bool offers(const std::string& mechanisms, const std::string& name) {
    return name.find(',') == std::string::npos &&
           ("," + mechanisms + ",").find("," + name + ",") != std::string::npos;
}

class Exchange {
public:
    Exchange(transport::Stream& stream, SaslSession& session, const LinkPolicy& policy,
             const LinkMessage& message)
        : stream_(stream), session_(session), policy_(policy), message_(message),
          pass_(known_client(policy, message)) {}

    asio::awaitable<Authentication> run() {
        co_await write_mechanisms();
        const bool chosen = co_await read_mechanism();
        if (!chosen) {
            co_return refused(SPICE_LINK_ERR_INVALID_DATA, "unknown SASL mechanism");
        }
        std::optional<SaslData> data = co_await read_data();
        if (!data) {
            co_return refused(SPICE_LINK_ERR_INVALID_DATA, "too much SASL data");
        }
        FailureDelays::Attempt attempt = policy_.delays.attempt_of(stream_);
        if (!pass_ || !pass_->trusted()) {
            const std::optional<std::chrono::milliseconds> turn = attempt.turn();
            if (!turn) {
                co_return co_await reject(kTooManyAttempts);
            }
            co_await wait_for(stream_, *turn);
        }
        SaslAnswer answer = co_await session_.start(mechanism_, std::move(*data));
        for (int steps = 0; answer.status == Status::more && steps < kMaxSaslSteps; ++steps) {
            co_await write_answer(answer);
            data = co_await read_data();
            if (!data) {
                co_return refused(SPICE_LINK_ERR_INVALID_DATA, "too much SASL data");
            }
            answer = co_await session_.step(std::move(*data));
        }
        if (answer.status != Status::done) {
            count_failure(attempt);
            why_ = mechanism_ + ": " + (answer.status == Status::more ? "no end of it" : answer.reason);
            co_return co_await reject({SPICE_LINK_ERR_PERMISSION_DENIED, "wrong credentials"});
        }
        Authentication result = co_await decide(attempt, answer);
        co_return result;
    }

private:
    asio::awaitable<void> write_mechanisms() {
        const std::string& names = session_.mechanisms();
        ByteWriter out;
        out.u32(static_cast<uint32_t>(names.size()));
        out.bytes(Bytes(reinterpret_cast<const uint8_t*>(names.data()), names.size()));
        const std::vector<uint8_t> bytes = out.take();
        co_await write_all(stream_, bytes);
    }

    asio::awaitable<uint32_t> read_u32() {
        std::array<uint8_t, 4> bytes;
        co_await read_exactly(stream_, bytes);
        co_return ByteReader(bytes).u32();
    }

    asio::awaitable<bool> read_mechanism() {
        const uint32_t size = co_await read_u32();
        if (size < 1 || size > kMaxMechanismName) {
            co_return false;
        }
        std::vector<uint8_t> name(size);
        co_await read_exactly(stream_, name);
        mechanism_.assign(name.begin(), name.end());
        co_return offers(session_.mechanisms(), mechanism_);
    }

    // None: more than there may be.
    asio::awaitable<std::optional<SaslData>> read_data() {
        const uint32_t size = co_await read_u32();
        if (size > kMaxSaslData) {
            co_return std::nullopt;
        }
        SaslData data;
        if (size > 0) {
            data.emplace(size);
            co_await read_exactly(stream_, *data);
            data->pop_back(); // the NUL, whatever it was
        }
        co_return std::optional<SaslData>(std::move(data));
    }

    asio::awaitable<void> write_answer(const SaslAnswer& answer) {
        ByteWriter out;
        if (answer.data && !answer.data->empty()) {
            out.u32(static_cast<uint32_t>(answer.data->size() + 1)).bytes(*answer.data).u8(0);
        } else {
            out.u32(0);
        }
        out.u8(answer.status == Status::more ? 0 : 1);
        const std::vector<uint8_t> bytes = out.take();
        co_await write_all(stream_, bytes);
    }

    // The mechanism is content: does the user belong here, and where the link says it does?
    asio::awaitable<Authentication> decide(FailureDelays::Attempt& attempt, const SaslAnswer& answer) {
        const std::string user = session_.user();
        co_await write_answer(answer);
        Authentication result;
        result.answered = true;
        result.how = mechanism_ + ", user " + escaped(user, 64);
        if (!policy_.sasl->authorised(user)) {
            count_failure(attempt);
            result.error = {SPICE_LINK_ERR_PERMISSION_DENIED, "this user may not come in"};
        } else if (pass_ && pass_->user() != user) {
            count_failure(attempt);
            result.error = {SPICE_LINK_ERR_PERMISSION_DENIED, "not the user that the client came in with"};
        } else {
            attempt.succeeded();
            result.error = admitted(policy_, message_);
            if (result.error.code == SPICE_LINK_ERR_OK) {
                result.pass = pass_ ? pass_ : std::make_shared<Pass>(user);
                result.answered = false; // there is a link result yet to come
            }
        }
        const std::array<uint8_t, 4> code = protocol::link_result(result.error.code);
        co_await write_all(stream_, code);
        co_return result;
    }

    // In the middle of the conversation: the client is told that it is over, and how it ended.
    asio::awaitable<Authentication> reject(LinkError error) {
        const SaslAnswer over{Status::done};
        co_await write_answer(over);
        const std::array<uint8_t, 4> code = protocol::link_result(error.code);
        co_await write_all(stream_, code);
        co_return refused(error.code, error.what);
    }

    Authentication refused(uint32_t code, const char* what) {
        Authentication result;
        result.error = {code, what};
        result.answered = true;
        result.how = why_;
        return result;
    }

    void count_failure(FailureDelays::Attempt& attempt) {
        attempt.failed();
        if (pass_) {
            pass_->count_wrong();
        }
    }

    transport::Stream& stream_;
    SaslSession& session_;
    const LinkPolicy& policy_;
    const LinkMessage& message_;
    const std::shared_ptr<Pass> pass_; // of the client that another channel is for
    std::string mechanism_;
    std::string why_;
};

} // namespace

asio::awaitable<Authentication> sasl_exchange(transport::Stream& stream, SaslSession& session,
                                              const LinkPolicy& policy, const LinkMessage& message) {
    Exchange exchange(stream, session, policy, message);
    Authentication result = co_await exchange.run();
    co_return result;
}

} // namespace spice::auth
