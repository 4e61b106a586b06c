// The file that a recording goes into.
#pragma once

#include "base/unique_fd.hpp"
#include "recorder/libav.hpp"

#include <string>

namespace spice::recorder {

class OutputFile {
public:
    // Makes the file, or empties it when it is a regular file. Throws OperatorError naming --output.
    explicit OutputFile(std::string path);
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    // For libav to write to.
    AVIOContext* io() { return io_.get(); }

    // After something whole: throws RecordingError when not all of it could be written. The file then ends
    // where the last whole thing did.
    void check();
    void close();

private:
    static int write(void* self, uint8_t* bytes, int count);
    static int64_t seek(void* self, int64_t offset, int whence);

    std::string path_;
    UniqueFd file_;
    LibavPtr<AVIOContext> io_;
    int error_ = 0;     // errno of the first write that failed
    int64_t whole_ = 0; // what can be played of the file, in bytes
};

} // namespace spice::recorder
