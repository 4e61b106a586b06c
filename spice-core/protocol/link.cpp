#include "protocol/link.hpp"

#include "base/byte_writer.hpp"

#include <algorithm>
#include <stdexcept>

namespace spice::protocol {

namespace {

// SPICE_MAGIC is a number whose little endian bytes spell it.
constexpr std::array<uint8_t, 4> kMagic{SPICE_MAGIC & 0xff, (SPICE_MAGIC >> 8) & 0xff,
                                        (SPICE_MAGIC >> 16) & 0xff, (SPICE_MAGIC >> 24) & 0xff};

Capabilities read_capabilities(ByteReader& in, uint32_t count) {
    std::vector<uint32_t> words(count);
    for (uint32_t& word : words) {
        word = in.u32();
    }
    return Capabilities(std::move(words));
}

std::vector<uint8_t> reply_message(uint32_t code, const PublicKey& key, const Capabilities& common,
                                   const Capabilities& channel) {
    const size_t words = common.words().size() + channel.words().size();
    const size_t size = sizeof(SpiceLinkReply) + sizeof(uint32_t) * words;
    ByteWriter out;
    out.reserve(kLinkHeaderSize + size);
    out.bytes(kMagic).u32(SPICE_VERSION_MAJOR).u32(SPICE_VERSION_MINOR).u32(static_cast<uint32_t>(size));
    out.u32(code).bytes(key);
    out.u32(static_cast<uint32_t>(common.words().size()));
    out.u32(static_cast<uint32_t>(channel.words().size()));
    out.u32(words == 0 ? 0 : sizeof(SpiceLinkReply));
    for (const Capabilities* caps : {&common, &channel}) {
        for (uint32_t word : caps->words()) {
            out.u32(word);
        }
    }
    return out.take();
}

} // namespace

void throw_exception_from_error(const LinkError& error, const boost::source_location&) {
    throw std::logic_error(error.what); // value() without a check: our own mistake
}

bool begins_like_a_link(Bytes bytes) {
    const size_t count = std::min(bytes.size(), kMagic.size());
    return std::equal(kMagic.begin(), kMagic.begin() + static_cast<std::ptrdiff_t>(count), bytes.begin());
}

LinkResult<LinkHeader> parse_link_header(Bytes bytes) {
    if (!begins_like_a_link(bytes)) {
        return LinkError{SPICE_LINK_ERR_INVALID_MAGIC, "not a SPICE client (wrong magic)"};
    }
    ByteReader in(bytes);
    in.skip(sizeof(SpiceLinkHeader::magic));
    const uint32_t major = in.u32();
    in.skip(sizeof(SpiceLinkHeader::minor_version));
    const uint32_t size = in.u32();
    if (!in.ok()) {
        return LinkError{SPICE_LINK_ERR_INVALID_DATA, "link header too short"};
    }
    if (major != SPICE_VERSION_MAJOR) {
        return LinkError{SPICE_LINK_ERR_VERSION_MISMATCH, "unknown major version of the protocol"};
    }
    if (size < sizeof(SpiceLinkMess) || size > kMaxLinkMessage) {
        return LinkError{SPICE_LINK_ERR_INVALID_DATA, "impossible size of the link message"};
    }
    return LinkHeader{size};
}

LinkResult<LinkMessage> parse_link_message(Bytes bytes) {
    ByteReader in(bytes);
    LinkMessage message;
    message.connection_id = in.u32();
    message.channel.type = in.u8();
    message.channel.id = in.u8();
    const uint32_t common_words = in.u32();
    const uint32_t channel_words = in.u32();
    const uint32_t caps_offset = in.u32();
    if (!in.ok()) {
        return LinkError{SPICE_LINK_ERR_INVALID_DATA, "link message too short"};
    }
    if (common_words > kMaxCapabilityWords || channel_words > kMaxCapabilityWords) {
        return LinkError{SPICE_LINK_ERR_INVALID_DATA, "too many capabilities in the link message"};
    }
    if (common_words + channel_words == 0) {
        return message; // then the offset means nothing
    }
    if (caps_offset < sizeof(SpiceLinkMess) || caps_offset > bytes.size() ||
        bytes.size() - caps_offset < sizeof(uint32_t) * (common_words + channel_words)) {
        return LinkError{SPICE_LINK_ERR_INVALID_DATA, "capabilities outside of the link message"};
    }
    ByteReader caps(bytes.subspan(caps_offset));
    message.common_caps = read_capabilities(caps, common_words);
    message.channel_caps = read_capabilities(caps, channel_words);
    return message;
}

std::vector<uint8_t> link_reply(const PublicKey& key, const Capabilities& common,
                                const Capabilities& channel) {
    return reply_message(SPICE_LINK_ERR_OK, key, common, channel);
}

std::vector<uint8_t> link_error_reply(uint32_t code) {
    return reply_message(code, PublicKey{}, {}, {});
}

std::array<uint8_t, 4> link_result(uint32_t code) {
    return {static_cast<uint8_t>(code), static_cast<uint8_t>(code >> 8), static_cast<uint8_t>(code >> 16),
            static_cast<uint8_t>(code >> 24)};
}

} // namespace spice::protocol
