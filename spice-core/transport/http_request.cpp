#include "transport/http_request.hpp"

#include <algorithm>

namespace spice::transport {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_visible(char character) {
    return character > 0x20 && character < 0x7f;
}

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
    constexpr std::string_view kDelimiters = "\"(),/:;<=>?@[\\]{}";
    return !text.empty() && std::ranges::all_of(text, [&](char character) {
        return is_visible(character) && kDelimiters.find(character) == std::string_view::npos;
    });
}

// RFC 9110, 5.5: visible characters, blanks, and bytes above ASCII.
bool is_field_value(std::string_view text) {
    return std::ranges::all_of(text, [](char character) {
        return is_visible(character) || character == ' ' || character == '\t' ||
               static_cast<unsigned char>(character) >= 0x80;
    });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t";
    const size_t first = text.find_first_not_of(kBlanks);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes one line off the front.
std::string_view next_line(std::string_view& rest) {
    const size_t end = rest.find(kLineEnd);
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), line.size() + kLineEnd.size()));
    return line;
}

Result<> parse_request_line(std::string_view line, HttpRequest& request) {
    const size_t first = line.find(' ');
    const size_t last = line.rfind(' ');
    if (first == std::string_view::npos || last <= first + 1) {
        return Error{"request line without its three parts"};
    }
    request.method = line.substr(0, first);
    request.target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(request.method) || !std::ranges::all_of(request.target, is_visible)) {
        return Error{"request line with characters that it must not have"};
    }
    if (version != "HTTP/1.0" && version != "HTTP/1.1") {
        return Error{"neither HTTP/1.0 nor HTTP/1.1"};
    }
    request.minor_version = version.back() - '0';
    return {};
}

Result<> parse_header(std::string_view line, HttpRequest& request) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return Error{"header without a name"};
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_field_value(value)) {
        return Error{"header with control characters"};
    }
    if (request.headers.size() >= kMaxHttpHeaders) {
        return Error{"more headers than 64"};
    }
    request.headers.emplace_back(line.substr(0, colon), value);
    return {};
}

} // namespace

bool equal_but_case(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, {}, lower, lower);
}

size_t http_head_size(std::string_view bytes) {
    const size_t end = bytes.find("\r\n\r\n");
    return end == std::string_view::npos ? 0 : end + 4;
}

size_t HttpRequest::count(std::string_view name) const {
    return static_cast<size_t>(std::ranges::count_if(
        headers, [&](const auto& header) { return equal_but_case(header.first, name); }));
}

std::optional<std::string_view> HttpRequest::only(std::string_view name) const {
    std::optional<std::string_view> found;
    for (const auto& [other, value] : headers) {
        if (equal_but_case(other, name)) {
            if (found) {
                return std::nullopt;
            }
            found = value;
        }
    }
    return found;
}

bool HttpRequest::lists(std::string_view name, std::string_view word) const {
    for (const auto& [other, value] : headers) {
        if (!equal_but_case(other, name)) {
            continue;
        }
        for (std::string_view rest = value; !rest.empty();) {
            const size_t comma = std::min(rest.find(','), rest.size());
            if (equal_but_case(trimmed(rest.substr(0, comma)), word)) {
                return true;
            }
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return false;
}

Result<HttpRequest> parse_http_request(std::string_view head) {
    HttpRequest request;
    std::string_view rest = head;
    const Result<> first = parse_request_line(next_line(rest), request);
    if (!first) {
        return first.error();
    }
    while (true) {
        const std::string_view line = next_line(rest);
        if (line.empty()) {
            return request;
        }
        const Result<> header = parse_header(line, request);
        if (!header) {
            return header.error();
        }
    }
}

} // namespace spice::transport
