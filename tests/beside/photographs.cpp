// beside-photographs FILE COUNT: so many pictures of 1920x1080 that cost encoders what photographs cost, as
// pixels 0x00rrggbb one after another.
#include "support/photo_image.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s FILE COUNT\n", argv[0]);
        return 2;
    }
    const auto image = spice::test::natural_image(1920, 1080 * static_cast<uint32_t>(std::atoi(argv[2])));
    std::ofstream file(argv[1], std::ios::binary);
    file.write(reinterpret_cast<const char*>(image.pixels.data()),
               static_cast<std::streamsize>(image.pixels.size() * sizeof(uint32_t)));
    return file.flush() ? 0 : 1;
}
