// How bytes come apart on their way must not matter.
#pragma once

#include "base/byte_reader.hpp"
#include "require.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace spice::fuzz {

// Calls run(input, chunk) for reads of any size, of one byte and of seven: all must come to the same end.
// For LLVMFuzzerTestOneInput to return; an empty input is none.
template <typename Run>
int same_in_chunks(const uint8_t* data, size_t size, Run run) {
    if (size == 0) {
        return 0;
    }
    const Bytes input(data, size);
    const auto whole = run(input, std::numeric_limits<size_t>::max());
    for (const size_t chunk : {size_t{1}, size_t{7}}) {
        require(run(input, chunk) == whole, "the chunk size changed the outcome");
    }
    return 0;
}

} // namespace spice::fuzz
