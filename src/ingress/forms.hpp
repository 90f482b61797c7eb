// What the forms of a portal have in common.
#pragma once
#include <waybill/http.hpp>

#include <cstddef>

namespace waybill::ingress {

// An event of Bitrix24 has some twenty fields; more than this is somebody else.
inline constexpr std::size_t most_fields = 200;

// Its type is application/x-www-form-urlencoded, with or without parameters.
bool is_form(const http_request& request);
// Empty when absent.
std::string field_or_none(const form_fields& form, std::string_view name);

} // namespace waybill::ingress
