// Encodes images on other threads than the core's.
//
// A job is pure: it holds its pixels by shared, immutable ownership and gives bytes back. The core thread
// asks with `co_await encode(...)` and goes on with other things meanwhile; nobody blocks.
#pragma once

#include "codecs/image_codec.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace spice::codecs {

struct EncodeJob {
    const ImageCodec* codec = nullptr;        // null: raw
    std::shared_ptr<const uint32_t[]> pixels; // width * height values, without gaps
    uint32_t width = 0;
    uint32_t height = 0;

    ImageView view() const { return xrgb_view(pixels.get(), width, width, height); }
};

class EncodePool {
public:
    // Every processor but the core thread's own, and at least one.
    static size_t default_threads();

    // The threads block all signals but those that their own faults raise: inside Xorg, signals are Xorg's.
    explicit EncodePool(size_t threads = default_threads());
    // Waits for the jobs under way. Must happen before the executors of those who wait are destroyed.
    ~EncodePool();
    EncodePool(const EncodePool&) = delete;
    EncodePool& operator=(const EncodePool&) = delete;

    // The images in the jobs' order. Call and await on `executor`, which must run one thing at a time. A job
    // that throws gives its image raw. `jobs` is taken by value: a coroutine's argument must live in it.
    boost::asio::awaitable<std::vector<EncodedImage>> encode(boost::asio::any_io_executor executor,
                                                             std::vector<EncodeJob> jobs);

private:
    boost::asio::thread_pool threads_;
};

} // namespace spice::codecs
