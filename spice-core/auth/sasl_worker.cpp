#include "auth/sasl_worker.hpp"

#include "base/signals_blocked.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace spice::auth {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kPatience{500}; // at the end, with jobs under way

} // namespace

struct SaslWorker::State {
    struct Job {
        std::string address;
        std::function<void()> work;
        std::function<void()> done; // posts to the caller's executor
    };

    // Of an address that has none under way; the end of the list if there is none.
    std::list<Job>::iterator next() {
        auto job = waiting.begin();
        while (job != waiting.end() && busy.contains(job->address)) {
            ++job;
        }
        return job;
    }

    static void loop(const std::shared_ptr<State>& self) {
        std::unique_lock lock(self->mutex);
        for (;;) {
            self->changed.wait(lock, [&] { return self->over || self->next() != self->waiting.end(); });
            if (self->over) {
                break;
            }
            const auto chosen = self->next();
            Job job = std::move(*chosen);
            self->waiting.erase(chosen);
            self->busy.insert(job.address);
            lock.unlock();
            job.work();
            job.work = nullptr; // what it holds goes here, not under the lock
            lock.lock();
            self->busy.erase(job.address);
            if (!self->over) { // else the executor may be gone
                job.done();
            }
            self->changed.notify_all();
        }
        --self->threads;
        self->changed.notify_all();
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::list<Job> waiting;
    std::set<std::string> busy; // addresses
    int threads = 0;
    bool over = false;
};

SaslWorker::SaslWorker() : state_(std::make_shared<State>()) {}

SaslWorker::~SaslWorker() {
    std::unique_lock lock(state_->mutex);
    state_->over = true;
    state_->waiting.clear();
    state_->changed.notify_all();
    state_->changed.wait_for(lock, kPatience, [&] { return state_->threads == 0; });
}

asio::awaitable<void> SaslWorker::run(asio::any_io_executor executor, std::string address,
                                      std::function<void()> job) {
    struct Signal {
        asio::steady_timer timer; // never expires; cancelled when the job is done
        bool done = false;
    };
    const auto signal =
        std::make_shared<Signal>(Signal{asio::steady_timer(executor, asio::steady_timer::time_point::max())});
    // Weakly: a thread may have its job for longer than there is an executor.
    auto tell = [executor, weak = std::weak_ptr(signal)] {
        asio::post(executor, [weak] {
            if (const auto waiting = weak.lock()) {
                waiting->done = true;
                waiting->timer.cancel();
            }
        });
    };
    {
        const std::lock_guard lock(state_->mutex);
        state_->waiting.push_back({std::move(address), std::move(job), std::move(tell)});
        if (state_->threads < kThreads) {
            const SignalsBlocked blocked;
            ++state_->threads;
            std::thread([state = state_] { State::loop(state); }).detach();
        }
        state_->changed.notify_one();
    }
    while (!signal->done) {
        boost::system::error_code ignored;
        co_await signal->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

} // namespace spice::auth
