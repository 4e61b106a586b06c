// Parses the head of an HTTP/1.x request: RFC 9112, as strictly as its security considerations ask for.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace spice::transport {

constexpr size_t kMaxHttpHead = 8192; // bytes, with the empty line
constexpr size_t kMaxHttpHeaders = 64;

// How many of the bytes are the head with its empty line; 0 while that has not come.
size_t http_head_size(std::string_view bytes);

// Points into the bytes that it was parsed from.
struct HttpRequest {
    std::string_view method;
    std::string_view target;                                            // visible characters, not decoded
    int minor_version = 0;                                              // of HTTP/1
    std::vector<std::pair<std::string_view, std::string_view>> headers; // values without blanks around

    size_t count(std::string_view name) const;
    // None when there is no header of that name or more than one.
    std::optional<std::string_view> only(std::string_view name) const;
    // Whether the comma-separated lists in the headers of that name hold `word`, in whatever case.
    bool lists(std::string_view name, std::string_view word) const;
};

// `head` is what http_head_size() measured. Lines end with CR LF; folded lines, blanks before a colon and
// control characters are errors, as are more than kMaxHttpHeaders headers.
Result<HttpRequest> parse_http_request(std::string_view head);

// ASCII letters only.
bool equal_but_case(std::string_view one, std::string_view other);

} // namespace spice::transport
