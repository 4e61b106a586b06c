#include "auth/ticket_book.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace spice::auth {
namespace {

using std::chrono::seconds;

Ticket ticket(const std::string& password) {
    return {.password = password, .expires = {}};
}

class TicketBookTest : public testing::Test {
protected:
    TicketVerdict verdict(std::string_view presented) { return book_->match(presented).verdict; }
    void make(const std::vector<Ticket>& tickets) {
        book_ = std::make_unique<TicketBook>(tickets, seconds(60), [this] { return now_; });
    }
    std::shared_ptr<Pass> come(std::string_view presented) {
        const TicketBook::Match match = book_->match(presented);
        return match.verdict == TicketVerdict::accepted ? book_->let_in(match) : nullptr;
    }

    TimePoint now_{seconds(1000)};
    std::unique_ptr<TicketBook> book_;
};

TEST_F(TicketBookTest, accepts_the_right_tickets_only) {
    make({ticket("secret"), ticket("other")});
    EXPECT_FALSE(book_->open());
    EXPECT_EQ(verdict("secret"), TicketVerdict::accepted);
    EXPECT_EQ(verdict("other"), TicketVerdict::accepted);
    for (const char* wrong : {"", "s", "secre", "secret ", "secrets", "Secret", "secreT", "secretother"}) {
        EXPECT_EQ(verdict(wrong), TicketVerdict::wrong) << wrong;
    }
    EXPECT_EQ(verdict(std::string(85, 's')), TicketVerdict::wrong);
    EXPECT_EQ(verdict(std::string(500, 's')), TicketVerdict::wrong);
}

TEST_F(TicketBookTest, accepts_all_when_there_is_none) {
    make({});
    EXPECT_TRUE(book_->open());
    const auto pass = book_->let_in_without_ticket();
    EXPECT_FALSE(pass->view_only());
    EXPECT_TRUE(TicketBook::fits(*pass, "whatever"));
    book_->replace({ticket("secret")});
    EXPECT_FALSE(book_->open());
    EXPECT_TRUE(TicketBook::fits(*pass, "whatever")) << "who is in stays in";
}

TEST_F(TicketBookTest, takes_one_more_beside_those_there_are) {
    make({ticket("secret")});
    Ticket guest = ticket("guest");
    guest.one_shot = true;
    EXPECT_TRUE(book_->add(guest));
    EXPECT_EQ(verdict("secret"), TicketVerdict::accepted);
    const auto pass = come("guest");
    ASSERT_TRUE(pass);
    EXPECT_EQ(verdict("guest"), TicketVerdict::used_up);
    EXPECT_TRUE(TicketBook::fits(*pass, "guest"));
}

TEST_F(TicketBookTest, holds_a_limited_number_that_let_somebody_in) {
    make({ticket("secret")});
    for (size_t i = 1; i < kMostTickets; ++i) {
        Ticket guest = ticket("guest" + std::to_string(i));
        guest.expires = now_ + seconds(static_cast<int>(i));
        ASSERT_TRUE(book_->add(guest));
    }
    EXPECT_FALSE(book_->add(ticket("one more")));
    EXPECT_EQ(verdict("one more"), TicketVerdict::wrong);
    now_ += seconds(1); // guest1 has expired
    EXPECT_TRUE(book_->add(ticket("one more")));
    EXPECT_FALSE(book_->add(ticket("yet another")));
    EXPECT_EQ(verdict("one more"), TicketVerdict::accepted);
    EXPECT_EQ(verdict("secret"), TicketVerdict::accepted);
}

TEST_F(TicketBookTest, gives_each_ticket_its_own_rights) {
    Ticket watching = ticket("watch");
    watching.view_only = true;
    make({ticket("touch"), watching});
    EXPECT_FALSE(come("touch")->view_only());
    EXPECT_TRUE(come("watch")->view_only());
}

TEST_F(TicketBookTest, ends_a_ticket_at_its_time) {
    Ticket mortal = ticket("secret");
    mortal.expires = now_ + seconds(10);
    make({mortal});
    now_ += seconds(9);
    const auto pass = come("secret");
    ASSERT_TRUE(pass);
    now_ += seconds(1);
    EXPECT_EQ(verdict("secret"), TicketVerdict::expired);
    EXPECT_EQ(verdict("wrong"), TicketVerdict::wrong);
    EXPECT_TRUE(TicketBook::fits(*pass, "secret")) << "the client's other channels come in";
    EXPECT_FALSE(TicketBook::fits(*pass, "wrong"));
}

TEST_F(TicketBookTest, lets_one_client_in_where_one_is_meant) {
    Ticket single = ticket("secret");
    single.one_shot = true;
    make({single, ticket("other")});
    const auto pass = come("secret");
    ASSERT_TRUE(pass);
    EXPECT_EQ(verdict("secret"), TicketVerdict::used_up);
    EXPECT_EQ(verdict("other"), TicketVerdict::accepted);
    EXPECT_TRUE(TicketBook::fits(*pass, "secret"));
    EXPECT_FALSE(TicketBook::fits(*pass, "other")) << "the very ticket that it came in with";
    pass->goodbye();
    EXPECT_EQ(verdict("secret"), TicketVerdict::used_up);
}

TEST_F(TicketBookTest, takes_the_better_one_of_two_with_the_same_password) {
    Ticket old = ticket("secret");
    old.expires = now_;
    make({old, ticket("secret")});
    EXPECT_EQ(verdict("secret"), TicketVerdict::accepted);
}

TEST_F(TicketBookTest, forgets_what_it_replaces) {
    make({ticket("old")});
    book_->replace({ticket("new")});
    EXPECT_EQ(verdict("old"), TicketVerdict::wrong);
    EXPECT_EQ(verdict("new"), TicketVerdict::accepted);
}

TEST_F(TicketBookTest, lets_back_in_who_lost_the_connection) {
    Ticket single = ticket("secret");
    single.one_shot = single.view_only = true;
    make({single});
    auto pass = come("secret");
    pass.reset();
    EXPECT_EQ(book_->lost(), 1u);
    now_ += seconds(59);
    pass = come("secret");
    ASSERT_TRUE(pass);
    EXPECT_TRUE(pass->view_only());
    EXPECT_EQ(book_->lost(), 0u);
    EXPECT_EQ(verdict("secret"), TicketVerdict::used_up) << "one client for one that was lost";
    pass->lost();
    EXPECT_EQ(verdict("secret"), TicketVerdict::accepted);
    now_ += seconds(60);
    EXPECT_EQ(verdict("secret"), TicketVerdict::used_up) << "in its time only";
}

TEST_F(TicketBookTest, lets_back_in_who_comes_with_what_has_expired_or_was_replaced) {
    Ticket mortal = ticket("secret");
    mortal.expires = now_ + seconds(1);
    make({mortal, ticket("old")});
    auto first = come("secret");
    auto second = come("old");
    now_ += seconds(2);
    book_->replace({ticket("new")});
    EXPECT_EQ(verdict("secret"), TicketVerdict::wrong);
    first->lost();
    second->lost();
    EXPECT_EQ(verdict("secret"), TicketVerdict::accepted);
    EXPECT_TRUE(come("old"));
    EXPECT_EQ(book_->lost(), 2u) << "the pass of who came back ended at once, and was lost again";
    book_->forget_lost();
    EXPECT_EQ(verdict("secret"), TicketVerdict::wrong);
    EXPECT_EQ(verdict("old"), TicketVerdict::wrong);
}

TEST_F(TicketBookTest, lets_nobody_back_in_who_said_goodbye) {
    Ticket single = ticket("secret");
    single.one_shot = true;
    make({single});
    auto pass = come("secret");
    pass->goodbye();
    pass.reset();
    EXPECT_EQ(book_->lost(), 0u);
    EXPECT_EQ(verdict("secret"), TicketVerdict::used_up);
}

TEST_F(TicketBookTest, asks_who_is_there_before_another_takes_its_place) {
    Ticket single = ticket("secret");
    single.one_shot = true;
    make({single});
    const auto pass = come("secret");
    bool silent = false;
    int asked = 0;
    int ended = 0;
    pass->set_holder({[&] {
                          ++asked;
                          return silent;
                      },
                      [&] { ++ended; }});
    EXPECT_EQ(verdict("wrong"), TicketVerdict::wrong);
    EXPECT_EQ(asked, 0) << "strangers disturb nobody";
    const TicketBook::Match refused = book_->match("secret");
    EXPECT_EQ(refused.verdict, TicketVerdict::used_up);
    EXPECT_EQ(refused.holder, pass);
    EXPECT_GT(asked, 0);
    EXPECT_EQ(ended, 0);
    silent = true;
    const auto back = come("secret");
    ASSERT_TRUE(back);
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(book_->lost(), 0u) << "its place is taken";
    EXPECT_FALSE(pass->held());
}

TEST_F(TicketBookTest, finds_who_holds_a_ticket_that_was_replaced) {
    make({ticket("secret")});
    const auto pass = come("secret");
    bool silent = false;
    pass->set_holder({[&] { return silent; }, [] {}});
    book_->replace({ticket("new")});
    EXPECT_EQ(book_->match("secret").holder, pass);
    silent = true;
    EXPECT_EQ(verdict("secret"), TicketVerdict::accepted);
    pass->set_holder({});
    EXPECT_EQ(verdict("secret"), TicketVerdict::wrong);
}

TEST_F(TicketBookTest, bounds_what_it_remembers) {
    make({ticket("secret")});
    std::vector<std::shared_ptr<Pass>> passes;
    for (int i = 0; i < 1000; ++i) {
        passes.push_back(come("secret"));
    }
    passes.clear();
    EXPECT_EQ(book_->lost(), 256u);
    now_ += seconds(60);
    EXPECT_EQ(book_->lost(), 0u);
}

TEST_F(TicketBookTest, may_go_before_its_passes) {
    make({ticket("secret")});
    const auto pass = come("secret");
    book_.reset();
    pass->lost();
    EXPECT_TRUE(TicketBook::fits(*pass, "secret"));
}

// Random histories against a model that says it in the plainest way.
TEST_F(TicketBookTest, agrees_with_a_simple_model) {
    struct Known {
        Ticket ticket;
        bool current = true;
        bool used = false;
        std::vector<TimePoint> lost{}; // until when
    };
    struct Client {
        std::shared_ptr<Pass> pass;
        size_t known;
    };
    std::mt19937 random(4711);
    const auto below = [&](size_t count) {
        return std::uniform_int_distribution<size_t>(0, count - 1)(random);
    };
    for (int history = 0; history < 60; ++history) {
        std::vector<Known> known;
        std::vector<Client> clients;
        const auto fresh = [&] {
            std::vector<Ticket> tickets;
            for (Known& old : known) {
                old.current = false;
            }
            for (size_t i = 0, count = 1 + below(3); i < count; ++i) {
                Ticket made = ticket("ticket " + std::to_string(known.size()));
                made.one_shot = below(2) == 0;
                made.view_only = below(2) == 0;
                if (below(2) == 0) {
                    made.expires = now_ + seconds(below(50));
                }
                tickets.push_back(made);
                known.push_back({made});
            }
            return tickets;
        };
        make(fresh());
        for (int step = 0; step < 200; ++step) {
            switch (below(6)) {
            case 0:
                now_ += seconds(below(30));
                break;
            case 1:
                if (below(8) == 0) {
                    book_->replace(fresh());
                }
                break;
            case 2:
                if (!clients.empty()) {
                    const size_t which = below(clients.size());
                    if (below(2) == 0) {
                        clients[which].pass->goodbye();
                    } else {
                        known[clients[which].known].lost.push_back(now_ + seconds(60));
                    }
                    clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(which));
                }
                break;
            default: {
                const size_t which = below(known.size());
                Known& mine = known[which];
                std::erase_if(mine.lost, [&](TimePoint until) { return until <= now_; });
                const bool good = mine.current && !(mine.ticket.one_shot && mine.used) &&
                                  !(mine.ticket.expires && *mine.ticket.expires <= now_);
                const auto pass = come(mine.ticket.password);
                ASSERT_EQ(pass != nullptr, good || !mine.lost.empty()) << history << ": " << step;
                if (pass) {
                    ASSERT_EQ(pass->view_only(), mine.ticket.view_only);
                    if (!mine.lost.empty()) {
                        mine.lost.erase(mine.lost.begin());
                    }
                    mine.used = true;
                    clients.push_back({pass, which});
                }
            }
            }
            for (const Client& client : clients) {
                ASSERT_TRUE(TicketBook::fits(*client.pass, known[client.known].ticket.password));
            }
        }
        for (const Client& client : clients) {
            client.pass->goodbye();
        }
    }
}

} // namespace
} // namespace spice::auth
