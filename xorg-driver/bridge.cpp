#include "bridge.h"

#include "core_config.hpp"
#include "event_queue.hpp"
#include "private_memory.hpp"
#include "spice-core/commit_builder.hpp"
#include "spice-core/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <openssl/crypto.h>

using namespace spice;
using spice::driver::EventQueue;

// X thread, but for what is said at a member.
struct xspice_core {
    EventQueue queue; // before `server`, which uses it to its end
    CommitBuilder builder;
    std::optional<xspice_handlers> handlers;
    void* handlers_data = nullptr;
    std::deque<InputEvent> input;          // taken from the queue, and not now
    std::optional<uint64_t> commit_wanted; // after that
    bool state_lost = false;               // an operation failed half way: send everything again
    std::atomic<bool> abandoned = false;   // any thread, also in a signal handler
    std::unique_ptr<Server> server;
};

namespace {

// How many events of input one dispatch handles before the X server looks at its other clients.
constexpr size_t kInputPerDispatch = 64;

void say(const xspice_core& core, xspice_log_level level, const char* line) {
    if (core.handlers) {
        core.handlers->log(core.handlers_data, level, line);
    }
}

// The fence: nothing leaves as an exception. Memory can run out anywhere; the picture is told anew then.
template <typename Function>
void fenced(xspice_core* core, Function&& function) {
    static_assert(std::is_void_v<decltype(function())>);
    if (core->abandoned) {
        return;
    }
    try {
        function();
    } catch (const std::exception& error) {
        core->state_lost = true;
        say(*core, XSPICE_LOG_ERROR, error.what());
    } catch (...) {
        core->state_lost = true;
        say(*core, XSPICE_LOG_ERROR, "unknown exception");
    }
}

xspice_log_level to_c(LogLevel level) {
    switch (level) {
    case LogLevel::debug:
        return XSPICE_LOG_DEBUG;
    case LogLevel::info:
        return XSPICE_LOG_INFO;
    case LogLevel::warning:
        return XSPICE_LOG_WARNING;
    case LogLevel::error:
        break;
    }
    return XSPICE_LOG_ERROR;
}

Region to_region(const xspice_box* boxes, size_t count) {
    std::vector<Rect> rects;
    rects.reserve(count);
    for (const xspice_box& box : std::span(boxes, count)) {
        rects.push_back({box.x1, box.y1, box.x2, box.y2});
    }
    return Region(rects);
}

void say_log(xspice_core& core, const EventQueue::Batch& batch) {
    for (const EventQueue::LogLine& line : batch.log) {
        say(core, to_c(line.level), line.text.c_str());
    }
    if (batch.log_lines_dropped > 0) {
        const std::string text = std::to_string(batch.log_lines_dropped) + " log lines dropped";
        say(core, XSPICE_LOG_WARNING, text.c_str());
    }
}

void apply_watched(xspice_core& core, const EventQueue::Batch& batch) {
    if (batch.unwatched_meanwhile) {
        core.builder.set_watched(false); // so that whoever began to watch since gets everything
    }
    if (batch.watched == core.builder.watched()) {
        return;
    }
    core.builder.set_watched(batch.watched);
    if (core.handlers) {
        core.handlers->watched(core.handlers_data, batch.watched);
    }
}

// False: not now.
bool say_input(const xspice_handlers& to, void* data, const InputEvent& event) {
    if (const auto* key = std::get_if<KeyEvent>(&event)) {
        to.key(data, key->scancode, key->pressed);
    } else if (const auto* meant = std::get_if<KeysymEvent>(&event)) {
        return to.keysym(data, meant->keysym, meant->pressed);
    } else if (const auto* locks = std::get_if<LockKeysWanted>(&event)) {
        to.lock_keys(data, locks->locks);
    } else if (const auto* position = std::get_if<PointerPosition>(&event)) {
        to.pointer_position(data, position->position.x, position->position.y);
    } else if (const auto* motion = std::get_if<PointerMotion>(&event)) {
        to.pointer_motion(data, motion->dx, motion->dy);
    } else if (const auto* button = std::get_if<ButtonEvent>(&event)) {
        to.button(data, button->button, button->pressed);
    }
    return true;
}

void deliver_input(xspice_core& core) {
    if (!core.handlers) {
        core.input.clear();
    }
    while (!core.input.empty() && say_input(*core.handlers, core.handlers_data, core.input.front())) {
        core.input.pop_front();
    }
}

// After the input of the same batch, which was meant for the outputs as they are.
void apply_monitors(xspice_core& core, const EventQueue::MonitorsWish& wish) {
    if (!core.handlers) {
        core.builder.set_monitors_answer({wish.token, "the display is being reset"});
        return;
    }
    std::vector<xspice_head> wanted;
    wanted.reserve(wish.wanted.size());
    for (const Head& head : wish.wanted) {
        wanted.push_back({head.id, {head.area.x1, head.area.y1, head.area.x2, head.area.y2}});
    }
    std::array<char, 256> refusal{};
    const bool done = core.handlers->monitors(core.handlers_data, wanted.data(), wanted.size(),
                                              refusal.data(), refusal.size());
    core.builder.set_monitors_answer({wish.token, done ? std::string() : std::string(refusal.data())});
}

void answer_commit_wish(xspice_core& core) {
    if (core.commit_wanted && core.input.empty()) {
        core.builder.set_reached(*std::exchange(core.commit_wanted, std::nullopt));
    }
}

void dispatch(xspice_core& core) {
    deliver_input(core);
    answer_commit_wish(core); // now: there may be more input with every batch
    const EventQueue::Batch batch = core.queue.take(core.input.empty() ? kInputPerDispatch : 0);
    say_log(core, batch);
    apply_watched(core, batch);
    core.input.insert(core.input.end(), batch.input.begin(), batch.input.end());
    deliver_input(core);
    if (batch.monitors_wanted) {
        apply_monitors(core, *batch.monitors_wanted);
    }
    if (batch.commit_wanted) {
        core.commit_wanted = batch.commit_wanted;
    }
    answer_commit_wish(core);
}

void commit(xspice_core& core, const FramebufferView& view) {
    if (!core.builder.watched()) {
        return;
    }
    if (core.state_lost) {
        core.builder.set_watched(false);
        core.builder.set_watched(true);
        core.state_lost = false;
    }
    CommitGate& gate = core.server->gate();
    if (!core.builder.dirty() || !gate.try_enter()) {
        return;
    }
    try {
        core.server->post(core.builder.build(view));
    } catch (...) {
        gate.leave();
        throw;
    }
}

Cursor to_cursor(const uint32_t* argb, Size size, Point hot_spot, Point position) {
    Cursor cursor;
    cursor.position = position;
    if (argb != nullptr) {
        const size_t count = static_cast<size_t>(size.width) * static_cast<size_t>(size.height);
        auto pixels = std::make_shared_for_overwrite<uint32_t[]>(count);
        std::copy_n(argb, count, pixels.get());
        cursor.shape = CursorShape{size, hot_spot, std::move(pixels)};
    }
    return cursor;
}

} // namespace

