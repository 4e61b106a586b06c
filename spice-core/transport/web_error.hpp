// Why a connection of a web browser, or of what speaks like one, was ended: a category of its own, so that
// whoever catches the system_error has a line for the log.
#pragma once

#include <boost/system/error_code.hpp>

namespace spice::transport {

enum class WebError {
    // Before the connection is a WebSocket.
    page_requested = 1, // answered with a few words
    unknown_page,
    bad_request,
    request_too_long,
    wrong_method,
    wrong_version, // of the WebSocket protocol
    foreign_origin,
    // On a WebSocket.
    closed, // by the peer, in due form
    frame_not_masked,
    reserved_bits,
    unknown_frame,
    bad_length,
    bad_control_frame, // fragmented, or longer than 125 bytes
    bad_close_frame,
    out_of_sequence, // a continuation of nothing, or a message inside of another one
    text_frame,
};

const boost::system::error_category& web_category();

inline boost::system::error_code make_error_code(WebError error) {
    return {static_cast<int>(error), web_category()};
}

} // namespace spice::transport

template <>
struct boost::system::is_error_code_enum<spice::transport::WebError> : std::true_type {};
