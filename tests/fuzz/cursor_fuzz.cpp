// Fuzzes what a client sends on its cursor channel. See channel_fuzz.hpp.
#include "channel_fuzz.hpp"

#include <spice/enums.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return spice::fuzz::fuzz_channel(SPICE_CHANNEL_CURSOR, {data, size});
}
