#include "private_memory.hpp"

#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spice::driver {
namespace {

TEST(PrivateMemory, leaves_no_core_dump_and_no_way_to_read_it) {
    const pid_t child = fork(); // for good
    ASSERT_GE(child, 0);
    if (child == 0) {
        keep_memory_private();
        rlimit limit{1, 1};
        getrlimit(RLIMIT_CORE, &limit);
        const bool is_private = prctl(PR_GET_DUMPABLE) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
        _exit(is_private ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

} // namespace
} // namespace spice::driver
