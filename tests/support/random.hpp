// Reproducible random numbers of the width that tests want.
#pragma once

#include <cstdint>
#include <random>

namespace spice::test {

class Random {
public:
    explicit Random(uint32_t seed) : engine_(seed) {}

    uint32_t operator()() { return static_cast<uint32_t>(engine_()); }
    uint32_t below(uint32_t limit) { return operator()() % limit; }

private:
    std::mt19937 engine_;
};

} // namespace spice::test
