// What went wrong with a peer's TLS, as an error_code: the messages go into the log line of a refused link.
#pragma once

#include <boost/system/error_code.hpp>

namespace spice::transport {

// Its values are OpenSSL's error codes.
const boost::system::error_category& tls_category();

// The oldest error in this thread's queue of OpenSSL, which is the cause; the queue is empty afterwards.
boost::system::error_code take_tls_error();

} // namespace spice::transport
