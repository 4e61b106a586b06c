// Where SASL mechanisms run: they ask saslauthd, Kerberos and files, and wait for the answer. A few threads,
// and at most one job of an address at a time, so that one address's slow attempts hold up none but its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

namespace spice::auth {

class SaslWorker {
public:
    static constexpr int kThreads = 4; // made when first needed

    SaslWorker();
    // Jobs that have not begun are dropped. Waits for those under way, but not for long: one that hangs for
    // good (a daemon that does not answer) keeps its thread and what it holds.
    ~SaslWorker();
    SaslWorker(const SaslWorker&) = delete;
    SaslWorker& operator=(const SaslWorker&) = delete;

    // Runs `job` on one of the threads and returns on `executor`, the caller's, when it is done. `job` must
    // not throw, and must hold on to what it uses: the caller may be gone by then.
    boost::asio::awaitable<void> run(boost::asio::any_io_executor executor, std::string address,
                                     std::function<void()> job);

private:
    struct State;
    std::shared_ptr<State> state_; // shared with the threads
};

} // namespace spice::auth
