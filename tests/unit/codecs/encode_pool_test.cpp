#include "codecs/encode_pool.hpp"

#include "support/image_decoders.hpp"
#include "support/test_images.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>

namespace spice::codecs {
namespace {

namespace asio = boost::asio;

EncodeJob job_of(const test::TestImage& image, const ImageCodec* codec) {
    const std::vector<uint32_t> rows = image.packed();
    std::shared_ptr<uint32_t[]> pixels = std::make_shared<uint32_t[]>(rows.size());
    std::ranges::copy(rows, pixels.get());
    return {{codec, nullptr}, content_key(image.view()), std::move(pixels), image.width};
}

class ThrowingCodec final : public ImageCodec {
public:
    std::optional<uint8_t> image_type(PixelFormat) const override { return SPICE_IMAGE_TYPE_LZ4; }
    std::optional<Size> encode(const ImageView&, std::span<uint8_t>) const override {
        throw std::runtime_error("out of luck");
    }
};

// Counts how often it was asked.
class CountingCodec final : public ImageCodec {
public:
    std::optional<uint8_t> image_type(PixelFormat) const override { return SPICE_IMAGE_TYPE_LZ4; }
    std::optional<Size> encode(const ImageView&, std::span<uint8_t> into) const override {
        ++count;
        into[0] = 7;
        return Size{1};
    }

    mutable std::atomic<int> count = 0;
};

// Tells on which thread it ran and with which signals blocked.
class CuriousCodec final : public ImageCodec {
public:
    std::optional<uint8_t> image_type(PixelFormat) const override { return SPICE_IMAGE_TYPE_LZ4; }
    std::optional<Size> encode(const ImageView&, std::span<uint8_t>) const override {
        elsewhere = std::this_thread::get_id() != home;
        pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        return std::nullopt;
    }

