// SASL without a library: a mechanism whose rules a test can read at a glance.
//
// TEST: the client sends "user:password". The password "right" is right. "long" as a user makes the mechanism
// ask once more ("more?"), whatever comes then is fine; "endless" makes it ask for ever.
// LAYERED: the same, with a layer that turns each byte over and frames it as | 0x55 | size | bytes |.
#pragma once

#include "auth/sasl_session.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace spice::test {

class FakeSaslSession final : public auth::SaslSession {
public:
    explicit FakeSaslSession(std::string mechanisms) : mechanisms_(std::move(mechanisms)) {}

    const std::string& mechanisms() const override { return mechanisms_; }
    boost::asio::awaitable<auth::SaslAnswer> start(std::string mechanism, auth::SaslData data) override {
        layered_ = mechanism == "LAYERED";
        co_return answer(data);
    }
    boost::asio::awaitable<auth::SaslAnswer> step(auth::SaslData data) override {
        if (user_ == "endless") {
            co_return auth::SaslAnswer{auth::SaslAnswer::Status::more};
        }
        if (user_ == "long") {
            co_return auth::SaslAnswer{auth::SaslAnswer::Status::done};
        }
        co_return answer(data);
    }
    const std::string& user() const override { return user_; }
    bool has_layer() const override { return layered_; }
    size_t most_at_once() const override { return 7; }
    std::optional<std::vector<uint8_t>> encode(Bytes plain) override {
        std::vector<uint8_t> out{0x55, static_cast<uint8_t>(plain.size())};
        std::ranges::transform(plain, std::back_inserter(out), [](uint8_t byte) { return uint8_t(~byte); });
        return out;
    }
    std::optional<std::vector<uint8_t>> decode(Bytes encoded) override {
        undecoded_.insert(undecoded_.end(), encoded.begin(), encoded.end());
        std::vector<uint8_t> out;
        while (undecoded_.size() >= 2 && undecoded_.size() >= 2u + undecoded_[1]) {
            if (undecoded_[0] != 0x55) {
                return std::nullopt;
            }
            const auto end = undecoded_.begin() + 2 + undecoded_[1];
            std::transform(undecoded_.begin() + 2, end, std::back_inserter(out),
                           [](uint8_t byte) { return uint8_t(~byte); });
            undecoded_.erase(undecoded_.begin(), end);
        }
        return out;
    }

private:
    auth::SaslAnswer answer(const auth::SaslData& data) {
        using Status = auth::SaslAnswer::Status;
        if (!data) {
            return {Status::more, std::vector<uint8_t>{'w', 'h', 'o', '?'}};
        }
        const std::string text(data->begin(), data->end());
        const size_t colon = text.find(':');
        user_ = text.substr(0, colon);
        if (colon == std::string::npos || text.substr(colon + 1) != "right") {
            return {Status::failed, {}, "not the password"};
        }
        const bool more = user_ == "long" || user_ == "endless";
        return {more ? Status::more : Status::done, std::vector<uint8_t>{'m', 'o', 'r', 'e', '?'}};
    }

    const std::string mechanisms_;
    std::string user_;
    bool layered_ = false;
    std::vector<uint8_t> undecoded_;
};

class FakeSaslService final : public auth::SaslService {
public:
    std::unique_ptr<auth::SaslSession> begin(const transport::Stream&) override {
        if (fails) {
            throw std::runtime_error("SASL: cannot begin");
        }
        return std::make_unique<FakeSaslSession>(mechanisms);
    }
    bool authorised(const std::string& user) const override { return user != "mallory"; }

    std::string mechanisms = "TEST,LAYERED";
    bool fails = false;
};

} // namespace spice::test
