// Boost.JSON is compiled here, once for all of the recorder.
#include <boost/json/src.hpp>
