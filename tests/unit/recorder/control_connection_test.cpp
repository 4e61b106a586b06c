#include "recorder/control_connection.hpp"

#include "recorder/errors.hpp"
#include "support/temporary_directory.hpp"
#include "unit/recorder/shared_picture.hpp"

#include <boost/json/value.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

namespace spice::recorder {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;
using Event = ControlConnection::Event;

class ControlConnectionTest : public testing::Test {
protected:
    ControlConnectionTest() {
        listener = UniqueFd(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(listener.value(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener.value(), 1), 0);
        int ends[2];
        EXPECT_EQ(::pipe(ends), 0);
        stop = UniqueFd(ends[0]);
        stopper = UniqueFd(ends[1]);
        connection.emplace(path);
        display = UniqueFd(::accept(listener.value(), nullptr, nullptr));
    }

    void say(std::string_view bytes, std::vector<int> descriptors = {}) {
        iovec data{const_cast<char*>(bytes.data()), bytes.size()};
        msghdr message{};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = {};
        if (!descriptors.empty()) {
            message.msg_control = control;
            message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
            cmsghdr* const part = CMSG_FIRSTHDR(&message);
            part->cmsg_level = SOL_SOCKET;
            part->cmsg_type = SCM_RIGHTS;
            part->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
            std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size() * sizeof(int));
        }
        ASSERT_EQ(::sendmsg(display.value(), &message, 0), static_cast<ssize_t>(bytes.size()));
    }

    Event wait(std::chrono::milliseconds time = 10s) {
        return connection->wait(stop.value(), std::chrono::steady_clock::now() + time);
    }

    test::TemporaryDirectory directory;
    std::string path = directory.file("control");
    UniqueFd listener, display, stop, stopper;
    std::optional<ControlConnection> connection;
};

ino_t inode(const UniqueFd& file) {
    struct stat status {};
    return ::fstat(file.value(), &status) == 0 ? status.st_ino : 0;
}

TEST_F(ControlConnectionTest, takes_lines_one_after_the_other) {
    say("{\"a\": 1}\n{\"b\":");
    ASSERT_EQ(wait(), Event::line);
    EXPECT_EQ(connection->take()->members, (boost::json::object{{"a", 1}}));
    EXPECT_EQ(wait(0ms), Event::time);
    say(" 2}\n");
    ASSERT_EQ(wait(), Event::line);
    EXPECT_EQ(connection->take()->members, (boost::json::object{{"b", 2}}));
}

TEST_F(ControlConnectionTest, a_descriptor_comes_with_its_line) {
    const UniqueFd memory = shared_memory({1});
    const UniqueFd other = shared_memory({2});
    say("{}\n");
    ASSERT_EQ(wait(), Event::line);
    EXPECT_FALSE(connection->take()->descriptor);
    say("{\"a\"", {memory.value(), other.value()}); // the second is one too many
    say(": 1}\n");
    ASSERT_EQ(wait(), Event::line);
    const Result<Answer> answer = connection->take();
    ASSERT_TRUE(answer);
    EXPECT_EQ(inode(answer->descriptor), inode(memory));
    EXPECT_EQ(::fcntl(answer->descriptor.value(), F_GETFD), FD_CLOEXEC);
    say("{}\n");
    ASSERT_EQ(wait(), Event::line);
    EXPECT_FALSE(connection->take()->descriptor);
}

TEST_F(ControlConnectionTest, sends_one_line) {
    ASSERT_TRUE(connection->send({{"command", "capture"}}));
    char bytes[100];
    const ssize_t count = ::recv(display.value(), bytes, sizeof bytes, 0);
    EXPECT_EQ(std::string_view(bytes, static_cast<size_t>(count)), "{\"command\":\"capture\"}\n");
}

TEST_F(ControlConnectionTest, hears_of_the_end_of_the_display_after_what_it_said) {
    say("{}\n");
    display = UniqueFd();
    EXPECT_EQ(wait(), Event::line);
    EXPECT_TRUE(connection->take());
    EXPECT_EQ(wait(), Event::closed);
    EXPECT_FALSE(connection->send({}));
}

TEST_F(ControlConnectionTest, stops_at_once) {
    ASSERT_EQ(::write(stopper.value(), "x", 1), 1);
    EXPECT_EQ(wait(), Event::stop);
}

TEST_F(ControlConnectionTest, refuses_what_is_no_object) {
    for (const char* line : {"[]\n", "1\n", "\n", "{\n", "{} {}\n", "\xff\n", "{\"a\": \"\xff\"}\n"}) {
        say(line);
        ASSERT_EQ(wait(), Event::line);
        EXPECT_EQ(std::string(connection->take().error().what), "a line is not a JSON object") << line;
    }
}

TEST_F(ControlConnectionTest, refuses_a_line_without_end) {
    const std::string part(1 << 16, 'x');
    for (int i = 0; i < 17; ++i) {
        say(part);
        if (wait(10ms) == Event::line) {
            break;
        }
    }
    ASSERT_EQ(wait(), Event::line);
    EXPECT_EQ(std::string(connection->take().error().what), "a line is longer than 1 MiB");
}

TEST(ControlConnectionRefusals, say_what_is_wrong_with_the_path) {
    const auto refusal = [](const std::string& path) -> std::string {
        try {
            const ControlConnection connection(path);
            return "(accepted)";
        } catch (const OperatorError& error) {
            return error.what();
        }
    };
    const test::TemporaryDirectory directory;
    EXPECT_THAT(refusal(directory.file("none")),
                testing::AllOf(StartsWith("--control /"),
                               HasSubstr("No such file or directory; is the display running?")));
    EXPECT_THAT(refusal(directory.write("file", "")),
                HasSubstr("Connection refused; is the display running?"));
    EXPECT_THAT(refusal("/" + std::string(200, 'x')), HasSubstr("longer than the name of a socket can be"));
}

} // namespace
} // namespace spice::recorder
