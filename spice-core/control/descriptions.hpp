// What answers say about the display and its clients. Pure functions, but for the clock.
#pragma once

#include "channels/client.hpp"
#include "channels/session.hpp"

#include <boost/json/object.hpp>

#include <sys/types.h>

#include <string>

namespace spice::control {

// Users of Unix sockets by their names. There are but two of them: a directory service is asked in advance.
class UserNames {
public:
    UserNames();
    std::string of(uid_t user) const;

private:
    std::string own_;
};

// `width`, `height`, `monitors`, `locks`: what only X knows, and the core from its commits.
void describe_screen(const channels::Session& session, boost::json::object& into);

boost::json::object describe(const channels::Client& client, const UserNames& names);

} // namespace spice::control
