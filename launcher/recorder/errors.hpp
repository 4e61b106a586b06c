// What is told to whoever started us. Each is one line that names the option and the remedy.
#pragma once

#include <stdexcept>

namespace spice::recorder {

// Nothing was recorded, and what was at the file's place is as it was. Exit status 2.
class OperatorError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The recording ended before it should; the file has what came before. Exit status 1.
class RecordingError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace spice::recorder
