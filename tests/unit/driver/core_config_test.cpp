#include "core_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace spice::driver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CoreConfig : public testing::Test {
protected:
    CoreConfig() {
        std::string name = (std::filesystem::temp_directory_path() / "xspice-core-config-XXXXXX").string();
        directory_ = mkdtemp(name.data());
    }
    ~CoreConfig() override { std::filesystem::remove_all(directory_); }

    std::string file(const std::string& content, std::filesystem::perms mode = kPrivate) {
        const std::filesystem::path path = directory_ / "password";
        std::ofstream(path, std::ios::binary) << content;
        std::filesystem::permissions(path, mode);
        return path.string();
    }

    static xspice_core_config open_door() {
        xspice_core_config options{};
        options.port = 5900;
        options.disable_ticketing = true;
        return options;
    }

    // The ticket read from a file, or the error.
    static std::string ticket(const std::string& path) {
        xspice_core_config options{};
        options.port = 5900;
        options.password_file = path.c_str();
        try {
            return core_config(options).tickets.at(0).password;
        } catch (const ConfigError& error) {
            return error.what();
        }
    }

    static constexpr auto kPrivate = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
    std::filesystem::path directory_;
};

TEST_F(CoreConfig, makes_a_control_socket_only_where_it_is_told) {
    xspice_core_config options = open_door();
    EXPECT_EQ(core_config(options).control_path, "");
    options.control = "/run/user/1000/control";
    EXPECT_EQ(core_config(options).control_path, "/run/user/1000/control");
}

TEST_F(CoreConfig, reads_the_first_line_as_the_ticket) {
    EXPECT_EQ(ticket(file("secret\nrest\n")), "secret");
    EXPECT_EQ(ticket(file("no end")), "no end");
    EXPECT_EQ(ticket(file(std::string(60, 'x') + "\n")), std::string(60, 'x'));
}

TEST_F(CoreConfig, names_option_and_remedy_when_the_file_is_no_password) {
    for (const std::string& content : {std::string(), std::string("\nsecret"), std::string(61, 'x'),
                                       std::string(100'000, 'x'), std::string("a\0b", 3)}) {
        EXPECT_THAT(ticket(file(content)), testing::StartsWith("--password-file " + directory_.string()));
    }
    EXPECT_THAT(ticket((directory_ / "missing").string()), HasSubstr("No such file"));
    EXPECT_THAT(ticket(directory_.string()), HasSubstr("is a directory"));
}

TEST_F(CoreConfig, refuses_a_password_that_other_users_can_read_or_change) {
    using std::filesystem::perms;
    EXPECT_THAT(ticket(file("secret", kPrivate | perms::others_read)), HasSubstr("chmod 600"));
    EXPECT_THAT(ticket(file("secret", kPrivate | perms::others_write)), HasSubstr("chmod 600"));
    EXPECT_EQ(ticket(file("secret", kPrivate | perms::group_read)), "secret");
}

TEST_F(CoreConfig, never_opens_the_door_without_being_told) {
    xspice_core_config options = open_door();
    options.disable_ticketing = false;
    EXPECT_THROW(core_config(options), ConfigError);
    options.disable_ticketing = true;
    EXPECT_TRUE(core_config(options).tickets.empty());
}

TEST_F(CoreConfig, splits_addresses_at_commas) {
    xspice_core_config options = open_door();
    EXPECT_THAT(core_config(options).addresses, ElementsAre("127.0.0.1"));
    options.addresses = "::1, 10.0.0.1 ,localhost";
    EXPECT_THAT(core_config(options).addresses, ElementsAre("::1", "10.0.0.1", "localhost"));
    for (const char* bad : {"", ",", "::1,", "::1,,::2", " "}) {
        options.addresses = bad;
        EXPECT_THROW(core_config(options), ConfigError) << bad;
    }
}

TEST_F(CoreConfig, hands_the_rest_on) {
    xspice_core_config options = open_door();
    options.port = 65535;
    options.name = "a desktop";
    options.image_compression = "lz4";
    const ServerConfig config = core_config(options);
    EXPECT_EQ(config.port, 65535);
    EXPECT_EQ(config.name, "a desktop");
    EXPECT_EQ(config.image_compression, ImageCompression::lz4);
    EXPECT_EQ(config.uuid[6] >> 4, 4);
    EXPECT_EQ(config.uuid[8] >> 6, 2);
    EXPECT_NE(config.uuid, core_config(options).uuid);
}

TEST_F(CoreConfig, knows_every_image_compression_by_its_name) {
    EXPECT_EQ(core_config(open_door()).image_compression, ImageCompression::automatic);
    const std::pair<const char*, ImageCompression> all[] = {
        {"auto", ImageCompression::automatic},
        {"off", ImageCompression::off},
        {"auto_glz", ImageCompression::auto_glz},
        {"auto_lz", ImageCompression::auto_lz},
        {"quic", ImageCompression::quic},
        {"glz", ImageCompression::glz},
        {"lz", ImageCompression::lz},
        {"lz4", ImageCompression::lz4},
    };
    for (const auto& [name, value] : all) {
        xspice_core_config options = open_door();
        options.image_compression = name;
        EXPECT_EQ(core_config(options).image_compression, value) << name;
    }
}

TEST_F(CoreConfig, tells_the_two_wan_compressions_apart) {
    EXPECT_EQ(core_config(open_door()).jpeg_wan_compression, WanCompression::automatic);
    EXPECT_EQ(core_config(open_door()).zlib_glz_wan_compression, WanCompression::automatic);
    const std::pair<const char*, WanCompression> all[] = {
        {"auto", WanCompression::automatic},
        {"never", WanCompression::never},
        {"always", WanCompression::always},
    };
    for (const auto& [jpeg, jpeg_value] : all) {
        for (const auto& [zlib, zlib_value] : all) {
            xspice_core_config options = open_door();
            options.jpeg_wan_compression = jpeg;
            options.zlib_glz_wan_compression = zlib;
            EXPECT_EQ(core_config(options).jpeg_wan_compression, jpeg_value) << jpeg << " " << zlib;
            EXPECT_EQ(core_config(options).zlib_glz_wan_compression, zlib_value) << jpeg << " " << zlib;
        }
    }
}

TEST_F(CoreConfig, refuses_compressions_that_it_does_not_know) {
    const std::pair<const char * xspice_core_config::*, std::string> all[] = {
        {&xspice_core_config::image_compression, "--image-compression sometimes: "},
        {&xspice_core_config::jpeg_wan_compression, "--jpeg-wan-compression sometimes: "},
        {&xspice_core_config::zlib_glz_wan_compression, "--zlib-glz-wan-compression sometimes: "},
    };
    for (const auto& [option, line] : all) {
        xspice_core_config options = open_door();
        options.*option = "sometimes";
        EXPECT_THAT([&options] { core_config(options); },
                    testing::ThrowsMessage<ConfigError>(testing::StartsWith(line)));
    }
}

} // namespace
} // namespace spice::driver
