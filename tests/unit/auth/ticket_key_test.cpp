#include "auth/ticket_key.hpp"

#include "link_client.hpp"

#include <gtest/gtest.h>

namespace spice::auth {
namespace {

using test::encrypt_bytes;
using test::encrypt_ticket;

TEST(TicketKey, has_a_public_key_of_162_bytes) {
    const TicketKey key;
    EXPECT_EQ(key.public_key().size(), 162u);
    EXPECT_EQ(key.public_key()[0], 0x30); // SEQUENCE
    EXPECT_NE(key.public_key(), TicketKey().public_key());
}

TEST(TicketKey, decrypts_up_to_the_nul) {
    const TicketKey key;
    EXPECT_EQ(key.decrypt(encrypt_ticket(key.public_key(), "secret")), "secret");
    EXPECT_EQ(key.decrypt(encrypt_ticket(key.public_key(), "")), "");
    EXPECT_EQ(key.decrypt(encrypt_bytes(key.public_key(), std::string_view("ab\0cd", 5))), "ab");
    EXPECT_EQ(key.decrypt(encrypt_bytes(key.public_key(), "no end")), "no end");
    const std::string longest(60, 'x');
    EXPECT_EQ(key.decrypt(encrypt_ticket(key.public_key(), longest)), longest);
    const std::string whole_block(86, 'y'); // the most that OAEP has room for
    EXPECT_EQ(key.decrypt(encrypt_bytes(key.public_key(), whole_block)), whole_block);
}

TEST(TicketKey, refuses_what_was_not_encrypted_with_it) {
    const TicketKey key;
    const TicketKey other;
    EXPECT_FALSE(key.decrypt(encrypt_ticket(other.public_key(), "secret")));
    for (int fill : {0, 1, 0x7f, 0xff}) {
        protocol::EncryptedTicket garbage;
        garbage.fill(static_cast<uint8_t>(fill));
        EXPECT_FALSE(key.decrypt(garbage)) << fill;
    }
    auto damaged = encrypt_ticket(key.public_key(), "secret");
    for (size_t i = 0; i < damaged.size(); i += 13) {
        damaged[i] ^= 1;
        EXPECT_FALSE(key.decrypt(damaged)) << i;
        damaged[i] ^= 1;
    }
    EXPECT_TRUE(key.decrypt(damaged));
}

TEST(TicketKey, knows_the_bytes_that_were_accepted_before) {
    TicketKey key;
    const auto seen_on_the_wire = encrypt_ticket(key.public_key(), "secret");
    EXPECT_TRUE(key.use_once(seen_on_the_wire));
    EXPECT_FALSE(key.use_once(seen_on_the_wire));
    EXPECT_TRUE(key.use_once(encrypt_ticket(key.public_key(), "secret")));
    EXPECT_EQ(key.uses(), 2u);
}

TEST(TicketKeys, change_after_their_number_of_links) {
    TicketKeys keys(2);
    const std::shared_ptr<TicketKey> first = keys.current();
    EXPECT_EQ(keys.current(), first);
    for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(first->use_once(encrypt_ticket(first->public_key(), "x")));
    }
    const std::shared_ptr<TicketKey> second = keys.current();
    EXPECT_NE(second, first);
    EXPECT_NE(second->public_key(), first->public_key());
    EXPECT_EQ(second->uses(), 0u);
    // A link that began with the first key goes on with it.
    EXPECT_TRUE(first->use_once(encrypt_ticket(first->public_key(), "x")));
}

} // namespace
} // namespace spice::auth
