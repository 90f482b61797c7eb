// The pure half of the goods: keys, filters, and what a row of a list says.
#include "goods.hpp"
#include "ids.hpp"
#include "wire.hpp"

#include <waybill/http.hpp>
#include <waybill/text.hpp>

namespace waybill::moysklad {
namespace {

constexpr std::int64_t heaviest_g = 1'000'000;        // one piece; more is a wrong unit
constexpr std::int64_t largest_mm3 = 100'000'000'000; // 100 cubic metres

std::string trimmed(std::string text) {
  while (!text.empty() && text.front() == ' ') text.erase(0, 1);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::int64_t plausible(const json::object& row, std::string_view key, int power, std::int64_t most) {
  const auto text = json::text(row, key);
  const auto n = text ? scaled(*text, power) : std::nullopt;
  return n && *n >= 1 && *n <= most ? *n : 0;
}

} // namespace

std::string_view field_of(match_by by) {
  switch (by) {
  case match_by::external_code: return wire::external_code;
  case match_by::code: return wire::code;
  case match_by::article: return wire::article;
  case match_by::barcode: return "barcode"; // singular in filters, plural in objects
  }
  return {};
}

std::vector<good_key> keys_of(const settings& how, const item& i) {
  std::vector<good_key> out;
  for (const match_by by : how.product_match) {
    std::string value;
    switch (by) {
    case match_by::external_code: value = i.external_code; break;
    case match_by::code: value = i.code.empty() ? i.sku : i.code; break;
    case match_by::article: value = i.article.empty() ? i.sku : i.article; break;
    case match_by::barcode: value = i.barcode; break;
    }
    value = trimmed(std::move(value));
    // Longer than any field of theirs: it cannot be anybody's.
    if (!value.empty() && characters(value) <= 255) out.emplace_back(by, std::move(value));
  }
  return out;
}

std::int64_t plausible_weight(const settings& how, const json::object& row) {
  return plausible(row, wire::weight, how.weight_power, heaviest_g);
}

std::int64_t plausible_volume(const settings& how, const json::object& row) {
  return plausible(row, wire::volume, how.volume_power, largest_mm3);
}

std::optional<good> read_good(const settings& how, const std::string& type, const json::object& row) {
  good g;
  g.type = type;
  g.id = lower_ascii(json::text_or(row, wire::id));
  if (!is_uuid(g.id) || json::boolean(row, wire::archived).value_or(false)) return {};
  g.name = json::text_or(row, wire::title);
  if (type == wire::variant) g.parent = linked_id(row, wire::product);
  g.weight_g = plausible_weight(how, row);
  g.volume_mm3 = plausible_volume(how, row);
  // The rate of a group of goods counts where an article has none of its own.
  const auto rate = json::integer(row, "effectiveVat"), own = json::integer(row, wire::vat);
  const auto on = json::boolean(row, "effectiveVatEnabled"), own_on = json::boolean(row, wire::vat_enabled);
  g.vat = rate.value_or(own.value_or(0));
  g.vat_enabled = on.value_or(own_on.value_or(false));
  if (g.vat < 0 || g.vat > 100) g.vat = 0, g.vat_enabled = false;
  return g;
}

std::vector<std::string> filters_for(std::string_view field, const std::vector<std::string>& values, std::size_t most) {
  std::vector<std::string> out;
  std::string now;
  for (const std::string& value : values) {
    std::string one(field);
    one += '=';
    for (const char c : value) {
      if (c == ';' || c == '\\') one += '\\';
      one += c;
    }
    std::string encoded = percent_encode(now.empty() ? one : ";" + one);
    if (!now.empty() && now.size() + encoded.size() > most) {
      out.push_back(std::move(now));
      now.clear();
      encoded = percent_encode(one);
    }
    now += encoded;
  }
  if (!now.empty()) out.push_back(std::move(now));
  return out;
}

} // namespace waybill::moysklad
