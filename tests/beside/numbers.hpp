// Numbers that are drawn into pictures and read again at the viewer: 12 squares in a row, black or white, one
// for each bit of the number's Gray code, so that between one number and the next a single square changes.
#pragma once

#include <cstdint>
#include <ctime>

namespace beside {

inline constexpr int kCells = 12;
inline constexpr int kCell = 16; // pixels: they survive JPEG

inline uint32_t cell_colour(uint32_t number, int cell) {
    return (number ^ number >> 1) >> cell & 1 ? 0xffffff : 0;
}

// `is_lit(cell)` for all cells -> the number.
template <typename IsLit>
uint32_t read_number(IsLit is_lit) {
    uint32_t number = 0;
    for (int cell = kCells - 1; cell >= 0; --cell) {
        const uint32_t above = number >> (cell + 1) & 1;
        number |= (above ^ static_cast<uint32_t>(is_lit(cell))) << cell;
    }
    return number;
}

// CLOCK_MONOTONIC in µs.
inline int64_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

} // namespace beside
