#include "channel_fuzz.hpp"

#include "base/reports.hpp"
#include "channels/client_registry.hpp"
#include "channels/session.hpp"
#include "require.hpp"
#include "support/memory_stream.hpp"
#include "support/run_until.hpp"

#include <spice/enums.h>

#include <boost/asio/io_context.hpp>

#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

namespace spice::fuzz {

namespace {

using test::MemoryStream;

class SilentLog final : public LogSink {
public:
    void write(LogLevel /*level*/, std::string_view line) override {
        require(!line.empty(), "an empty log line");
    }
};

class RecordingDesktop final : public Desktop {
public:
    bool post_input(const InputEvent& event) override {
        check(event);
        std::visit([this](const auto& value) { note(value); }, event);
        return true;
    }
    void set_watched(bool /*watched*/) override {}
    void wake_for_commit() override {}
    void want_commit(uint64_t /*token*/) override {}
    void want_monitors(std::vector<Head> /*wanted*/, uint64_t /*token*/) override {}

    std::string text() const { return text_.str(); }

private:
    // What desktop_event.hpp promises to the front-end, whatever the client sent.
    static void check(const InputEvent& event) {
        if (const auto* key = std::get_if<KeyEvent>(&event)) {
            const unsigned prefix = key->scancode >> 8;
            const unsigned code = key->scancode & 0xff;
            require(prefix == 0 || prefix == 0xe0, "a scancode with a strange prefix");
            require(code >= 1 && code <= 0x7f, "a scancode out of range");
        } else if (const auto* button = std::get_if<ButtonEvent>(&event)) {
            require(button->button >= 1 && button->button <= 16, "a button out of range");
        } else if (const auto* pointer = std::get_if<PointerPosition>(&event)) {
            require(pointer->position.x >= 0 && pointer->position.x < kScreen.width &&
                        pointer->position.y >= 0 && pointer->position.y < kScreen.height,
                    "a position outside of the surface");
        } else if (const auto* wanted = std::get_if<LockKeysWanted>(&event)) {
            require((wanted->locks & ~SPICE_KEYBOARD_MODIFIER_FLAGS_MASK) == 0, "unknown lock keys");
        }
    }
    void note(const KeyEvent& key) { text_ << "key " << key.scancode << ' ' << key.pressed << '\n'; }
    void note(const KeysymEvent& key) { text_ << "keysym " << key.keysym << ' ' << key.pressed << '\n'; }
    void note(const LockKeysWanted& wanted) { text_ << "locks " << int{wanted.locks} << '\n'; }
    void note(const PointerPosition& pointer) {
        text_ << "position " << pointer.position.x << ' ' << pointer.position.y << '\n';
    }
    void note(const PointerMotion& motion) { text_ << "motion " << motion.dx << ' ' << motion.dy << '\n'; }
    void note(const ButtonEvent& button) {
        text_ << "button " << int{button.button} << ' ' << button.pressed << '\n';
    }

public:
    static constexpr Size kScreen{64, 48};

private:
    std::ostringstream text_;
};

std::shared_ptr<const uint32_t[]> pattern(int pixels, uint32_t seed) {
    auto values = std::make_shared<uint32_t[]>(static_cast<size_t>(pixels));
    for (int i = 0; i < pixels; ++i) {
        values[i] = (static_cast<uint32_t>(i) * seed) & 0xffffff;
    }
    return values;
}

Commit first_commit() {
    const Size size = RecordingDesktop::kScreen;
    Commit commit;
    commit.surface = Surface{0, size};
    commit.changed.push_back({Rect{0, 0, size.width, size.height}, pattern(size.width * size.height, 77)});
    commit.monitors = MonitorsConfig{{Head{0, Rect{0, 0, size.width, size.height}}}, 1};
    return commit;
}

Commit second_commit() {
    Commit commit;
    commit.copies.push_back({Region(Rect{8, 8, 40, 40}), 4, -3});
    commit.changed.push_back({Rect{0, 0, 16, 16}, pattern(16 * 16, 0x01010101)});
    return commit;
}

Cursor some_cursor() {
    Cursor cursor;
    cursor.shape = CursorShape{Size{8, 8}, Point{1, 2}, pattern(64, 0x03050709)};
    cursor.position = Point{10, 10};
    return cursor;
}

// The connection id in MAIN INIT, the only message of its type, among mini headers.
uint32_t connection_id_in(Bytes bytes) {
    ByteReader in(bytes);
    while (in.ok()) {
        const uint16_t type = in.u16();
        ByteReader body(in.bytes(in.u32()));
        if (type == SPICE_MSG_MAIN_INIT) {
            return body.u32();
        }
    }
    require(false, "no INIT on the main channel");
    return 0;
}

class Server {
public:
    Server() {
        session_.screen.apply(first_commit());
        session_.cursor = some_cursor();
    }

