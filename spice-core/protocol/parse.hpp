// What the parsers of client messages have in common.
#pragma once

#include "base/byte_reader.hpp"
#include "base/result.hpp"

#include <utility>

namespace spice::protocol {

// The parsed value when the body held all of its layout, else the error. A longer body is fine: the
// protocol's minor versions append fields, and how long it may get is checked with the header.
template <class Message>
Result<Message> complete(const ByteReader& in, Message message, const char* too_short) {
    if (!in.ok()) {
        return Error{too_short};
    }
    return message;
}

} // namespace spice::protocol