xspice_core* xspice_core_create(const xspice_core_config* config, char* error, size_t error_size) {
    try {
        if (!config->core_dumps) {
            driver::keep_memory_private();
        }
        // The core thread may still run when a crashing server calls exit(): no clean-up under its feet.
        OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
        auto core = std::make_unique<xspice_core>();
        core->server = std::make_unique<Server>(driver::core_config(*config), core->queue, core->queue);
        core->server->start();
        return core.release();
    } catch (const std::exception& failure) {
        std::snprintf(error, error_size, "%s", failure.what());
    } catch (...) {
        std::snprintf(error, error_size, "unknown exception");
    }
    return nullptr;
}

void xspice_core_destroy(xspice_core* core) {
    if (core == nullptr || core->abandoned) {
        return;
    }
    fenced(core, [&] {
        core->server->stop();
        say_log(*core, core->queue.take(0));
    });
    delete core;
}

void xspice_core_abandon(xspice_core* core) {
    core->abandoned = true;
}

void xspice_core_set_handlers(xspice_core* core, const xspice_handlers* handlers, void* data) {
    core->handlers.reset();
    if (handlers != nullptr) {
        core->handlers = *handlers;
    }
    core->handlers_data = data;
}

int xspice_core_fd(const xspice_core* core) {
    return core->queue.fd();
}

void xspice_core_dispatch(xspice_core* core) {
    fenced(core, [&] { dispatch(*core); });
}

bool xspice_core_watched(const xspice_core* core) {
    return core->builder.watched();
}

void xspice_core_set_surface(xspice_core* core, int width, int height) {
    fenced(core, [&] { core->builder.set_surface(Surface{0, {width, height}}); });
}

void xspice_core_add_changed(xspice_core* core, const xspice_box* boxes, size_t count) {
    fenced(core, [&] { core->builder.add_changed(to_region(boxes, count)); });
}

void xspice_core_add_copy(xspice_core* core, const xspice_box* destination, size_t count, int dx, int dy) {
    fenced(core, [&] { core->builder.add_copy(to_region(destination, count), dx, dy); });
}

bool xspice_core_wants_copies(const xspice_core* core) {
    return core->builder.wants_copies();
}

void xspice_core_set_monitors(xspice_core* core, const xspice_head* heads, size_t count, unsigned max_heads) {
    fenced(core, [&] {
        MonitorsConfig monitors;
        monitors.max_heads = max_heads;
        for (const xspice_head& head : std::span(heads, count)) {
            monitors.heads.push_back({head.id, {head.area.x1, head.area.y1, head.area.x2, head.area.y2}});
        }
        core->builder.set_monitors(std::move(monitors));
    });
}

void xspice_core_set_cursor(xspice_core* core, const uint32_t* argb, int width, int height, int hot_x,
                            int hot_y, int x, int y) {
    fenced(core, [&] { core->builder.set_cursor(to_cursor(argb, {width, height}, {hot_x, hot_y}, {x, y})); });
}

void xspice_core_set_cursor_position(xspice_core* core, int x, int y) {
    fenced(core, [&] { core->builder.set_cursor_position({x, y}); });
}

void xspice_core_set_lock_keys(xspice_core* core, uint8_t locks) {
    fenced(core, [&] { core->builder.set_lock_keys(locks); });
}

void xspice_core_commit(xspice_core* core, const xspice_framebuffer* framebuffer) {
    fenced(core, [&] {
        commit(*core, FramebufferView{framebuffer->pixels,
                                      framebuffer->stride,
                                      {framebuffer->width, framebuffer->height}});
    });
}
