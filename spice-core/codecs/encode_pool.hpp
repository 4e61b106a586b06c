// Encodes images on other threads than the core's, and each of them once for all clients.
//
// A job is pure: it holds its pixels by shared, immutable ownership and gives bytes back. The core thread
// asks with `co_await encode(...)` and goes on with other things meanwhile; nobody blocks. Results are known
// by the picture's content and the codecs that were tried: who asks for the same while it is being encoded,
// or shortly after, gets the same bytes. All functions belong to the core thread.
#pragma once

#include "codecs/content_key.hpp"
#include "codecs/image_codec.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace spice::codecs {

using SharedImage = std::shared_ptr<const EncodedImage>;

// The codecs that are tried; what comes out smallest is taken. Null: none; without any, the image goes raw.
struct Recipe {
    const ImageCodec* codec = nullptr;
    const ImageCodec* other = nullptr;

    friend bool operator==(const Recipe&, const Recipe&) = default;
};

EncodedImage encode_by(const Recipe& recipe, const ImageView& image);

struct EncodeJob {
    Recipe recipe;
    ContentKey key;                           // of the pixels
    std::shared_ptr<const uint32_t[]> pixels; // xrgb8888, the rows of an image of the key's size
    size_t stride = 0;                        // pixels from one row to the next

    ImageView view() const { return xrgb_view(pixels.get(), stride, key.width, key.height); }
};

class EncodePool {
public:
    // Every processor but the core thread's own, and at least one.
    static size_t default_threads();
    // Bytes of results that are kept for whoever asks next.
    static constexpr size_t kMaxKept = 4 * 1024 * 1024;

    // The threads block all signals but those that their own faults raise: inside Xorg, signals are Xorg's.
    explicit EncodePool(size_t threads = default_threads());
    // Waits for the jobs under way. Must happen before the executors of those who wait are destroyed.
    ~EncodePool();
    EncodePool(const EncodePool&) = delete;
    EncodePool& operator=(const EncodePool&) = delete;

    // The images in the jobs' order. Call and await on `executor`, which must run one thing at a time. A job
    // that throws gives its image raw. `jobs` is taken by value: a coroutine's argument must live in it.
    boost::asio::awaitable<std::vector<SharedImage>> encode(boost::asio::any_io_executor executor,
                                                            std::vector<EncodeJob> jobs);

    // For an image so small that the way to another thread and back would take longer than to encode it.
    SharedImage encode_here(const Recipe& recipe, const ContentKey& key, const ImageView& image);

    // Runs `work` on one of the threads; it must not throw. Returns when it has run.
    boost::asio::awaitable<void> run(boost::asio::any_io_executor executor, std::function<void()> work);

private:
    class Results; // what is kept and what is under way

    std::shared_ptr<Results> results_;
    boost::asio::thread_pool threads_;
};

} // namespace spice::codecs