    // What the client's input led to.
    std::string run(uint8_t channel_type, Bytes input, size_t chunk) {
        const bool fuzz_main = channel_type == SPICE_CHANNEL_MAIN;
        const uint8_t options = input[0];
        const uint8_t caps = input[1];
        const std::unique_ptr<MemoryStream> main =
            fuzz_main ? link({channel_type, 0}, 0, options, caps, chunk)
                      : link({SPICE_CHANNEL_MAIN, 0}, 0, kMini, 0, std::numeric_limits<size_t>::max());
        std::unique_ptr<MemoryStream> other;
        if (!fuzz_main) {
            const uint32_t connection_id = connection_id_in(main->take());
            other = link({channel_type, 0}, connection_id, options, caps, chunk);
        }
        MemoryStream& fuzzed = fuzz_main ? *main : *other;
        fuzzed.push(input.subspan(2));
        test::run_ready(context_);
        std::string outcome = fuzzed.ended() ? "closed\n" : "open\n";
        require(fuzz_main || !main->ended(), "one channel took its client's main channel with it");
        change_everything();
        fuzzed.close();
        test::run_ready(context_);
        require(fuzz_main == (registry_.size() == 0), "a client ends with its main channel");
        registry_.stop("the run is over");
        test::run_ready(context_);
        return outcome + desktop_.text();
    }

    static constexpr uint8_t kMini = 1;

private:
    std::unique_ptr<MemoryStream> link(protocol::ChannelId channel, uint32_t connection_id, uint8_t options,
                                       uint8_t caps, size_t chunk) {
        test::MemoryStreamOptions server_end;
        server_end.read_chunk = chunk;
        auto [server, client] = test::memory_stream_pair(context_.get_executor(), server_end);
        auth::LinkedStream linked;
        linked.stream = std::move(server);
        linked.connection_id = connection_id;
        linked.channel = channel;
        linked.channel_caps = protocol::Capabilities(std::vector<uint32_t>{caps});
        linked.mini_header = (options & kMini) != 0;
        require(registry_.admit(channel, connection_id) == SPICE_LINK_ERR_OK, "a link is not admitted");
        registry_.add(std::move(linked));
        test::run_ready(context_);
        return std::move(client);
    }

    void change_everything() {
        registry_.screen_updated(session_.screen.apply(second_commit()));
        session_.cursor.shape.reset();
        registry_.cursor_changed(true);
        session_.lock_keys ^= SPICE_KEYBOARD_MODIFIER_FLAGS_CAPS_LOCK;
        registry_.lock_keys_changed();
        test::run_ready(context_);
    }

    boost::asio::io_context context_{1};
    SilentLog log_;
    RecordingDesktop desktop_;
    ServerConfig config_;
    NullReport report_;
    codecs::EncodePool encode_pool_{1};
    channels::Session session_{config_, desktop_, log_, report_, {}, {}, 0, 0, &encode_pool_};
    channels::ClientRegistry registry_{context_.get_executor(), session_};
};

} // namespace

int fuzz_channel(uint8_t channel_type, Bytes input) {
    if (input.size() < 2) {
        return 0;
    }
    const std::string whole = Server().run(channel_type, input, std::numeric_limits<size_t>::max());
    for (size_t chunk : {1, 7}) {
        require(Server().run(channel_type, input, chunk) == whole, "the chunk size changed the outcome");
    }
    return 0;
}

} // namespace spice::fuzz
