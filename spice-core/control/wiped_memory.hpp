// Memory for what may hold passwords, also those that somebody types: overwritten when it is given back.
#pragma once

#include <boost/json/memory_resource.hpp>

#include <openssl/crypto.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace spice::control {

template <class T>
struct WipingAllocator {
    using value_type = T;

    WipingAllocator() = default;
    template <class Other>
    explicit WipingAllocator(const WipingAllocator<Other>&) {}

    T* allocate(size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T* memory, size_t count) {
        OPENSSL_cleanse(memory, count * sizeof(T));
        std::allocator<T>().deallocate(memory, count);
    }
    friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};

using WipedChars = std::vector<char, WipingAllocator<char>>;
using WipedKeysyms = std::vector<uint32_t, WipingAllocator<uint32_t>>;

// For the values that a line of JSON is parsed into. None needs more than the usual alignment; Boost.JSON
// does not always ask for the same one when it gives memory back.
class WipingResource final : public boost::json::memory_resource {
    void* do_allocate(size_t bytes, size_t /*alignment*/) override { return ::operator new(bytes); }
    void do_deallocate(void* memory, size_t bytes, size_t /*alignment*/) override {
        OPENSSL_cleanse(memory, bytes);
        ::operator delete(memory);
    }
    bool do_is_equal(const boost::json::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

} // namespace spice::control
