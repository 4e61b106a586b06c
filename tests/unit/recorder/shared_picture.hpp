// Memory as a display shares it.
#pragma once

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace spice::recorder {

constexpr int kUsualSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

inline UniqueFd shared_memory(const std::vector<uint32_t>& pixels, int seals = kUsualSeals) {
    UniqueFd memory(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    const size_t size = pixels.size() * sizeof(uint32_t);
    if (!memory || ::write(memory.value(), pixels.data(), size) != static_cast<ssize_t>(size) ||
        ::fcntl(memory.value(), F_ADD_SEALS, seals) != 0) {
        throw std::runtime_error("no shared memory");
    }
    return memory;
}

} // namespace spice::recorder
