// The one place that compiles Asio's own code (BOOST_ASIO_SEPARATE_COMPILATION): the rest includes
// declarations only, which halves the build time.
#include <boost/asio/impl/src.hpp>
