// Addresses: types of streets, buildings inside a house number.
#include "mapping.hpp"

#include <waybill/text.hpp>

#include <array>

namespace waybill::dpd {
namespace {

struct street_type {
  std::string_view spelling; // lower case, ё as е, without the dot
  std::string_view abbr;
};
constexpr std::array<street_type, 38> types{{
    {"ул", "ул"},          {"улица", "ул"},        {"пр-т", "пр-т"},       {"пр-кт", "пр-т"},
    {"проспект", "пр-т"},  {"просп", "пр-т"},      {"б-р", "б-р"},         {"бул", "б-р"},
    {"бульвар", "б-р"},    {"пер", "пер"},         {"переулок", "пер"},    {"ш", "ш"},
    {"шоссе", "ш"},        {"пл", "пл"},           {"площадь", "пл"},      {"наб", "наб"},
    {"набережная", "наб"}, {"проезд", "проезд"},   {"пр-д", "проезд"},     {"туп", "туп"},
    {"тупик", "туп"},      {"аллея", "аллея"},     {"мкр", "мкр"},         {"мкрн", "мкр"},
    {"мкр-н", "мкр"},      {"микрорайон", "мкр"},  {"линия", "линия"},     {"тракт", "тракт"},
    {"кв-л", "кв-л"},      {"квартал", "кв-л"},    {"съезд", "съезд"},     {"спуск", "спуск"},
    {"дорога", "дорога"},  {"просека", "просека"}, {"городок", "городок"}, {"территория", "тер"},
    {"тер", "тер"},        {"пос", "п"},
}};

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '.')) s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

std::string_view type_of(std::string_view word) {
  while (word.ends_with('.')) word.remove_suffix(1);
  const std::string spelling = lower_text(word);
  for (const street_type& t : types)
    if (t.spelling == spelling) return t.abbr;
  return {};
}

bool digit(char c) { return c >= '0' && c <= '9'; }

std::string city_of(std::string_view city) {
  for (const std::string_view prefix : {"г. ", "г.", "г ", "город "})
    if (city.starts_with(prefix)) return std::string(trimmed(city.substr(prefix.size())));
  return std::string(city);
}

} // namespace

std::pair<std::string, std::string> split_street(std::string_view street) {
  street = trimmed(street);
  const auto first = street.find(' '), last = street.rfind(' ');
  if (first == std::string_view::npos) {
    // "ул.Ленина"
    const auto dot = street.find('.');
    if (dot != std::string_view::npos && dot + 1 < street.size())
      if (const auto abbr = type_of(street.substr(0, dot)); !abbr.empty())
        return {std::string(abbr), std::string(trimmed(street.substr(dot + 1)))};
    return {{}, std::string(street)};
  }
  if (const auto abbr = type_of(street.substr(0, first)); !abbr.empty())
    return {std::string(abbr), std::string(trimmed(street.substr(first + 1)))};
  if (const auto abbr = type_of(street.substr(last + 1)); !abbr.empty())
    return {std::string(abbr), std::string(trimmed(street.substr(0, last)))};
  return {{}, std::string(street)};
}

house_parts split_house(std::string_view house) {
  struct mark {
    std::string_view word;
    std::string house_parts::* into;
  };
  // The longer spelling first.
  static constexpr std::array<mark, 11> marks{{{"корпус", &house_parts::korpus},
                                               {"корп", &house_parts::korpus},
                                               {"строение", &house_parts::building},
                                               {"стр", &house_parts::building},
                                               {"владение", &house_parts::estate},
                                               {"влд", &house_parts::estate},
                                               {"вл", &house_parts::estate},
                                               {"дом", &house_parts::house},
                                               {"к", &house_parts::korpus},
                                               {"с", &house_parts::building},
                                               {"д", &house_parts::house}}};
  house_parts out;
  std::string house_parts::* part = &house_parts::house;
  const std::string lower = lower_text(house);
  // The same bytes per letter in both, so a place in one is a place in the other; ё alone differs not in length.
  for (std::size_t i = 0; i < house.size();) {
    const std::string_view rest = std::string_view(lower).substr(i);
    const mark* found = nullptr;
    for (const mark& m : marks) {
      if (!rest.starts_with(m.word)) continue;
      // "к2" and "корп. 2" are marks, the letter of "5к" or "5с" is a part of the house.
      const auto after = rest.find_first_not_of(" .", m.word.size());
      if (after != std::string_view::npos && digit(rest[after])) found = &m;
      if (found != nullptr) {
        i += after;
        break;
      }
    }
    if (found != nullptr) {
      part = found->into;
      continue;
    }
    if (const char c = house[i]; c != ' ' && c != ',' && c != '.') out.*part += c;
    ++i;
  }
  return out;
}

void write_address(soap::writer& out, std::string_view element, const address& a, const party& who,
                   const address_extras& more) {
  const std::string name = who.company.empty() ? who.name : who.company;
  out.open(element).put("name", name).put("terminalCode", more.terminal);
  const bool door = more.terminal.empty();
  const bool split = door && !a.street.empty();
  // DPD takes an address in one line as well; a person there then finishes the order.
  if (door && !split) out.put("addressString", shortened(a.raw, 250));
  out.put("countryName", country_name(a.country_code));
  if (door) out.put("index", a.postal_code);
  out.put("region", a.region).put("city", city_of(a.city));
  if (split) {
    const auto [abbr, street] = split_street(a.street);
    const house_parts parts = split_house(a.house);
    out.put("street", street).put("streetAbbr", abbr).put("house", parts.house).put("houseKorpus", parts.korpus);
    out.put("str", parts.building).put("vlad", parts.estate).put("office", more.office).put("flat", a.flat);
  }
  out.put("contactFio", who.name.empty() ? who.company : who.name).put("contactPhone", who.phone);
  out.put("contactEmail", who.email);
  std::string word = more.instructions;
  if (!who.phone_extension.empty()) word += (word.empty() ? "" : "; ") + std::string("доб. ") + who.phone_extension;
  out.put("instructions", shortened(word, 250));
  if (more.needs_pass) out.put_boolean("needPass", true);
  out.close();
}

} // namespace waybill::dpd
