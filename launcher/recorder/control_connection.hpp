// A connection to the control socket of a display (docs/control.md): one request at a time.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace spice::recorder {

struct Answer {
    boost::json::object members;
    UniqueFd descriptor; // what came with it, if anything
};

class ControlConnection {
public:
    enum class Event { line, stop, closed, time };

    // Throws OperatorError naming --control.
    explicit ControlConnection(const std::string& path);

    // False when the display is gone.
    bool send(const boost::json::object& request);

    // Until a line of the display is here, the display has gone, there is something to read from `stop`, or
    // it is `until`.
    Event wait(int stop, TimePoint until);

    // What wait() found. Fails when it is not a JSON object, or longer than 1 MiB.
    Result<Answer> take();

private:
    bool receive();        // false at the end of the connection
    bool has_line() const; // or what cannot become one

    UniqueFd socket_;
    std::string text_;    // received and not taken
    UniqueFd descriptor_; // came with the line at the head of text_
};

} // namespace spice::recorder
