// The display channel's surfaces beside the screen: what is covered is put there by the client, and comes
// from there when it is uncovered.
#include "channels/display_channel.hpp"

#include "protocol/display_messages.hpp"

#include <utility>
#include <vector>

namespace spice::channels {

namespace {

using display::CoveredPixels;
using protocol::kScreen;

// The surface of a memory of CoveredPixels.
uint32_t surface_of(size_t memory) {
    return static_cast<uint32_t>(memory) + 1;
}

} // namespace

// Before anything is drawn over it.
void DisplayChannel::keep_covered() {
    if (!kept_.due()) {
        return;
    }
    const Region lossy = refinement_.lossy();
    for (size_t memory = 0; memory < CoveredPixels::kMemories; ++memory) {
        const std::vector<Rect> areas = kept_.take(memory, lossy);
        if (!areas.empty() && !has_memory_.at(memory)) {
            has_memory_.at(memory) = true;
            send(protocol::SurfaceCreate::kType,
                 protocol::SurfaceCreate{surface_of(memory), session().screen.surface()->size}.body());
        }
        for (const Rect& area : areas) {
            send(protocol::DrawSurface::kType,
                 protocol::DrawSurface{surface_of(memory), area, kScreen}.body());
        }
    }
}

// Draws what the client has kept. Returns where.
Region DisplayChannel::draw_uncovered(const Region& changed) {
    const display::Screen& screen = session().screen;
    Region drawn;
    for (const auto& [memory, area] : screen.covered().find(changed, kept_.valid(), screen.picture())) {
        send(protocol::DrawSurface::kType, protocol::DrawSurface{kScreen, area, surface_of(memory)}.body());
        refinement_.sent_exact(area);
        ++figures_.copies;
        drawn |= area;
    }
    return drawn;
}

// With the screen's surface all go.
void DisplayChannel::forget_covered() {
    kept_.clear();
    for (size_t memory = 0; memory < CoveredPixels::kMemories; ++memory) {
        if (std::exchange(has_memory_.at(memory), false)) {
            send(protocol::SurfaceDestroy::kType, protocol::SurfaceDestroy{surface_of(memory)}.body());
        }
    }
}

} // namespace spice::channels
