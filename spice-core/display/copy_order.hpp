// Doing one simultaneous copy of many rectangles as a sequence of copies of one rectangle each.
#pragma once

#include "spice-core/display_command.hpp"

#include <vector>

namespace spice::display {

// The rectangles of `copy.destination` in an order in which none overwrites what a later one still reads,
// provided that each single one is copied as if its source had been read first (memmove, COPY_BITS).
std::vector<Rect> copy_order(const Copy& copy);

} // namespace spice::display
