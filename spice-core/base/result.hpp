// How functions report that the peer is wrong: Result<T>, never an exception. See docs/architecture.md.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <stdexcept>

namespace spice {

// One static line that says what was wrong with the bytes ("display init: shorter than 14 bytes").
struct Error {
    const char* what;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::logic_error(error.what); // value() without a check: our own mistake
}

template <class T = void>
using Result = boost::system::result<T, Error>;

} // namespace spice
