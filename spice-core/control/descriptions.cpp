#include "control/descriptions.hpp"

#include "base/user_name.hpp"
#include "protocol/channel_id.hpp"
#include "spice-core/report.hpp"

#include <spice/enums.h>

#include <boost/json/array.hpp>

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <utility>

namespace spice::control {

namespace json = boost::json;

namespace {

using Seconds = std::chrono::duration<double>;
using Milliseconds = std::chrono::duration<double, std::milli>;

json::array describe(const MonitorsConfig& monitors) {
    json::array list;
    for (const Head& head : monitors.heads) {
        list.push_back({{"id", head.id},
                        {"x", head.area.x1},
                        {"y", head.area.y1},
                        {"width", head.area.width()},
                        {"height", head.area.height()}});
    }
    return list;
}

json::array describe(LockKeys locks) {
    json::array list;
    for (const auto& [bit, name] : {std::pair{SPICE_KEYBOARD_MODIFIER_FLAGS_SCROLL_LOCK, "scroll"},
                                    std::pair{SPICE_KEYBOARD_MODIFIER_FLAGS_NUM_LOCK, "num"},
                                    std::pair{SPICE_KEYBOARD_MODIFIER_FLAGS_CAPS_LOCK, "caps"}}) {
        if ((locks & bit) != 0) {
            list.push_back(name);
        }
    }
    return list;
}

void describe(const ClientFigures& figures, json::object& into) {
    uint64_t images = 0;
    json::object bytes_by_codec;
    for (size_t kind = 0; kind < kImageKinds; ++kind) {
        const ImageFigures& of_kind = figures.images[kind];
        images += of_kind.count;
        if (of_kind.count > 0) {
            bytes_by_codec[name_of(static_cast<ImageKind>(kind))] = of_kind.bytes;
        }
    }
    into["bytes_sent"] = figures.bytes_sent;
    into["images"] = images;
    into["bytes_by_codec"] = std::move(bytes_by_codec);
    into["frames"] = figures.updates_sent;
    into["frames_skipped"] = figures.updates_skipped;
    into["encode_ms"] = Milliseconds(figures.encode_time).count();
    if (figures.round_trip.count() > 0) {
        into["rtt_ms"] = Milliseconds(figures.round_trip).count();
    }
    if (figures.link_bytes_per_second) {
        into["bandwidth"] = *figures.link_bytes_per_second;
    }
}

} // namespace

UserNames::UserNames() : own_(user_name(::geteuid()).value_or(std::to_string(::geteuid()))) {}

std::string UserNames::of(uid_t user) const {
    return user == ::geteuid() ? own_ : user == 0 ? "root" : std::to_string(user);
}

void describe_screen(const channels::Session& session, json::object& into) {
    if (const auto& surface = session.screen.surface()) {
        into["width"] = surface->size.width;
        into["height"] = surface->size.height;
    }
    into["monitors"] = describe(session.screen.monitors());
    into["locks"] = describe(session.lock_keys);
}

json::object describe(const channels::Client& client, const UserNames& names) {
    const ClientFigures figures = client.figures();
    const auto credentials = client.credentials();
    json::object about{{"id", client.number()}, {"address", credentials ? "unix" : figures.address}};
    if (client.pass() && !client.pass()->user().empty()) {
        about["user"] = client.pass()->user();
    } else if (credentials) {
        about["user"] = names.of(credentials->user);
    }
    about["connected"] = Seconds(figures.connected_for).count();
    about["view_only"] = client.view_only();
    about["encrypted"] = client.encrypted();
    json::array channels;
    for (const protocol::ChannelId& channel : client.channels()) {
        channels.push_back(json::string(protocol::type_name(channel.type)));
    }
    about["channels"] = std::move(channels);
    describe(figures, about);
    return about;
}

} // namespace spice::control
