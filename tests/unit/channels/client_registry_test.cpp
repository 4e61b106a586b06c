#include "channels/client_registry.hpp"

#include "channel_harness.hpp"

#include <spice/enums.h>
#include <spice/protocol.h>

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace spice::channels {
namespace {

using test::Peer;
using Texts = std::vector<std::string>;

class ClientRegistryTest : public test::ChannelTest {
protected:
    // The new client's connection id, from its INIT.
    uint32_t connect(std::unique_ptr<Peer>& peer) {
        registry.add(link(SPICE_CHANNEL_MAIN, peer));
        run();
        for (const test::Received& message : peer->take()) {
            if (message.type == SPICE_MSG_MAIN_INIT) {
                return ByteReader(message.body).u32();
            }
        }
        return 0;
    }
    void attach(uint8_t type, uint32_t connection_id, std::unique_ptr<Peer>& peer) {
        registry.add(link(type, peer, {.connection_id = connection_id}));
        run();
    }
    uint32_t admit(uint8_t type, uint32_t connection_id) { return registry.admit({type, 0}, connection_id); }

    ClientRegistry registry{io.get_executor(), session};
};

TEST_F(ClientRegistryTest, gives_every_client_its_own_random_connection_id) {
    std::vector<std::unique_ptr<Peer>> peers(20);
    std::set<uint32_t> ids;
    for (auto& peer : peers) {
        ids.insert(connect(peer));
    }
    EXPECT_EQ(ids.size(), peers.size());
    EXPECT_FALSE(ids.contains(0));
    EXPECT_EQ(registry.size(), peers.size());
    EXPECT_GT(*ids.rbegin() - *ids.begin(), 0x10000u); // not counted up
}

TEST_F(ClientRegistryTest, admits_other_channels_to_their_client_only) {
    std::unique_ptr<Peer> peer;
    EXPECT_EQ(admit(SPICE_CHANNEL_INPUTS, 0), uint32_t{SPICE_LINK_ERR_BAD_CONNECTION_ID});
    const uint32_t id = connect(peer);
    EXPECT_EQ(admit(SPICE_CHANNEL_INPUTS, id), uint32_t{SPICE_LINK_ERR_OK});
    EXPECT_EQ(admit(SPICE_CHANNEL_INPUTS, id + 1), uint32_t{SPICE_LINK_ERR_BAD_CONNECTION_ID});
    EXPECT_EQ(admit(SPICE_CHANNEL_INPUTS, 0), uint32_t{SPICE_LINK_ERR_BAD_CONNECTION_ID});
    EXPECT_EQ(admit(SPICE_CHANNEL_MAIN, id), uint32_t{SPICE_LINK_ERR_BAD_CONNECTION_ID});
    EXPECT_EQ(admit(SPICE_CHANNEL_RECORD, id), uint32_t{SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE});
    EXPECT_EQ(registry.admit({SPICE_CHANNEL_INPUTS, 1}, id), uint32_t{SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE});
    EXPECT_EQ(registry.admit({SPICE_CHANNEL_MAIN, 1}, 0), uint32_t{SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE});
}

TEST_F(ClientRegistryTest, refuses_a_second_channel_of_a_type_without_hurting_the_session) {
    std::unique_ptr<Peer> main;
    std::unique_ptr<Peer> inputs;
    std::unique_ptr<Peer> second;
    const uint32_t id = connect(main);
    attach(SPICE_CHANNEL_INPUTS, id, inputs);
    EXPECT_EQ(admit(SPICE_CHANNEL_INPUTS, id), uint32_t{SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE});
    attach(SPICE_CHANNEL_INPUTS, id, second); // admitted before the first had come
    EXPECT_TRUE(second->ended());
    EXPECT_FALSE(inputs->ended());
    EXPECT_FALSE(main->ended());
}

TEST_F(ClientRegistryTest, lets_a_channel_come_again_after_it_closed) {
    std::unique_ptr<Peer> main;
    std::unique_ptr<Peer> inputs;
    const uint32_t id = connect(main);
    for (int i = 0; i < 3; ++i) {
        attach(SPICE_CHANNEL_INPUTS, id, inputs);
        EXPECT_FALSE(inputs->ended());
        inputs->hang_up();
        run();
        EXPECT_FALSE(main->ended());
    }
    EXPECT_EQ(registry.size(), 1u);
}

TEST_F(ClientRegistryTest, ends_all_channels_of_a_client_with_its_main_channel) {
    std::unique_ptr<Peer> main;
    std::unique_ptr<Peer> inputs;
    std::unique_ptr<Peer> other_main;
    const uint32_t id = connect(main);
    connect(other_main);
    attach(SPICE_CHANNEL_INPUTS, id, inputs);
    inputs->say(SPICE_MSGC_INPUTS_KEY_DOWN, ByteWriter().u32(0x1e));
    run();
    main->hang_up();
    run();
    EXPECT_TRUE(inputs->ended());
    EXPECT_FALSE(other_main->ended());
    EXPECT_EQ(registry.size(), 1u);
    EXPECT_EQ(admit(SPICE_CHANNEL_INPUTS, id), uint32_t{SPICE_LINK_ERR_BAD_CONNECTION_ID});
    EXPECT_EQ(test::texts_of(desktop.input), (Texts{"key 1e down", "key 1e up"}));
}

TEST_F(ClientRegistryTest, tells_of_clients_that_come_and_go) {
    Texts changes;
    registry.set_change_handler([&](const Client& client, bool came) {
        changes.push_back(client.name() + (came ? " came, " : " went, ") + std::to_string(registry.size()));
    });
    std::unique_ptr<Peer> first;
    std::unique_ptr<Peer> second;
    connect(first);
    connect(second);
    ASSERT_EQ(registry.clients().size(), 2u);
    EXPECT_EQ(registry.clients()[0]->number(), 1u);
    registry.clients()[0]->close("kicked");
    run();
    second->hang_up();
    run();
    EXPECT_EQ(changes,
              (Texts{"client 1 came, 1", "client 2 came, 2", "client 1 went, 1", "client 2 went, 0"}));
    EXPECT_TRUE(registry.clients().empty());
}

TEST_F(ClientRegistryTest, lets_a_client_only_watch_from_now_on) {
    std::unique_ptr<Peer> main;
    std::unique_ptr<Peer> inputs;
    const uint32_t id = connect(main);
    const auto client = registry.clients().front();
    EXPECT_EQ(client->channels(), (std::vector<protocol::ChannelId>{{SPICE_CHANNEL_MAIN, 0}}));
    client->set_view_only(true);
    attach(SPICE_CHANNEL_INPUTS, id, inputs); // channels that come later, too
    inputs->say(SPICE_MSGC_INPUTS_KEY_DOWN, ByteWriter().u32(0x1e));
    run();
    EXPECT_TRUE(desktop.input.empty());
    client->set_view_only(false);
    inputs->say(SPICE_MSGC_INPUTS_KEY_DOWN, ByteWriter().u32(0x1f));
    run();
    EXPECT_EQ(test::texts_of(desktop.input), Texts{"key 1f down"});
}

TEST_F(ClientRegistryTest, closes_a_link_whose_client_ended_meanwhile) {
    std::unique_ptr<Peer> main;
    std::unique_ptr<Peer> late;
    const uint32_t id = connect(main);
    main->hang_up();
    run();
    attach(SPICE_CHANNEL_INPUTS, id, late);
    EXPECT_TRUE(late->ended());
}

TEST_F(ClientRegistryTest, takes_max_clients_and_no_more) {
    config.max_clients = 2;
    std::unique_ptr<Peer> first;
    std::unique_ptr<Peer> second;
    std::unique_ptr<Peer> third;
    connect(first);
    EXPECT_EQ(admit(SPICE_CHANNEL_MAIN, 0), uint32_t{SPICE_LINK_ERR_OK});
    connect(second);
    EXPECT_EQ(admit(SPICE_CHANNEL_MAIN, 0), uint32_t{SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE});
    connect(third);
    EXPECT_TRUE(third->ended());
    first->hang_up();
    run();
    EXPECT_EQ(admit(SPICE_CHANNEL_MAIN, 0), uint32_t{SPICE_LINK_ERR_OK});
}

TEST_F(ClientRegistryTest, has_the_desktop_watched_from_the_first_client_to_the_last) {
    std::unique_ptr<Peer> first;
    std::unique_ptr<Peer> second;
    EXPECT_TRUE(desktop.watched.empty());
    connect(first);
    EXPECT_EQ(desktop.watched, std::vector<bool>{true});
    connect(second);
    first->hang_up();
    run();
    EXPECT_EQ(desktop.watched, std::vector<bool>{true});
    second->hang_up();
    run();
    EXPECT_EQ(desktop.watched, (std::vector<bool>{true, false}));
    connect(first);
    EXPECT_EQ(desktop.watched, (std::vector<bool>{true, false, true}));
}

TEST_F(ClientRegistryTest, keeps_a_key_down_that_another_client_holds_too) {
    std::unique_ptr<Peer> mains[2];
    std::unique_ptr<Peer> inputs[2];
    for (int i = 0; i < 2; ++i) {
        const uint32_t id = connect(mains[i]);
        attach(SPICE_CHANNEL_INPUTS, id, inputs[i]);
        inputs[i]->say(SPICE_MSGC_INPUTS_KEY_DOWN, ByteWriter().u32(0x2a));
        run();
    }
    mains[0]->hang_up();
    run();
    EXPECT_EQ(test::texts_of(desktop.input), Texts{"key 2a down"});
    mains[1]->hang_up();
    run();
    EXPECT_EQ(test::texts_of(desktop.input), (Texts{"key 2a down", "key 2a up"}));
}

TEST_F(ClientRegistryTest, tells_locks_to_every_client) {
    std::unique_ptr<Peer> mains[2];
    std::unique_ptr<Peer> inputs[2];
    for (int i = 0; i < 2; ++i) {
        const uint32_t id = connect(mains[i]);
        attach(SPICE_CHANNEL_INPUTS, id, inputs[i]);
        inputs[i]->take();
    }
    session.lock_keys = 4;
    registry.lock_keys_changed();
    run();
    for (const auto& peer : inputs) {
        EXPECT_EQ(peer->take_own_types(), std::vector<uint16_t>{SPICE_MSG_INPUTS_KEY_MODIFIERS});
    }
}

TEST_F(ClientRegistryTest, stop_closes_everybody) {
    std::unique_ptr<Peer> main;
    std::unique_ptr<Peer> inputs;
    const uint32_t id = connect(main);
    attach(SPICE_CHANNEL_INPUTS, id, inputs);
    registry.stop("test");
    EXPECT_EQ(registry.size(), 0u);
    run();
    EXPECT_TRUE(main->ended());
    EXPECT_TRUE(inputs->ended());
    EXPECT_EQ(desktop.watched, (std::vector<bool>{true, false}));
}

TEST_F(ClientRegistryTest, does_not_show_connection_ids_in_the_log) {
    std::unique_ptr<Peer> main;
    const uint32_t id = connect(main);
    main->hang_up();
    run();
    EXPECT_GT(log.lines().size(), 0u);
    EXPECT_EQ(log.count(std::to_string(id)), 0u);
}

struct PassWatch {
    std::shared_ptr<auth::Pass> make(bool view_only = false) {
        return std::make_shared<auth::Pass>(nullptr, view_only, [this] { ++lost; });
    }
    int lost = 0;
};

TEST_F(ClientRegistryTest, keeps_what_a_client_came_in_with) {
    PassWatch watch;
    std::unique_ptr<Peer> main;
    const auto pass = watch.make();
    auto linked = link(SPICE_CHANNEL_MAIN, main);
    linked.pass = pass;
    registry.add(std::move(linked));
    run();
    const uint32_t id = ByteReader(main->take().at(1).body).u32();
    EXPECT_EQ(registry.pass_of(id), pass);
    EXPECT_EQ(registry.pass_of(id + 1), nullptr);
    EXPECT_TRUE(pass->held());
    main->say(SPICE_MSGC_DISCONNECTING, ByteWriter().u64(0).u32(0));
    run();
    EXPECT_EQ(registry.pass_of(id), nullptr);
    EXPECT_FALSE(pass->held());
    EXPECT_EQ(pass.use_count(), 1);
    EXPECT_EQ(watch.lost, 0);
}

TEST_F(ClientRegistryTest, tells_who_lost_the_connection_from_who_left) {
    enum class End { hang_up, failure, stop, comes_back };
    for (const End end : {End::hang_up, End::failure, End::stop, End::comes_back}) {
        PassWatch watch;
        std::unique_ptr<Peer> main;
        auto pass = watch.make();
        const auto failures = std::make_shared<spice::test::FailureCounter>(end == End::failure ? 4 : 1000);
        auto linked = link(SPICE_CHANNEL_MAIN, main, {.failures = failures});
        linked.pass = pass;
        registry.add(std::move(linked));
        run();
        EXPECT_FALSE(main->ended());
        if (end == End::hang_up) {
            main->hang_up();
        } else if (end == End::failure) {
            for (int i = 0; i < 4 && !failures->failed(); ++i) {
                main->say(SPICE_MSGC_MAIN_ATTACH_CHANNELS);
                run();
            }
            EXPECT_TRUE(failures->failed());
        } else if (end == End::stop) {
            registry.disconnect_all("enough");
        } else {
            pass->end_holder();
        }
        run();
        EXPECT_TRUE(main->ended());
        EXPECT_EQ(registry.size(), 0u);
        pass.reset();
        EXPECT_EQ(watch.lost, end == End::failure ? 1 : 0);
    }
}

TEST_F(ClientRegistryTest, asks_a_client_whose_place_is_wanted_for_a_sign_of_life) {
    PassWatch watch;
    std::unique_ptr<Peer> main;
    const auto pass = watch.make();
    auto linked = link(SPICE_CHANNEL_MAIN, main);
    linked.pass = pass;
    registry.add(std::move(linked));
    run();
    const auto pings = [&] {
        std::vector<test::Received> found;
        for (test::Received& message : main->take()) {
            if (message.type == SPICE_MSG_PING) {
                found.push_back(std::move(message));
            }
        }
        return found;
    };
    EXPECT_FALSE(pass->holder_silent());
    run();
    const auto first = pings();
    ASSERT_EQ(first.size(), 1u) << "the one of the start is not answered yet";
    main->say(SPICE_MSGC_PONG, Bytes(first[0].body).first(12));
    run();
    EXPECT_FALSE(pass->holder_silent());
    EXPECT_FALSE(pass->holder_silent());
    run();
    EXPECT_EQ(pings().size(), 1u);
}

TEST_F(ClientRegistryTest, a_client_that_may_watch_only_changes_nothing) {
    PassWatch watch;
    std::unique_ptr<Peer> main;
    std::unique_ptr<Peer> inputs;
    auto linked = link(SPICE_CHANNEL_MAIN, main);
    linked.pass = watch.make(true);
    linked.view_only = true;
    registry.add(std::move(linked));
    run();
    const uint32_t id = ByteReader(main->take().at(1).body).u32();
    attach(SPICE_CHANNEL_INPUTS, id, inputs); // the client's rights count, not what this link says
    inputs->take();
    inputs->say(SPICE_MSGC_INPUTS_KEY_DOWN, ByteWriter().u32(0x1e));
    inputs->say(SPICE_MSGC_INPUTS_KEY_SCANCODE, ByteWriter().u8(0x1e));
    inputs->say(SPICE_MSGC_INPUTS_KEY_MODIFIERS, ByteWriter().u16(7));
    inputs->say(SPICE_MSGC_INPUTS_MOUSE_PRESS, ByteWriter().u8(1).u16(1));
    inputs->say(SPICE_MSGC_INPUTS_MOUSE_RELEASE, ByteWriter().u8(1).u16(0));
    for (int i = 0; i < 4; ++i) {
        inputs->say(SPICE_MSGC_INPUTS_MOUSE_MOTION, ByteWriter().u32(1).u32(1).u16(0));
    }
    run();
    EXPECT_FALSE(inputs->ended());
    EXPECT_EQ(test::texts_of(desktop.input), Texts{});
    EXPECT_EQ(inputs->take_own_types(), (std::vector<uint16_t>{SPICE_MSG_INPUTS_MOUSE_MOTION_ACK}))
        << "motion is acknowledged, or the client would wait";
    inputs->say(SPICE_MSGC_INPUTS_KEY_DOWN, ByteWriter().u8(1));
    run();
    EXPECT_TRUE(inputs->ended()) << "what is malformed is malformed";
}

} // namespace
} // namespace spice::channels
