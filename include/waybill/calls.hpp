// What calls to outside systems have in common.
#pragma once
#include <waybill/error.hpp>

namespace waybill {

// A read may simply be asked again. A change whose answer is lost may have been carried out.
enum class call_kind { read, change };

// What the pool could not finish, seen from the call: a change may have been carried out, a read may be repeated.
fault of_transport(fault f, call_kind kind);

} // namespace waybill
