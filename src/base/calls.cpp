#include <waybill/calls.hpp>

namespace waybill {

fault of_transport(fault f, call_kind kind) {
  if (kind == call_kind::change) {
    // "unavailable" promises that nothing was sent; any other end leaves it open.
    if (f.code == errc::timeout || f.code == errc::protocol) f.code = errc::outcome_unknown;
  } else if (f.code == errc::outcome_unknown) {
    f.code = errc::unavailable;
  }
  return f;
}

} // namespace waybill
