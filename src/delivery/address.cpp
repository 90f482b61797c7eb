// The portal's location fields as an address. Which of them are filled depends on where the manager picked the place:
// a full set from the map, or a city and one line typed by hand.
#include <delivery/shipping.hpp>
#include <mapping/text.hpp>

#include <algorithm>
#include <array>

namespace waybill::delivery {
namespace {

struct country {
  std::string_view name, code;
};
constexpr std::array countries{country{"россия", "RU"},     country{"российская федерация", "RU"},
                               country{"russia", "RU"},     country{"беларусь", "BY"},
                               country{"белоруссия", "BY"}, country{"belarus", "BY"},
                               country{"казахстан", "KZ"},  country{"kazakhstan", "KZ"},
                               country{"армения", "AM"},    country{"armenia", "AM"},
                               country{"киргизия", "KG"},   country{"кыргызстан", "KG"},
                               country{"kyrgyzstan", "KG"}, country{"узбекистан", "UZ"},
                               country{"uzbekistan", "UZ"}, country{"грузия", "GE"},
                               country{"georgia", "GE"},    country{"азербайджан", "AZ"},
                               country{"azerbaijan", "AZ"}, country{"таджикистан", "TJ"},
                               country{"tajikistan", "TJ"}};

// A country that we do not know stays open: the line of text names it to the carrier.
std::string country_code(const std::string& name) {
  if (name.empty()) return "RU";
  const auto plain = mapping::lower(name);
  const auto it = std::ranges::find(countries, std::string_view(plain), &country::name);
  return it == countries.end() ? std::string{} : std::string(it->code);
}

// "кв. 14", "кв 14", "14": the number behind the word, when there is nothing else in the line.
std::string flat_of(const std::string& line) {
  const auto parsed = mapping::parse_address_text(line);
  if (!parsed.flat.empty()) return parsed.flat;
  return mapping::is_digits(line) && line.size() <= 5 ? line : std::string{};
}

void add_part(std::string& line, const std::string& part) {
  if (part.empty()) return;
  if (!line.empty()) line += ", ";
  line += part;
}

} // namespace

address to_address(const asked_address& a) {
  address out;
  if (a.parts.empty()) {
    if (!a.line.empty()) out = mapping::parse_address_field(a.line);
    return out;
  }
  out.country_code = country_code(a.part("COUNTRY"));
  out.postal_code = a.part("POSTAL_CODE");
  out.region = a.part("ADM_LEVEL_1");
  out.city = a.part("LOCALITY");
  // Moscow and its like are regions of their own and sometimes come as nothing else.
  if (out.city.empty()) out.city = a.part("SUB_LOCALITY");
  if (out.city.empty()) out.city = out.region;
  out.street = a.part("STREET");
  out.house = a.part("BUILDING");
  out.flat = a.part("ROOM");
  out.latitude = a.latitude;
  out.longitude = a.longitude;

  const std::string& first = a.part("ADDRESS_LINE_1");
  const std::string& second = a.part("ADDRESS_LINE_2");
  // Sizes of an address are known: what the lines add is taken only where the parts are silent.
  if (out.street.empty() && !first.empty()) {
    // Typed as one line, it holds the place too.
    const auto parsed = mapping::parse_address_text(out.city.empty() ? first : out.city + ", " + first);
    if (out.city.empty()) out.city = parsed.city;
    if (out.region.empty()) out.region = parsed.region;
    if (out.postal_code.empty()) out.postal_code = parsed.postal_code;
    out.street = parsed.street;
    if (out.house.empty()) out.house = parsed.house;
    if (out.flat.empty()) out.flat = parsed.flat;
  }
  if (out.flat.empty() && !second.empty()) out.flat = flat_of(second);

  if (!first.contains(out.postal_code)) add_part(out.raw, out.postal_code);
  if (out.country_code != "RU") add_part(out.raw, a.part("COUNTRY"));
  if (out.region != out.city && !first.contains(out.region)) add_part(out.raw, out.region);
  if (!first.contains(out.city)) add_part(out.raw, out.city);
  if (!first.empty()) {
    add_part(out.raw, first);
  } else {
    add_part(out.raw, out.street);
    add_part(out.raw, out.house);
  }
  if (!second.empty()) add_part(out.raw, second);
  else if (!out.flat.empty() && !first.contains(out.flat)) add_part(out.raw, "кв. " + out.flat);
  return out;
}

} // namespace waybill::delivery
