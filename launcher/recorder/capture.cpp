#include "recorder/capture.hpp"

#include <boost/json/value.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace spice::recorder {

namespace {

constexpr int kLargestSide = 16384;
constexpr int kLargestStride = 1 << 20;
constexpr int kPixelBytes = 4;

// The whole number of that name, when it is from `low` to `high`.
std::optional<int> number(const boost::json::object& members, std::string_view name, int low, int high) {
    const boost::json::value* value = members.if_contains(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    boost::system::error_code error;
    const int found = value->to_number<int>(error);
    return error || found < low || found > high ? std::nullopt : std::optional(found);
}

} // namespace

Result<Capture> Capture::open(Answer answer) {
    const std::optional<int> width = number(answer.members, "width", 1, kLargestSide);
    const std::optional<int> height = number(answer.members, "height", 1, kLargestSide);
    const std::optional<int> stride = number(answer.members, "stride", kPixelBytes, kLargestStride);
    if (!width || !height || !stride) {
        return Error{"a picture without a size"};
    }
    if (*stride % kPixelBytes != 0 || *stride / kPixelBytes < *width) {
        return Error{"a picture whose rows are too short"};
    }
    struct stat status {};
    if (!answer.descriptor || ::fstat(answer.descriptor.value(), &status) != 0) {
        return Error{"a picture without its memory"};
    }
    const int seals = ::fcntl(answer.descriptor.value(), F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
        return Error{"a picture in memory that could be taken away"};
    }
    const size_t length = static_cast<size_t>(*stride) * static_cast<size_t>(*height);
    if (status.st_size < 0 || static_cast<uint64_t>(status.st_size) < length) {
        return Error{"a picture that is larger than its memory"};
    }
    // The scaler reads some bytes past the last pixel: behind the picture there is a page of zeros.
    const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    const size_t mapped = (length + page - 1) / page * page + page;
    void* const room = ::mmap(nullptr, mapped, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) {
        return Error{"a picture for which there is no memory"};
    }
    auto* const memory = static_cast<std::byte*>(room);
    Capture capture(memory, mapped, {memory, {*width, *height}, *stride});
    if (::mmap(room, length, PROT_READ, MAP_SHARED | MAP_FIXED, answer.descriptor.value(), 0) == MAP_FAILED) {
        return Error{"a picture that cannot be read"};
    }
    return capture;
}

Capture::Capture(std::byte* memory, size_t length, PictureView picture)
    : memory_(memory), length_(length), picture_(picture) {}

Capture::Capture(Capture&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), length_(other.length_), picture_(other.picture_) {}

Capture& Capture::operator=(Capture&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(length_, other.length_);
    std::swap(picture_, other.picture_);
    return *this;
}

Capture::~Capture() {
    if (memory_ != nullptr) {
        ::munmap(memory_, length_);
    }
}

} // namespace spice::recorder
