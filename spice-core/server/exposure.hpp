// What the operator should know about who can listen.
#pragma once

#include "spice-core/config.hpp"
#include "spice-core/log.hpp"

namespace spice::server {

// Whether links that are not encrypted are taken from other hosts: a TCP port on an address that is not a
// loopback one, and a main channel that does not demand encryption. A name other than localhost counts
// as one that is reached from elsewhere; of inherited sockets their own address counts.
bool takes_plain_links_from_elsewhere(const ServerConfig& config);

// One warning if tickets travel where others can listen.
void warn_of_exposure(const ServerConfig& config, LogSink& log);

} // namespace spice::server
