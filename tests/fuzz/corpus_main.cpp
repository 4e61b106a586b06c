// Stands in for libFuzzer where there is none: runs the target over the files of a corpus, and over all their
// beginnings, so that every message is seen truncated at every offset.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kTruncatedBelow = 1024; // bytes; larger inputs are run as they are

// From a buffer of exactly that size, so that a sanitizer sees a read past its end.
void run(const std::vector<uint8_t>& bytes, size_t size) {
    const std::vector<uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

size_t run_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    run(bytes, bytes.size());
    if (bytes.size() > kTruncatedBelow) {
        return 1;
    }
    for (size_t size = 0; size < bytes.size(); ++size) {
        run(bytes, size);
    }
    return 1 + bytes.size();
}

} // namespace

int main(int argc, char** argv) {
    size_t files = 0;
    size_t runs = 0;
    for (int i = 1; i < argc; ++i) {
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            runs += run_file(entry.path());
            ++files;
        }
    }
    std::printf("%zu files, %zu runs\n", files, runs);
    return files > 0 ? 0 : 1;
}
