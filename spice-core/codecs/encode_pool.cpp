#include "codecs/encode_pool.hpp"

#include "base/signals_blocked.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

namespace spice::codecs {

namespace asio = boost::asio;

namespace {

// What one encode() waits for. Belongs to the core thread but for `jobs`, `results` (each job its own
// element) and `left`; the job that ends last hands everything back by a post.
struct Batch {
    Batch(const asio::any_io_executor& the_executor, std::vector<EncodeJob> the_jobs)
        : executor(the_executor), done(the_executor, asio::steady_timer::time_point::max()),
          jobs(std::move(the_jobs)), results(jobs.size()), left(jobs.size()) {}

    asio::any_io_executor executor;
    asio::steady_timer done; // never expires; cancelled when nothing is left
    std::vector<EncodeJob> jobs;
    std::vector<std::optional<EncodedImage>> results; // none: the job threw
    std::atomic<size_t> left;
    bool finished = false;       // core thread
    std::shared_ptr<Batch> self; // keeps it for the jobs, so that no thread of the pool destroys the timer
};

void run_job(Batch& batch, size_t index) {
    try {
        const EncodeJob& job = batch.jobs[index];
        batch.results[index] = encode_image(job.codec, job.view());
    } catch (const std::exception&) {
        batch.results[index].reset(); // encode() knows what to do
    }
    if (batch.left.fetch_sub(1, std::memory_order_acq_rel) > 1) {
        return; // from here on the batch belongs to whoever is last
    }
    const asio::any_io_executor executor = batch.executor;
    asio::post(executor, [keep = std::move(batch.self)] {
        keep->finished = true;
        keep->done.cancel();
    });
}

} // namespace

size_t EncodePool::default_threads() {
    return std::max(std::thread::hardware_concurrency(), 2u) - 1;
}

EncodePool::EncodePool(size_t threads)
    : threads_([&] {
          const SignalsBlocked inherited_by_the_threads;
          return asio::thread_pool(threads);
      }()) {}

EncodePool::~EncodePool() {
    threads_.join();
}

asio::awaitable<std::vector<EncodedImage>> EncodePool::encode(asio::any_io_executor executor,
                                                              std::vector<EncodeJob> jobs) {
    std::vector<EncodedImage> images;
    if (jobs.empty()) {
        co_return images;
    }
    const auto batch = std::make_shared<Batch>(executor, std::move(jobs));
    batch->self = batch;
    Batch* const shared = batch.get();
    const size_t count = batch->jobs.size();
    for (size_t i = 0; i < count; ++i) {
        asio::post(threads_, [shared, i] { run_job(*shared, i); });
    }
    while (!batch->finished) {
        co_await batch->done.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    images.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        std::optional<EncodedImage>& result = batch->results[i];
        if (result) {
            images.push_back(std::move(*result));
        } else {
            images.push_back(raw_image(batch->jobs[i].view()));
        }
    }
    co_return images;
}

} // namespace spice::codecs
