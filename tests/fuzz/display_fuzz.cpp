// Fuzzes what a client sends on its display channel. See channel_fuzz.hpp.
#include "channel_fuzz.hpp"

#include <spice/enums.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return spice::fuzz::fuzz_channel(SPICE_CHANNEL_DISPLAY, {data, size});
}
