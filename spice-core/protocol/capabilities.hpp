// Capability bit sets as the link messages carry them: words of 32 bits, least significant bit first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

namespace spice::protocol {

class Capabilities {
public:
    Capabilities() = default;
    explicit Capabilities(std::vector<uint32_t> words) : words_(std::move(words)) {}
    Capabilities(std::initializer_list<unsigned> bits) {
        for (unsigned bit : bits) {
            set(bit);
        }
    }

    bool has(unsigned bit) const {
        return bit / 32 < words_.size() && ((words_[bit / 32] >> (bit % 32)) & 1) != 0;
    }
    void set(unsigned bit) {
        if (bit / 32 >= words_.size()) {
            words_.resize(bit / 32 + 1);
        }
        words_[bit / 32] |= uint32_t{1} << (bit % 32);
    }
    const std::vector<uint32_t>& words() const { return words_; }

private:
    std::vector<uint32_t> words_;
};

} // namespace spice::protocol
