// MoySklad's API played in this process: `waybill sandbox` and the tests talk to it. It is meant to refuse what the
// real one refuses, packs its answers, counts requests, posts notices and keeps every document it ever took. It shares
// no field names with the adapter, so that a slip there shows here.
#pragma once
#include <waybill/carrier.hpp>

#include <memory>

namespace waybill::moysklad {

// Takes any token of at least 8 characters that does not begin with "wrong", and any login with such a password.
std::unique_ptr<stand_in> make_stand_in(stand_in_context context);

} // namespace waybill::moysklad
