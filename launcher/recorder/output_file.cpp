#include "recorder/output_file.hpp"

#include "base/log.hpp"
#include "recorder/errors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace spice::recorder {

namespace {

constexpr int kBuffer = 64 * 1024;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw OperatorError("--output " + escaped(path) + ": " + why);
}

UniqueFd open_file(const std::string& path) {
    struct stat status {};
    // Asked first: opening a device or a pipe may already do something.
    const bool exists = ::stat(path.c_str(), &status) == 0;
    UniqueFd file;
    if (!exists || S_ISREG(status.st_mode)) {
        file = UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666));
        if (!file) {
            refuse(path, std::string(std::strerror(errno)) +
                             "; choose a file in a directory that can be written to");
        }
    }
    if (!file || ::fstat(file.value(), &status) != 0 || !S_ISREG(status.st_mode)) {
        refuse(path, "is not a regular file, and stays as it is; choose another one");
    }
    if (::ftruncate(file.value(), 0) != 0) {
        refuse(path, std::string(std::strerror(errno)) + "; choose another file");
    }
    return file;
}

} // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)), file_(open_file(path_)) {
    auto* const buffer = static_cast<unsigned char*>(av_malloc(kBuffer));
    io_.reset(avio_alloc_context(buffer, kBuffer, 1, this, nullptr, write, seek));
    if (!io_) {
        av_free(buffer);
        throw std::bad_alloc();
    }
}

void OutputFile::check() {
    if (error_ == 0) {
        whole_ = avio_tell(io_.get());
        return;
    }
    [[maybe_unused]] const int ignored = ::ftruncate(file_.value(), whole_); // then it stays as it is
    throw RecordingError("--output " + escaped(path_) + ": " + std::strerror(error_) +
                         "; the file has what was recorded before; make room, or choose another place");
}

void OutputFile::close() {
    check();
    if (::close(file_.release()) != 0) {
        error_ = errno;
        check();
    }
}

int OutputFile::write(void* self, uint8_t* bytes, int count) {
    auto& output = *static_cast<OutputFile*>(self);
    for (int done = 0; done < count;) {
        const ssize_t written =
            ::write(output.file_.value(), bytes + done, static_cast<size_t>(count - done));
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            output.error_ = output.error_ != 0 ? output.error_ : errno;
            return AVERROR(errno);
        }
        done += static_cast<int>(written);
    }
    return count;
}

int64_t OutputFile::seek(void* self, int64_t offset, int whence) {
    const auto& output = *static_cast<OutputFile*>(self);
    if ((whence & AVSEEK_SIZE) != 0) {
        struct stat status {};
        return ::fstat(output.file_.value(), &status) == 0 ? status.st_size : AVERROR(errno);
    }
    const off_t place = ::lseek(output.file_.value(), offset, whence & ~AVSEEK_FORCE);
    return place >= 0 ? place : AVERROR(errno);
}

} // namespace spice::recorder
