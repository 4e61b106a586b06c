// The assertion of the fuzz targets: on in every build.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace spice::fuzz {

inline void require(bool holds, const char* otherwise) {
    if (!holds) {
        std::fprintf(stderr, "fuzz target: %s\n", otherwise);
        std::abort();
    }
}

} // namespace spice::fuzz
