#include "transport/web_error.hpp"

#include <string>

namespace spice::transport {

namespace {

const char* text_of(WebError error) {
    switch (error) {
    case WebError::page_requested:
        return "a web page was asked for, and told what this port is";
    case WebError::unknown_page:
        return "a web page was asked for that is not here";
    case WebError::bad_request:
        return "malformed HTTP request";
    case WebError::request_too_long:
        return "HTTP request longer than 8 KiB";
    case WebError::wrong_method:
        return "HTTP request other than GET";
    case WebError::wrong_version:
        return "WebSocket version other than 13";
    case WebError::foreign_origin:
        return "web page from elsewhere (--web-origin lets one in)";
    case WebError::closed:
        return "the client closed the WebSocket";
    case WebError::frame_not_masked:
        return "WebSocket frame without mask";
    case WebError::reserved_bits:
        return "WebSocket frame with reserved bits";
    case WebError::unknown_frame:
        return "WebSocket frame of unknown type";
    case WebError::bad_length:
        return "WebSocket frame with a malformed length";
    case WebError::bad_control_frame:
        return "WebSocket control frame in parts or too long";
    case WebError::bad_close_frame:
        return "malformed WebSocket close frame";
    case WebError::out_of_sequence:
        return "WebSocket frames out of sequence";
    case WebError::text_frame:
        return "WebSocket text, where only binary is spoken";
    }
    return "unknown web error";
}

// Boost's base class has a destructor that is neither virtual nor public: nobody deletes a category.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class WebCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "web"; }
    std::string message(int value) const override { return text_of(static_cast<WebError>(value)); }
};
#pragma GCC diagnostic pop

} // namespace

const boost::system::error_category& web_category() {
    static const WebCategory category;
    return category;
}

} // namespace spice::transport
