// SASL by cyrus-sasl: mechanisms are its plug-ins, and the file xspice.conf says which and how.
//
// Without TLS or a Unix socket a mechanism has to bring a security layer of its own (GSSAPI, DIGEST-MD5),
// and none that sends the password is offered (PLAIN): spice-gtk has the same rules. With TLS none is
// needed, and PLAIN and SCRAM are offered.
#pragma once

#include "auth/sasl_session.hpp"
#include "auth/sasl_worker.hpp"
#include "spice-core/config.hpp"
#include "spice-core/log.hpp"

#include <memory>
#include <string>
#include <vector>

namespace spice::auth {

// Core thread. One process has one configuration of the library: a second SaslLibrary uses the first one's.
class SaslLibrary final : public SaslService {
public:
    // Throws ConfigError: no xspice.conf, no mech_list in it, or the library will not do.
    SaslLibrary(const SaslConfig& config, LogSink& log);
    ~SaslLibrary() override;

    std::unique_ptr<SaslSession> begin(const transport::Stream& stream) override;
    bool authorised(const std::string& user) const override;

private:
    const std::string host_name_; // empty: this host's
    std::vector<std::string> users_;
    LogSink& log_;
    SaslWorker worker_;
};

} // namespace spice::auth
