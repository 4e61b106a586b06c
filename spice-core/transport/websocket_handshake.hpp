// What a request on this port is answered with: RFC 6455, section 4.2, and a few words for those who asked
// for something else. Pure: bytes in, bytes out.
#pragma once

#include "base/result.hpp"
#include "transport/http_request.hpp"
#include "transport/web_error.hpp"
#include "transport/web_origin.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spice::transport {

struct WebAnswer {
    std::string bytes;             // all that is to be sent
    std::optional<WebError> error; // why the connection ends after it; none: it is a WebSocket from here on
};

// `head`: of a request, as http_head_size() measured it. `peer`: Stream::peer() of whoever sent it. A page
// that may not connect costs a line in the policy's log.
WebAnswer answer_web_request(std::string_view head, std::string_view peer, const WebPolicy& policy);
// To a head that does not end within kMaxHttpHead.
WebAnswer answer_endless_request();

} // namespace spice::transport
