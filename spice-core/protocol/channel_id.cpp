#include "protocol/channel_id.hpp"

#include <spice/enums.h>

namespace spice::protocol {

namespace {

const char* name_of(uint8_t type) {
    switch (type) {
    case SPICE_CHANNEL_MAIN:
        return "main";
    case SPICE_CHANNEL_DISPLAY:
        return "display";
    case SPICE_CHANNEL_INPUTS:
        return "inputs";
    case SPICE_CHANNEL_CURSOR:
        return "cursor";
    case SPICE_CHANNEL_PLAYBACK:
        return "playback";
    case SPICE_CHANNEL_RECORD:
        return "record";
    case SPICE_CHANNEL_SMARTCARD:
        return "smartcard";
    case SPICE_CHANNEL_USBREDIR:
        return "usbredir";
    case SPICE_CHANNEL_PORT:
        return "port";
    case SPICE_CHANNEL_WEBDAV:
        return "webdav";
    default:
        return nullptr;
    }
}

} // namespace

std::string type_name(uint8_t type) {
    const char* const name = name_of(type);
    return name != nullptr ? name : "channel type " + std::to_string(type);
}

std::string describe(const ChannelId& channel) {
    return type_name(channel.type) + ":" + std::to_string(channel.id);
}

} // namespace spice::protocol
