// What the fuzz targets of the channels share: a whole server core without its sockets, one client in it, and
// fuzzed bytes as what that client sends on one channel.
//
// An input's first byte has options (bit 0: mini headers), its second one the channel capabilities 0 to 7 of
// the client; the rest is the stream of messages. It is read in several chunk sizes, and must come to the
// same end.
#pragma once

#include "base/byte_reader.hpp"

#include <cstdint>

namespace spice::fuzz {

// Always 0, what libFuzzer wants; aborts when something is wrong.
int fuzz_channel(uint8_t channel_type, Bytes input);

} // namespace spice::fuzz
