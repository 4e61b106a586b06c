#include "private_memory.hpp"

#include <cerrno>
#include <system_error>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace spice::driver {

void keep_memory_private() {
    // The limit alone does not keep a handler of core dumps (core_pattern with a pipe) from getting one; the
    // attribute alone is lost when a program is executed.
    const rlimit none{0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        throw std::system_error(errno, std::generic_category(), "no core dumps");
    }
}

} // namespace spice::driver
