// The value of an address field of the portal, in all the forms that it takes.
#include <mapping/mapping.hpp>
#include <mapping/text.hpp>

#include <charconv>

namespace waybill::mapping {
namespace {

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

bool is_coordinates(std::string_view text) {
  return text.contains(';') && text.find_first_not_of("0123456789.-; ") == std::string_view::npos;
}

void read_coordinates(std::string_view text, address& out) {
  const auto middle = text.find(';');
  const auto lat = number(trim(text.substr(0, middle))), lon = number(trim(text.substr(middle + 1)));
  if (!lat || !lon || *lat < -90 || *lat > 90 || *lon < -180 || *lon > 180 || (*lat == 0 && *lon == 0)) return;
  out.latitude = lat;
  out.longitude = lon;
}

// One comma between parts that say something: empty components of the location leave doubled ones.
std::string tidy(std::string_view text) {
  std::string out;
  for (const std::string& part : split(simplified(text), ',')) {
    if (part.empty()) continue;
    if (!out.empty()) out += ", ";
    bool space = false;
    for (const char c : part) {
      if (c != ' ' || !space) out += c;
      space = c == ' ';
    }
  }
  return out;
}

} // namespace

address parse_address_field(std::string_view value) {
  auto text = trim(value.substr(0, 2000));
  std::string_view coordinates;
  // From the right: the location's id, then the coordinates. The text itself may hold a '|'.
  if (const auto bar = text.rfind('|'); bar != std::string_view::npos) {
    const auto last = trim(text.substr(bar + 1));
    if (last.empty() || is_digits(last)) {
      const auto before = text.substr(0, bar);
      const auto second = before.rfind('|');
      if (second != std::string_view::npos &&
          (is_coordinates(before.substr(second + 1)) || trim(before.substr(second + 1)).empty())) {
        coordinates = before.substr(second + 1);
        text = before.substr(0, second);
      } else {
        text = before;
      }
    } else if (is_coordinates(last)) {
      coordinates = last;
      text = text.substr(0, bar);
    }
  }
  address a = parse_address_text(tidy(text));
  if (!coordinates.empty() && coordinates.contains(';')) read_coordinates(coordinates, a);
  return a;
}

} // namespace waybill::mapping
