#include "base/user_name.hpp"

#include <pwd.h>

#include <vector>

namespace spice {

std::optional<std::string> user_name(uid_t user) {
    std::vector<char> buffer(16 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
        return std::nullopt;
    }
    return found->pw_name;
}

} // namespace spice
