// A decoder of QUIC written for clearness: one bit, one component, one pixel after the other. It accepts
// exactly what an encoder has to make: padding of zeros, one word of zeros after it, and nothing else.
#pragma once

#include "base/byte_reader.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace spice::test {

struct QuicImage {
    uint32_t type = 0; // 2 RGB16, 3 RGB24, 4 RGB32, 5 RGBA
    uint32_t width = 0;
    uint32_t height = 0;
    // Rows from the upper one down, without gaps. The components of each pixel: red, green, blue and, in
    // RGBA, alpha; of five bits in RGB16, of eight in all others.
    std::vector<uint8_t> components{};

    size_t components_per_pixel() const { return type == 5 ? 4 : 3; }
};

class QuicDecoder {
public:
    static std::optional<QuicImage> decode(Bytes data) {
        QuicDecoder decoder(data);
        return decoder.run() ? std::optional(std::move(decoder.image_)) : std::nullopt;
    }

private:
    // One component's statistics: eight (or five) counters for each group of contexts.
    struct Model {
        struct Group {
            std::array<unsigned, 8> cost{};
            unsigned best = 0;
        };
        explicit Model(unsigned bits) : depth(bits) { groups.resize(bits, Group{{}, bits - 1}); }

        Group& group_of(unsigned context) {
            unsigned number = 0;
            // Groups begin at 0, 1, 3, 7, ...
            while (number + 1 < depth && context >= (2u << number) - 1) {
                ++number;
            }
            return groups[number];
        }

        unsigned depth;
        std::vector<Group> groups;
    };

    // What the three colours have in common, and alpha has for itself.
    struct State {
        unsigned wait = 0;
        unsigned draws = 0;
        unsigned mask_bits = 0;
        unsigned until_wider = 2048;
        unsigned run_state = 0;
        std::vector<Model> models{};
        std::vector<std::vector<unsigned>> residues{}; // of each component, for the whole width
        std::vector<unsigned> first_context{};
        size_t first_component = 0;
    };

    explicit QuicDecoder(Bytes data) : data_(data) {}

    bool run() {
        if (data_.size() % 4 != 0 || take(32) != 0x43495551 || take(32) != 0) {
            return false;
        }
        image_.type = take(32);
        image_.width = take(32);
        image_.height = take(32);
        if (image_.type < 2 || image_.type > 5 || image_.width == 0 || image_.height == 0 ||
            image_.width > 16384 || image_.height > 16384) {
            return false;
        }
        depth_ = image_.type == 2 ? 5 : 8;
        image_.components.resize(image_.components_per_pixel() * image_.width * image_.height);
        State colours = new_state(0, 3);
        State alpha = new_state(3, 1);
        for (unsigned y = 0; y < image_.height && ok_; ++y) {
            decode_row(colours, y);
            if (image_.type == 5) {
                decode_row(alpha, y);
            }
        }
        while (at_ % 32 != 0) {
            ok_ = take(1) == 0 && ok_;
        }
        ok_ = take(32) == 0 && ok_;
        return ok_ && at_ == data_.size() * 8;
    }

    State new_state(size_t first_component, size_t count) const {
        State state;
        state.models.assign(count, Model(depth_));
        state.residues.assign(count, std::vector<unsigned>(image_.width));
        state.first_context.assign(count, 0);
        state.first_component = first_component;
        return state;
    }

    unsigned take(unsigned count) {
        unsigned value = 0;
        for (; count > 0; --count, ++at_) {
            const size_t byte = at_ / 32 * 4 + (3 - at_ % 32 / 8);
            if (byte >= data_.size()) {
                ok_ = false;
                return 0;
            }
            value = value << 1 | (data_[byte] >> (7 - at_ % 8) & 1u);
        }
        return value;
    }

    unsigned take_code(unsigned code) {
        unsigned most_zeros = (1u << (depth_ - code)) - 1;
        if (most_zeros > 26 - depth_) {
            most_zeros = 26 - depth_;
        }
        for (unsigned zeros = 0; zeros < most_zeros; ++zeros) {
            if (take(1) == 1) {
                return (zeros << code) + take(code);
            }
        }
        const unsigned others = (1u << depth_) - (most_zeros << code);
        unsigned width = 0;
        while ((1u << width) < others) {
            ++width;
        }
        return (most_zeros << code) + take(width);
    }

    unsigned code_length(unsigned symbol, unsigned code) const {
        unsigned most_zeros = (1u << (depth_ - code)) - 1;
        if (most_zeros > 26 - depth_) {
            most_zeros = 26 - depth_;
        }
        if (symbol >> code < most_zeros) {
            return (symbol >> code) + 1 + code;
        }
        unsigned width = 0;
        while ((1u << width) < (1u << depth_) - (most_zeros << code)) {
            ++width;
        }
        return most_zeros + width;
    }

    uint8_t& component(const State& state, unsigned x, unsigned y, size_t c) {
        return image_.components[(size_t{y} * image_.width + x) * image_.components_per_pixel() +
                                 state.first_component + c];
    }

    bool same_as_left(const State& state, unsigned x, unsigned y) {
        for (size_t c = 0; c < state.models.size(); ++c) {
            if (component(state, x, y, c) != component(state, x - 1, y, c)) {
                return false;
            }
        }
        return true;
    }

