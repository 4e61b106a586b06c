#include "control/line_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace spice::control {

namespace {

constexpr size_t kRead = 16 * 1024; // bytes at a time

} // namespace

std::span<char> LineBuffer::room() {
    if (begin_ > 0) { // to the front with what is left
        std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
        OPENSSL_cleanse(bytes_.data() + (end_ - begin_), begin_);
        end_ -= begin_;
        scanned_ -= begin_;
        begin_ = 0;
    }
    if (end_ == 0 && bytes_.size() > kRead) {
        bytes_ = WipedChars(); // a long line is the exception
    }
    if (bytes_.size() < end_ + kRead) {
        bytes_.resize(std::max(end_ + kRead, bytes_.size() + bytes_.size() / 2));
    }
    return {bytes_.data() + end_, bytes_.size() - end_};
}

std::optional<std::string_view> LineBuffer::next() {
    const auto* const from = bytes_.data() + scanned_;
    const void* const found = end_ > scanned_ ? std::memchr(from, '\n', end_ - scanned_) : nullptr;
    if (found == nullptr) {
        scanned_ = end_;
        return std::nullopt;
    }
    const auto line_end = static_cast<size_t>(static_cast<const char*>(found) - bytes_.data());
    const std::string_view line(bytes_.data() + begin_, line_end - begin_);
    if (line.size() > kMaxLine) {
        scanned_ = line_end;
        return std::nullopt;
    }
    begin_ = line_end + 1;
    scanned_ = begin_;
    return line;
}

} // namespace spice::control
