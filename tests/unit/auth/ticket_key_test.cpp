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

TEST(CheckTicket, accepts_the_right_one_only) {
    TicketKey key;
    const std::optional<std::string> expected("secret");
    const auto verdict = [&](std::string_view ticket) {
        return check_ticket(key, encrypt_ticket(key.public_key(), ticket), expected);
    };
    EXPECT_EQ(verdict("secret"), TicketVerdict::accepted);
    for (const char* wrong : {"", "s", "secre", "secret ", "secrets", "Secret", "secreT"}) {
        EXPECT_EQ(verdict(wrong), TicketVerdict::wrong) << wrong;
    }
    EXPECT_EQ(verdict(std::string(85, 's')), TicketVerdict::wrong);
    EXPECT_EQ(check_ticket(key, {}, expected), TicketVerdict::unreadable);
}

TEST(CheckTicket, accepts_any_readable_one_when_none_is_set) {
    TicketKey key;
    EXPECT_EQ(check_ticket(key, encrypt_ticket(key.public_key(), ""), std::nullopt), TicketVerdict::accepted);
    EXPECT_EQ(check_ticket(key, encrypt_ticket(key.public_key(), "x"), std::nullopt),
              TicketVerdict::accepted);
    EXPECT_EQ(check_ticket(key, {}, std::nullopt), TicketVerdict::unreadable);
}

TEST(CheckTicket, accepts_the_same_bytes_once) {
    TicketKey key;
    const auto seen_on_the_wire = encrypt_ticket(key.public_key(), "secret");
    EXPECT_EQ(check_ticket(key, seen_on_the_wire, "secret"), TicketVerdict::accepted);
    EXPECT_EQ(check_ticket(key, seen_on_the_wire, "secret"), TicketVerdict::replayed);
    EXPECT_EQ(check_ticket(key, encrypt_ticket(key.public_key(), "secret"), "secret"),
              TicketVerdict::accepted);
    const auto wrong = encrypt_ticket(key.public_key(), "wrong");
    EXPECT_EQ(check_ticket(key, wrong, "secret"), TicketVerdict::wrong);
    EXPECT_EQ(key.uses(), 2u) << "only accepted ones are remembered";
}

TEST(TicketKeys, change_after_their_number_of_links) {
    TicketKeys keys(2);
    const std::shared_ptr<TicketKey> first = keys.current();
    EXPECT_EQ(keys.current(), first);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(check_ticket(*first, encrypt_ticket(first->public_key(), "x"), "x"),
                  TicketVerdict::accepted);
    }
    const std::shared_ptr<TicketKey> second = keys.current();
    EXPECT_NE(second, first);
    EXPECT_NE(second->public_key(), first->public_key());
    EXPECT_EQ(second->uses(), 0u);
    // A link that began with the first key goes on with it.
    EXPECT_EQ(check_ticket(*first, encrypt_ticket(first->public_key(), "x"), "x"), TicketVerdict::accepted);
}

} // namespace
} // namespace spice::auth