    void decode_row(State& state, unsigned y) {
        for (size_t c = 0; c < state.models.size(); ++c) {
            state.first_context[c] = state.residues[c][0]; // of the row above
        }
        // The mask widens after each 2048 pixels, wherever in a row that is, and no run goes on beyond.
        for (unsigned x = 0; x < image_.width && ok_;) {
            unsigned end = image_.width;
            if (state.mask_bits < 6 && state.until_wider <= end - x) {
                end = x + state.until_wider;
                decode_part(state, x, end, y);
                ++state.mask_bits;
                state.until_wider = 2048;
            } else {
                decode_part(state, x, end, y);
                state.until_wider -= state.mask_bits < 6 ? end - x : 0;
            }
            x = end;
        }
    }

    void decode_part(State& state, unsigned x, unsigned end, unsigned y) {
        unsigned tried = end; // where a run began last
        while (x < end && ok_) {
            if (y == 0 || x <= 2 || x == tried || !same_as_left(state, x, y - 1) ||
                !same_as_left(state, x - 1, y)) {
                decode_pixel(state, x++, y);
                continue;
            }
            tried = x;
            const unsigned length = take_run(state);
            ok_ = ok_ && length <= end - x;
            for (const unsigned run_end = x + length; ok_ && x < run_end; ++x) {
                for (size_t c = 0; c < state.models.size(); ++c) {
                    component(state, x, y, c) = component(state, x - 1, y, c);
                }
            }
        }
    }

    void decode_pixel(State& state, unsigned x, unsigned y) {
        for (size_t c = 0; c < state.models.size(); ++c) {
            const unsigned context = x == 0 ? state.first_context[c] : state.residues[c][x - 1];
            const unsigned symbol = take_code(state.models[c].group_of(context).best);
            const int difference =
                symbol % 2 == 0 ? static_cast<int>(symbol / 2) : -static_cast<int>(symbol / 2) - 1;
            int guess = 0;
            if (x > 0 && y > 0) {
                guess = (component(state, x - 1, y, c) + component(state, x, y - 1, c)) / 2;
            } else if (x > 0) {
                guess = component(state, x - 1, y, c);
            } else if (y > 0) {
                guess = component(state, x, y - 1, c);
            }
            component(state, x, y, c) = static_cast<uint8_t>((guess + difference) & ((1 << depth_) - 1));
            state.residues[c][x] = symbol;
        }
        if (state.wait > 0) {
            --state.wait;
            return;
        }
        for (size_t c = 0; c < state.models.size(); ++c) {
            const unsigned context = x == 0 ? state.first_context[c] : state.residues[c][x - 1];
            learn(state.models[c].group_of(context), state.residues[c][x], state.mask_bits);
        }
        state.wait = draw(state.draws++ % 256) & ((1u << state.mask_bits) - 1);
    }

    void learn(Model::Group& group, unsigned symbol, unsigned mask_bits) const {
        group.best = depth_ - 1;
        for (unsigned code = depth_; code-- > 0;) {
            group.cost[code] += code_length(symbol, code);
            if (group.cost[code] < group.cost[group.best]) {
                group.best = code;
            }
        }
        const std::array<unsigned, 7> limits{110, 550, 900, 800, 550, 400, 350};
        if (group.cost[group.best] > limits[mask_bits]) {
            for (unsigned& cost : group.cost) {
                cost /= 2;
            }
        }
    }

    unsigned take_run(State& state) {
        constexpr std::string_view bits = "00001111222233334455667789abcdef";
        const auto exponent = [&] {
            const char digit = bits[state.run_state];
            return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
        };
        unsigned length = 0;
        while (ok_ && take(1) == 1) {
            length += 1u << exponent();
            state.run_state += state.run_state < 31 ? 1 : 0;
        }
        length += take(exponent());
        state.run_state -= state.run_state > 0 ? 1 : 0;
        return length;
    }

    // The low byte of each pseudo-random number.
    static unsigned draw(size_t number) {
        constexpr std::string_view digits =
            "421753550752288e8ce0afac6486924b4413ea1d507fb933d003054e0f9e9489"
            "a46d43f9bd00084529ce6b5babbb1fe3277c2aa64d367ec11ac30b3d74a2c7f0"
            "043b160c9688b2848a462cc88beedf737511012b6e3ce4760a9b676c56e957c2"
            "ec4068b5a8b090eb605ce14c540278be77fa12140d37269d79d331216fbffb80"
            "23fd93192e66fcc463419ae89cca850ed9d270f1d47b3ee2ae87a134227ac95d"
            "48f7febca524e572c6834a1c30985a7d391ecbb6820632ef4791a33520ccd7d1"
            "c51571b7b32db41be799a7ffd6d8aaf438e669a9b8a0cd58daf3dbf83a65186a"
            "8fdc515e5fcf109759f6616281dd9ff2f595b14f2f49c0ba25adde8d09ed3fd5";
        unsigned value = 0;
        for (const char digit : digits.substr(2 * number, 2)) {
            value = value * 16 + static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
        }
        return value;
    }

    Bytes data_;
    size_t at_ = 0; // bits
    bool ok_ = true;
    unsigned depth_ = 8;
    QuicImage image_;
};

} // namespace spice::test
