// What people type: phones and addresses. What becomes E.164 is E.164, and text is never made up.
#include "fuzz.hpp"

#include <mapping/mapping.hpp>
#include <waybill/http.hpp>

#include <string>

namespace {
using namespace waybill;

void check(const mapping::phone& p) {
  fuzz::must(p.e164.size() >= 8 && p.e164.size() <= 16 && p.e164.front() == '+');
  fuzz::must(p.e164.find_first_not_of("0123456789", 1) == std::string::npos);
  fuzz::must(p.extension.find_first_not_of("0123456789") == std::string::npos);
  // A number that we made is understood as itself.
  const auto again = mapping::normalize_phone(p.e164);
  fuzz::must(again && again->e164 == p.e164);
}

void check(const address& a) {
  if (a.latitude) fuzz::must(*a.latitude >= -90 && *a.latitude <= 90);
  if (a.longitude) fuzz::must(*a.longitude >= -180 && *a.longitude <= 180);
  fuzz::must(a.latitude.has_value() == a.longitude.has_value());
  for (const std::string* part : {&a.raw, &a.postal_code, &a.region, &a.city, &a.street, &a.house, &a.flat})
    fuzz::must(is_valid_utf8(*part));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  // Everything that mapping sees came through a JSON parser, which lets no broken UTF-8 pass.
  if (!is_valid_utf8(text)) return 0;
  if (const auto phone = mapping::normalize_phone(text)) check(*phone);
  for (const auto& phone : mapping::find_phones(text)) check(phone);
  check(mapping::parse_address_field(text));
  check(mapping::parse_address_text(text));
  return 0;
}
