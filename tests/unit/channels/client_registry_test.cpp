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

} // namespace
} // namespace spice::channels
