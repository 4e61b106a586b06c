// What tests of the display channel have in common: a screen, a client of it, and time between commits.
#pragma once

#include "channel_harness.hpp"
#include "channels/display_channel.hpp"
#include "spice-core/commit_builder.hpp"
#include "support/model_display.hpp"
#include "support/test_images.hpp"

#include <spice/protocol.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spice::channels::test {

using spice::test::ModelDisplay;
using spice::test::TestImage;

inline const protocol::Capabilities kGtk{SPICE_DISPLAY_CAP_SIZED_STREAM, SPICE_DISPLAY_CAP_MONITORS_CONFIG,
                                         SPICE_DISPLAY_CAP_COMPOSITE, SPICE_DISPLAY_CAP_LZ4_COMPRESSION};

class DisplayChannelTest : public ChannelTest {
protected:
    DisplayChannelTest() {
        builder.set_watched(true);
        session.screen.keep_covered(true);
        session.encode_pool = &encode_pool;
    }
    ~DisplayChannelTest() override {
        if (channel) {
            channel->close("the test ends");
            run();
        }
    }

    void resize(uint32_t width, uint32_t height) {
        frame = spice::test::mixed_image(width, height, 3);
        builder.set_surface({0, {static_cast<int>(width), static_cast<int>(height)}});
    }

    // `later`: than the commit before.
    void commit(std::chrono::milliseconds later = {}) {
        now += later;
        const Size size{static_cast<int>(frame.width), static_cast<int>(frame.height)};
        const Commit value = builder.build({frame.pixels.data(), frame.stride, size});
        const display::ScreenUpdate update = session.screen.apply(value, now);
        if (channel) {
            channel->screen_updated(update);
        }
    }

    void connect(LinkOptions options) {
        if (channel) {
            channel->close("another one comes");
            run();
            reason.reset();
            unacknowledged = 0;
        }
        auth::LinkedStream linked = link(SPICE_CHANNEL_DISPLAY, peer, std::move(options));
        channel = std::make_shared<DisplayChannel>(
            std::move(linked), session,
            [this](Channel&, std::string_view why) { reason = std::string(why); });
        channel->start();
        run();
    }

    void say_init(int64_t cache = 1 << 20, int32_t window = 1 << 20) {
        model.cache_budget = cache;
        ByteWriter init;
        init.u8(1).u64(static_cast<uint64_t>(cache)).u8(1).u32(static_cast<uint32_t>(window));
        peer->say(SPICE_MSGC_DISPLAY_INIT, init);
        run();
    }

    // The client reads what is there, and acknowledges it as it should.
    void read() {
        for (const Received& message : peer->take()) {
            if (message.type == SPICE_MSG_SET_ACK) {
                ByteReader in(message.body);
                ByteWriter sync;
                sync.u32(in.u32());
                peer->say(SPICE_MSGC_ACK_SYNC, sync);
                continue;
            }
            if (++unacknowledged == AckWindow::kWindow) {
                unacknowledged = 0;
                peer->say(SPICE_MSGC_ACK);
            }
            if (message.type == SPICE_MSG_PING) {
                continue;
            }
            types.push_back(message.type);
            model.handle(message.type, message.body);
        }
    }

    // Lets everything go its way until nothing more comes.
    void settle() {
        const bool equal = run_until([this] {
            read();
            return reason.has_value() || shows_the_screen();
        });
        run();
        read();
        EXPECT_FALSE(reason) << *reason;
        EXPECT_EQ(model.complaint, "");
        EXPECT_TRUE(equal);
        EXPECT_TRUE(shows_the_screen());
    }

    bool shows_the_screen() const {
        return model.marked && session.screen.surface() && model.size == session.screen.surface()->size &&
               std::ranges::equal(model.pixels, session.screen.pixels());
    }

    // A client that has everything, before a picture of this size.
    void view(uint32_t width, uint32_t height) {
        resize(width, height);
        commit();
        connect({.caps = kGtk});
        say_init();
        settle();
    }

    // The whole frame shows something else.
    void show(const TestImage& picture) {
        frame.pixels = picture.pixels;
        builder.add_changed(Rect{0, 0, static_cast<int>(frame.width), static_cast<int>(frame.height)});
        commit(kLong);
        settle();
    }

    static constexpr std::chrono::milliseconds kLong{2 * display::CoveredPixels::kStill};
    display::CoveredPixels::Time now{};
    codecs::EncodePool encode_pool{1};
    TestImage frame{1, 1};
    CommitBuilder builder;
    std::unique_ptr<Peer> peer;
    std::shared_ptr<DisplayChannel> channel;
    std::optional<std::string> reason;
    ModelDisplay model;
    std::vector<uint16_t> types;
    uint32_t unacknowledged = 0;
};

} // namespace spice::channels::test
