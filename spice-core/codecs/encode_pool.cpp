#include "codecs/encode_pool.hpp"

#include "base/signals_blocked.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <list>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

namespace spice::codecs {

namespace asio = boost::asio;

namespace {

// What one encode() waits for; core thread.
struct Batch {
    explicit Batch(const asio::any_io_executor& executor)
        : done(executor, asio::steady_timer::time_point::max()) {}

    void one_less() {
        if (--left == 0) {
            done.cancel();
        }
    }

    asio::steady_timer done; // never expires; cancelled when nothing is left
    size_t left = 0;
};

struct Wanted {
    ContentKey key;
    Recipe recipe;

    friend bool operator==(const Wanted&, const Wanted&) = default;
};

struct WantedHash {
    size_t operator()(const Wanted& wanted) const {
        return ContentKeyHash{}(wanted.key) ^ reinterpret_cast<uintptr_t>(wanted.recipe.codec);
    }
};

// One image that is being encoded. The pool's thread reads `job` and writes `image`; the rest belongs to the
// core thread, as do both of them before the job is posted and after its answer has come.
struct Task {
    EncodeJob job;
    SharedImage image;
    std::vector<std::shared_ptr<Batch>> waiting;
};

EncodedImage timed(const Recipe& recipe, const ImageView& view) {
    const auto begin = std::chrono::steady_clock::now();
    EncodedImage image = encode_by(recipe, view);
    const auto time = std::chrono::steady_clock::now() - begin;
    image.encode_time = std::chrono::duration_cast<std::chrono::microseconds>(time);
    return image;
}

EncodedImage encoded_or_raw(const Recipe& recipe, const ImageView& view) {
    try {
        return timed(recipe, view);
    } catch (const std::exception&) {
        return raw_image(view);
    }
}

} // namespace

EncodedImage encode_by(const Recipe& recipe, const ImageView& image) {
    EncodedImage best = encode_image(recipe.codec, image);
    if (recipe.other != nullptr) {
        EncodedImage other = encode_image(recipe.other, image);
        if (other.data.size() < best.data.size()) {
            best = std::move(other);
        }
    }
    return best;
}

class EncodePool::Results {
public:
    SharedImage find(const Wanted& wanted) {
        const auto found = kept_by_key_.find(wanted);
        if (found == kept_by_key_.end()) {
            return nullptr;
        }
        kept_.splice(kept_.begin(), kept_, found->second);
        return found->second->image;
    }

    void keep(const Wanted& wanted, SharedImage image) {
        if (image->data.size() > kMaxKept / 4 || kept_by_key_.contains(wanted)) {
            return;
        }
        bytes_ += image->data.size();
        kept_.push_front({wanted, std::move(image)});
        kept_by_key_.emplace(wanted, kept_.begin());
        while (bytes_ > kMaxKept) {
            bytes_ -= kept_.back().image->data.size();
            kept_by_key_.erase(kept_.back().wanted);
            kept_.pop_back();
        }
    }

    // Under way; null: nobody has asked yet.
    std::shared_ptr<Task> running(const Wanted& wanted) const {
        const auto found = running_.find(wanted);
        return found != running_.end() ? found->second : nullptr;
    }

    std::shared_ptr<Task> begin(const Wanted& wanted, EncodeJob job) {
        auto task = std::make_shared<Task>(Task{std::move(job), nullptr, {}});
        running_.emplace(wanted, task);
        return task;
    }

    void finished(const Wanted& wanted, const Task& task) {
        running_.erase(wanted);
        keep(wanted, task.image);
        for (const auto& batch : task.waiting) {
            batch->one_less();
        }
    }

private:
    struct Kept {
        Wanted wanted;
        SharedImage image;
    };

    std::list<Kept> kept_; // the last used one first
    std::unordered_map<Wanted, std::list<Kept>::iterator, WantedHash> kept_by_key_;
    std::unordered_map<Wanted, std::shared_ptr<Task>, WantedHash> running_;
    size_t bytes_ = 0;
};

size_t EncodePool::default_threads() {
    return std::max(std::thread::hardware_concurrency(), 2u) - 1;
}

EncodePool::EncodePool(size_t threads)
    : results_(std::make_shared<Results>()), threads_([&] {
          const SignalsBlocked inherited_by_the_threads;
          return asio::thread_pool(threads);
      }()) {}

EncodePool::~EncodePool() {
    threads_.join();
}

SharedImage EncodePool::encode_here(const Recipe& recipe, const ContentKey& key, const ImageView& image) {
    const Wanted wanted{key, recipe};
    SharedImage result = results_->find(wanted);
    if (!result) {
        result = std::make_shared<const EncodedImage>(encoded_or_raw(recipe, image));
        results_->keep(wanted, result);
    }
    return result;
}

asio::awaitable<std::vector<SharedImage>> EncodePool::encode(asio::any_io_executor executor,
                                                             std::vector<EncodeJob> jobs) {
    std::vector<SharedImage> images(jobs.size());
    std::vector<std::shared_ptr<Task>> tasks(jobs.size()); // null: the image is there
    const auto batch = std::make_shared<Batch>(executor);
    for (size_t i = 0; i < jobs.size(); ++i) {
        const Wanted wanted{jobs[i].key, jobs[i].recipe};
        images[i] = results_->find(wanted);
        if (images[i]) {
            continue;
        }
        tasks[i] = results_->running(wanted);
        if (!tasks[i]) {
            tasks[i] = results_->begin(wanted, std::move(jobs[i]));
            asio::post(threads_, [executor, results = results_, wanted, task = tasks[i]]() mutable {
                const EncodeJob& job = task->job;
                task->image = std::make_shared<const EncodedImage>(encoded_or_raw(job.recipe, job.view()));
                // Moved, so that the last reference is never dropped on this thread.
                asio::post(executor, [results = std::move(results), wanted, task = std::move(task)] {
                    results->finished(wanted, *task);
                });
            });
        }
        tasks[i]->waiting.push_back(batch);
        ++batch->left;
    }
    while (batch->left > 0) {
        co_await batch->done.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    for (size_t i = 0; i < images.size(); ++i) {
        if (tasks[i]) {
            images[i] = tasks[i]->image;
        }
    }
    co_return images;
}

asio::awaitable<void> EncodePool::run(asio::any_io_executor executor, std::function<void()> work) {
    const auto batch = std::make_shared<Batch>(executor);
    batch->left = 1;
    asio::post(threads_, [executor, work = std::move(work), batch]() mutable {
        work();
        asio::post(executor, [work = std::move(work), batch = std::move(batch)] { batch->one_less(); });
    });
    while (batch->left > 0) {
        co_await batch->done.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

} // namespace spice::codecs
