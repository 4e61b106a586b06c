// This process holds tickets and private keys.
#pragma once

namespace spice::driver {

// From now on no core dump is written of this process, and other processes of its user can neither read its
// memory nor attach a debugger; programs that it starts are not affected but for having no core dumps
// either. Throws std::system_error.
void keep_memory_private();

} // namespace spice::driver
