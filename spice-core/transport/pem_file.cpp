#include "transport/pem_file.hpp"

#include "base/unique_fd.hpp"

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace spice::transport {

namespace {
constexpr size_t kMostBytes = 1 << 20;
}

int PemPassword::answer(char* into, int size, int, void* self) {
    auto& me = *static_cast<PemPassword*>(self);
    me.wanted_ = true;
    if (!me.password_ || me.password_->size() > static_cast<size_t>(size)) {
        return -1;
    }
    std::memcpy(into, me.password_->data(), me.password_->size());
    return static_cast<int>(me.password_->size());
}

PemFile::PemFile(std::string option, std::string path, const std::string& remedy)
    : option_(std::move(option)), path_(std::move(path)) {
    if (path_.empty()) {
        throw ConfigError(option_ + ": no file is named; " + remedy);
    }
    // Not blocking: a FIFO without a writer would hold us.
    const UniqueFd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat found {};
    if (!file || fstat(file.value(), &found) != 0) {
        throw error(std::strerror(errno), remedy);
    }
    if (!S_ISREG(found.st_mode)) {
        throw error("is not a file", remedy);
    }
    if (static_cast<size_t>(found.st_size) > kMostBytes) {
        throw error("is larger than 1 MiB", remedy);
    }
    text_.resize(static_cast<size_t>(found.st_size));
    size_t filled = 0;
    while (filled < text_.size()) {
        const ssize_t count = read(file.value(), text_.data() + filled, text_.size() - filled);
        if (count < 0 && errno != EINTR) {
            throw error(std::strerror(errno), remedy);
        }
        if (count == 0) { // somebody makes it shorter
            break;
        }
        filled += static_cast<size_t>(std::max<ssize_t>(count, 0));
    }
    text_.resize(filled);
}

PemFile::~PemFile() {
    OPENSSL_cleanse(text_.data(), text_.size());
}

std::vector<CertificatePtr> PemFile::certificates() const {
    const BioPtr bio = bio_over(text_);
    std::vector<CertificatePtr> found;
    ERR_clear_error();
    while (CertificatePtr certificate{PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)}) {
        found.push_back(std::move(certificate));
    }
    const unsigned long end = ERR_peek_last_error();
    ERR_clear_error();
    const bool read_all = ERR_GET_LIB(end) == ERR_LIB_PEM && ERR_GET_REASON(end) == PEM_R_NO_START_LINE;
    return read_all ? std::move(found) : std::vector<CertificatePtr>{};
}

KeyPtr PemFile::private_key(PemPassword& password) const {
    const BioPtr bio = bio_over(text_);
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, PemPassword::answer, &password));
    ERR_clear_error();
    return key;
}

KeyPtr PemFile::parameters() const {
    const BioPtr bio = bio_over(text_);
    KeyPtr found(PEM_read_bio_Parameters(bio.get(), nullptr));
    ERR_clear_error();
    return found;
}

ConfigError PemFile::error(const std::string& what_is_wrong, const std::string& remedy) const {
    return ConfigError(option_ + " " + path_ + ": " + what_is_wrong + "; " + remedy);
}

} // namespace spice::transport