    std::thread::id home = std::this_thread::get_id();
    mutable bool elsewhere = false;
    mutable sigset_t blocked{};
};

std::vector<SharedImage> encode(EncodePool& pool, asio::io_context& io, std::vector<EncodeJob> jobs) {
    auto images = asio::co_spawn(io, pool.encode(io.get_executor(), std::move(jobs)), asio::use_future);
    io.run();
    io.restart();
    return images.get();
}

TEST(EncodePool, gives_images_back_in_the_order_of_the_jobs) {
    asio::io_context io(1);
    EncodePool pool(3);
    std::vector<test::TestImage> images;
    for (uint32_t i = 0; i < 40; ++i) {
        images.push_back(test::mixed_image(1 + (i * 37) % 90, 1 + (i * 53) % 70));
    }
    for (int round = 0; round < 10; ++round) {
        std::vector<EncodeJob> jobs;
        for (size_t i = 0; i < images.size(); ++i) {
            jobs.push_back(job_of(images[i], codec(i % 2 == 0 ? Codec::lz : Codec::lz4)));
        }
        const std::vector<SharedImage> encoded = encode(pool, io, std::move(jobs));
        ASSERT_EQ(encoded.size(), images.size());
        for (size_t i = 0; i < images.size(); ++i) {
            const auto decoded =
                test::decode_image(encoded[i]->type, encoded[i]->data, images[i].width, images[i].height);
            ASSERT_TRUE(decoded);
            ASSERT_EQ(*decoded, images[i].packed());
        }
    }
}

TEST(EncodePool, has_nothing_to_wait_for_without_jobs) {
    asio::io_context io(1);
    EncodePool pool(1);
    EXPECT_TRUE(encode(pool, io, {}).empty());
}

TEST(EncodePool, sends_raw_what_an_encoder_threw_at) {
    asio::io_context io(1);
    EncodePool pool(1);
    const ThrowingCodec throwing;
    const test::TestImage image = test::ui_image(64, 64);
    const std::vector<SharedImage> encoded =
        encode(pool, io, {job_of(image, &throwing), job_of(image, codec(Codec::lz))});
    ASSERT_EQ(encoded.size(), 2u);
    EXPECT_EQ(encoded[0]->type, SPICE_IMAGE_TYPE_BITMAP);
    EXPECT_EQ(test::decode_raw(encoded[0]->data, 64, 64), image.packed());
    EXPECT_EQ(encoded[1]->type, SPICE_IMAGE_TYPE_LZ_RGB);
}

TEST(EncodePool, encodes_once_what_several_ask_for_at_a_time) {
    asio::io_context io(1);
    EncodePool pool(2);
    const CountingCodec counting;
    const test::TestImage image = test::ui_image(64, 64);
    const test::TestImage other = test::text_image(64, 64);
    int answers = 0;
    for (int client = 0; client < 8; ++client) {
        std::vector<EncodeJob> jobs{job_of(image, &counting), job_of(other, &counting),
                                    job_of(image, &counting)};
        asio::co_spawn(
            io,
            [](EncodePool& the_pool, asio::any_io_executor executor, std::vector<EncodeJob> the_jobs,
               int& count) -> asio::awaitable<void> {
                const auto images = co_await the_pool.encode(executor, std::move(the_jobs));
                EXPECT_EQ(images[0], images[2]);
                EXPECT_NE(images[0], images[1]);
                ++count;
            }(pool, io.get_executor(), std::move(jobs), answers),
            asio::detached);
    }
    io.run();
    EXPECT_EQ(answers, 8);
    EXPECT_EQ(counting.count, 2);
}

TEST(EncodePool, gives_the_same_bytes_to_those_who_ask_later) {
    asio::io_context io(1);
    EncodePool pool(1);
    const CountingCodec counting;
    const test::TestImage image = test::ui_image(64, 64);
    const SharedImage first = encode(pool, io, {job_of(image, &counting)})[0];
    EXPECT_EQ(encode(pool, io, {job_of(image, &counting)})[0], first);
    EXPECT_EQ(pool.encode_here({&counting, nullptr}, content_key(image.view()), image.view()), first);
    EXPECT_EQ(counting.count, 1);
    // By another codec, and another picture, they are other bytes.
    EXPECT_NE(encode(pool, io, {job_of(image, codec(Codec::lz))})[0], first);
    EXPECT_NE(encode(pool, io, {job_of(test::ui_image(64, 63), &counting)})[0], first);
}

TEST(EncodePool, forgets_what_nobody_has_asked_for_lately) {
    asio::io_context io(1);
    EncodePool pool(1);
    const CountingCodec counting;
    const test::TestImage image = test::ui_image(64, 64);
    encode(pool, io, {job_of(image, &counting)});
    for (uint32_t i = 0; i < 12; ++i) { // each half a megabyte
        encode(pool, io, {job_of(test::noise_image(512, 256 + i), nullptr)});
    }
    encode(pool, io, {job_of(image, &counting)});
    EXPECT_EQ(counting.count, 2);
}

TEST(EncodePool, takes_the_smaller_result_of_two_codecs) {
    const test::TestImage text = test::text_image(200, 100);
    const Recipe both{codec(Codec::quic), codec(Codec::lz)};
    const size_t smaller = std::min(encode_image(codec(Codec::quic), text.view()).data.size(),
                                    encode_image(codec(Codec::lz), text.view()).data.size());
    EXPECT_EQ(encode_by(both, text.view()).data.size(), smaller);
}

TEST(EncodePool, runs_other_work_elsewhere) {
    asio::io_context io(1);
    EncodePool pool(1);
    std::thread::id where;
    asio::co_spawn(io, pool.run(io.get_executor(), [&where] { where = std::this_thread::get_id(); }),
                   asio::detached);
    io.run();
    EXPECT_NE(where, std::thread::id());
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST(EncodePool, works_on_threads_that_take_no_signals_but_their_own_faults) {
    asio::io_context io(1);
    EncodePool pool(1);
    const CuriousCodec curious;
    encode(pool, io, {job_of(test::ui_image(8, 8), &curious)});
    EXPECT_TRUE(curious.elsewhere);
    for (const int signal : {SIGTERM, SIGINT, SIGIO, SIGALRM, SIGUSR1, SIGCHLD}) {
        EXPECT_EQ(sigismember(&curious.blocked, signal), 1) << signal;
    }
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
        EXPECT_EQ(sigismember(&curious.blocked, fault), 0) << fault;
    }
    sigset_t here;
    pthread_sigmask(SIG_SETMASK, nullptr, &here);
    EXPECT_EQ(sigismember(&here, SIGUSR1), 0);
}

TEST(EncodePool, may_end_with_jobs_under_way_and_nobody_left_to_tell) {
    asio::io_context io(1);
    {
        EncodePool pool(2);
        std::vector<EncodeJob> jobs;
        for (int i = 0; i < 20; ++i) {
            jobs.push_back(job_of(test::photo_image(200, 100), codec(Codec::lz)));
        }
        asio::co_spawn(
            io,
            [](EncodePool& the_pool, asio::any_io_executor executor,
               std::vector<EncodeJob> the_jobs) -> asio::awaitable<void> {
                const std::vector<SharedImage> images =
                    co_await the_pool.encode(executor, std::move(the_jobs));
                EXPECT_EQ(images.size(), 20u);
            }(pool, io.get_executor(), std::move(jobs)),
            asio::detached);
        EXPECT_GE(io.poll_one(), 1u); // the jobs are posted; the loop ends before their answer
    }
}

} // namespace
} // namespace spice::codecs
