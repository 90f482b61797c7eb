#include <delivery/asked_parts.hpp>
#include <mapping/text.hpp>

#include <algorithm>
#include <iterator>

namespace waybill::delivery::parts {
namespace {

using mapping::cut;
using mapping::simplified;
using mapping::trim;

// Far above what a shop ships; they keep every text short enough to be stored.
constexpr std::size_t most_items = 1000;
constexpr std::size_t most_properties = 200;
constexpr std::size_t most_options = 100;
constexpr std::size_t most_settings = 100;
constexpr std::size_t most_phones = 20;
constexpr std::size_t longest_text = 1000;
constexpr std::int64_t most_price = 100'000'000'000'000; // kopecks: a trillion roubles
constexpr std::int64_t most_id = 9'007'199'254'740'991;  // what the portal's own JSON can hold

std::unexpected<fault> wrong(std::string what) { return fail(errc::bad_input, std::move(what)); }

std::string clean(const std::string& text, std::size_t longest = longest_text) {
  return cut(trim(simplified(cut(text, longest * 2))), longest);
}
std::string clean_text(const json::object& o, std::string_view key, std::size_t longest = longest_text) {
  return clean(json::text_or(o, key), longest);
}

std::vector<std::pair<std::string, std::string>> config_of(const json::object& service) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto* rows = json::list(service, "CONFIG");
  if (rows == nullptr) return out;
  for (const auto& row : *rows) {
    const auto* o = row.if_object();
    if (o == nullptr || out.size() == most_settings) continue;
    auto code = clean_text(*o, "CODE", 100);
    if (!code.empty()) out.emplace_back(std::move(code), clean_text(*o, "VALUE", 500));
  }
  return out;
}

std::optional<double> coordinate(const json::object& o, std::string_view key, double most) {
  const auto v = json::real(o, key);
  return v && *v >= -most && *v <= most ? v : std::nullopt;
}

asked_address address_of(const json::value& v) {
  asked_address out;
  if (const auto* o = v.if_object()) {
    if (const auto* fields = json::child(*o, "FIELDS"))
      for (const auto& [name, value] : *fields) {
        const auto text = json::as_text(value);
        if (!text || name.size() > 40 || out.parts.size() == 30) continue;
        if (auto plain = clean(*text, 500); !plain.empty()) out.parts.emplace_back(name, std::move(plain));
      }
    out.latitude = coordinate(*o, "LATITUDE", 90);
    out.longitude = coordinate(*o, "LONGITUDE", 180);
    // One without the other is no place, neither is the middle of the ocean, where empty fields lie; and without a word
    // beside it no carrier takes it for an address.
    const bool whole_place = out.latitude && out.longitude && (*out.latitude != 0 || *out.longitude != 0);
    if (!whole_place || out.parts.empty()) out.latitude = out.longitude = std::nullopt;
  } else if (v.is_string()) {
    out.line = clean(json::as_text(v).value_or(""));
  }
  return out;
}

// Digits and at most one point, a few of them: what mapping's own reader takes further.
bool is_quantity(std::string_view text) {
  return !text.empty() && text.size() <= 20 && std::ranges::count(text, '.') <= 1 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

// Nothing: not wanted. A number that is none, or a strange code, is no wish either.
std::optional<std::string> wish(const json::object& o) {
  const auto* v = json::find(o, "VALUE");
  if (v == nullptr) return {};
  auto text = json::as_text(*v).value_or("");
  if (text.empty() || text == "N" || text.starts_with('-')) return {};
  if (text.find_first_not_of("0.") == std::string::npos) return {};
  if (!is_code(text)) return {};
  return text;
}

} // namespace

// "412", 412, "412.0", 412.5: measures come as PHP had them; a part of a unit counts as a whole one.
std::optional<std::int64_t> whole(const json::object& o, std::string_view key, std::int64_t most) {
  const auto* v = json::find(o, key);
  if (v == nullptr) return 0;
  const auto hundredths = json::as_minor(*v);
  if (!hundredths) return {};
  if (*hundredths <= 0) return 0;
  const auto units = *hundredths / 100 + (*hundredths % 100 != 0);
  return units > most ? std::nullopt : std::optional(units);
}

std::optional<std::int64_t> amount(const json::object& o, std::string_view key) {
  const auto* v = json::find(o, key);
  if (v == nullptr) return 0;
  const auto minor = json::as_minor(*v);
  if (!minor || *minor < 0 || *minor > most_price) return {};
  return minor;
}

std::optional<std::int64_t> id_of(const json::object& o, std::string_view key) {
  const auto* v = json::find(o, key);
  if (v == nullptr) return 0;
  const auto id = json::as_integer(*v);
  return id && *id >= 0 && *id <= most_id ? id : std::nullopt;
}

result<void> read_service(const json::object& o, asked& out) {
  const auto* service = json::child(o, "DELIVERY_SERVICE");
  if (service == nullptr) return wrong("DELIVERY_SERVICE is missing");
  const auto id = id_of(*service, "ID");
  if (!id || *id == 0) return wrong("DELIVERY_SERVICE.ID is no id");
  out.service = *id;
  for (const auto& [code, value] : config_of(*service))
    if (code == "PROFILE_TYPE") out.delivery_type = value;
  if (const auto* parent = json::child(*service, "PARENT")) out.settings = config_of(*parent);
  if (out.delivery_type.empty()) return wrong("DELIVERY_SERVICE.CONFIG lacks PROFILE_TYPE");
  return {};
}

result<void> read_properties(const json::object& o, asked& out) {
  const auto* rows = json::list(o, "PROPERTY_VALUES");
  if (rows == nullptr) return {};
  if (rows->size() > most_properties) return wrong("PROPERTY_VALUES has too many entries");
  for (const auto& row : *rows) {
    const auto* p = row.if_object();
    const auto id = p == nullptr ? std::nullopt : id_of(*p, "ID");
    if (!id || *id == 0) return wrong("PROPERTY_VALUES has an entry without an id");
    asked_property one;
    one.id = *id;
    one.is_address = json::text_or(*p, "TYPE") == "ADDRESS";
    if (const auto* value = json::find(*p, "VALUE")) {
      if (one.is_address) one.address = address_of(*value);
      else one.text = clean(json::as_text(*value).value_or(""));
    }
    out.properties.push_back(std::move(one));
  }
  return {};
}

result<void> read_items(const json::object& o, asked& out) {
  const auto* rows = json::list(o, "ITEMS");
  if (rows == nullptr) return {};
  if (rows->size() > most_items) return wrong("ITEMS has too many entries");
  for (const auto& row : *rows) {
    const auto* i = row.if_object();
    if (i == nullptr) return wrong("ITEMS has an entry that is no object");
    asked_item one;
    one.name = clean_text(*i, "NAME", 250);
    const auto price = amount(*i, "PRICE");
    const auto weight = whole(*i, "WEIGHT", most_weight_g);
    one.quantity = json::text_or(*i, "QUANTITY", "1");
    if (!price) return wrong("an item's PRICE is no amount");
    if (!weight) return wrong("an item's WEIGHT is no weight");
    if (!is_quantity(one.quantity)) return wrong("an item's QUANTITY is no quantity");
    const auto currency = json::text_or(*i, "CURRENCY", out.price.currency);
    if (currency != out.price.currency) return wrong("the items are priced in different currencies");
    one.price = *price;
    one.weight_g = *weight;
    if (const auto* size = json::child(*i, "DIMENSIONS")) {
      const auto length = whole(*size, "LENGTH", most_size_mm), width = whole(*size, "WIDTH", most_size_mm),
                 height = whole(*size, "HEIGHT", most_size_mm);
      if (!length || !width || !height) return wrong("an item's DIMENSIONS are no sizes");
      one.length_mm = *length;
      one.width_mm = *width;
      one.height_mm = *height;
    }
    out.items.push_back(std::move(one));
  }
  return {};
}

bool is_code(std::string_view text) {
  return !text.empty() && text.size() <= 50 && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

result<void> read_options(const json::object& o, asked& out) {
  // The documentation has spelled it both ways; the wire has the first.
  const auto* rows = json::list(o, "EXTRA_SERVICES_VALUES");
  if (rows == nullptr) rows = json::list(o, "EXTRA_SERVICE_VALUES");
  if (rows == nullptr) return {};
  if (rows->size() > most_options) return wrong("EXTRA_SERVICES_VALUES has too many entries");
  for (const auto& row : *rows) {
    const auto* s = row.if_object();
    if (s == nullptr) return wrong("EXTRA_SERVICES_VALUES has an entry that is no object");
    auto value = wish(*s);
    if (!value) continue;
    asked_option one;
    one.code = json::text_or(*s, "CODE");
    // What the manager ticked and we cannot name to the carrier must not be forgotten silently.
    if (!is_code(one.code)) return wrong("a chosen extra service has no code");
    one.value = std::move(*value);
    if (std::ranges::find(out.options, one.code, &asked_option::code) == out.options.end())
      out.options.push_back(std::move(one));
  }
  return {};
}

asked_contact contact_of(const json::object& o, std::string_view key) {
  asked_contact out;
  const auto* c = json::child(o, key);
  if (c == nullptr) return out;
  out.name = clean_text(*c, "NAME", 250);
  const auto* phones = json::list(*c, "PHONES");
  if (phones == nullptr) return out;
  std::vector<std::string> others;
  for (const auto& row : *phones) {
    const auto* p = row.if_object();
    if (p == nullptr || out.phones.size() + others.size() == most_phones) continue;
    auto typed = clean_text(*p, "VALUE", 100);
    const auto type = json::text_or(*p, "TYPE");
    if (typed.empty() || type == "FAX") continue;
    (type == "MOBILE" ? out.phones : others).push_back(std::move(typed));
  }
  std::ranges::move(others, std::back_inserter(out.phones));
  return out;
}

} // namespace waybill::delivery::parts
