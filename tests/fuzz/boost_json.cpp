// Boost.JSON's own code, instrumented; it stands before the shared library's in the link.
#include <boost/json/src.hpp>
