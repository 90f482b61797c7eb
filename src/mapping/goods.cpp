#include <mapping/goods.hpp>
#include <mapping/text.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace waybill::mapping {
namespace {

// Beyond these a catalogue is broken; they also keep every sum inside 64 bits.
constexpr std::int64_t most_units = 1'000'000;
constexpr std::int64_t most_weight_g = 100'000'000;
constexpr std::int64_t most_size_mm = 100'000;
constexpr std::int64_t most_price = 100'000'000'000; // a billion roubles
constexpr std::int64_t micro = 1'000'000;

// "2", "2.5000", "0.350" in millionths; nothing for other text.
std::optional<std::int64_t> parse_quantity(std::string_view text) {
  text = trim(text);
  if (text.starts_with('-')) return 0;
  const auto dot = std::min(text.find('.'), text.size());
  const auto whole = text.substr(0, dot);
  auto part = dot < text.size() ? text.substr(dot + 1) : std::string_view{};
  if (!is_digits(whole) || whole.size() > 9 || (!part.empty() && !is_digits(part))) return {};
  std::int64_t value = 0;
  for (const char c : whole) value = value * 10 + (c - '0');
  for (std::size_t i = 0; i < 6; ++i) value = value * 10 + (i < part.size() ? part[i] - '0' : 0);
  return value > most_units * micro ? std::nullopt : std::optional(value);
}

// 350000 -> "0.35"
std::string print_quantity(std::int64_t millionths) {
  auto text = std::to_string(millionths / micro);
  auto part = std::to_string(millionths % micro);
  part.insert(0, 6 - part.size(), '0');
  while (!part.empty() && part.back() == '0') part.pop_back();
  return part.empty() ? text : text + "." + part;
}

// Units of measure by their OKEI codes. `grams`: what one of them weighs, when it is a weight.
struct measure {
  int code;
  std::string_view name;
  std::int64_t grams;
};
constexpr std::array<measure, 8> measures{{{796, "шт", 0},
                                           {166, "кг", 1000},
                                           {163, "г", 1},
                                           {168, "т", 1'000'000},
                                           {6, "м", 0},
                                           {55, "м²", 0},
                                           {112, "л", 0},
                                           {778, "уп", 0}}};

measure measure_of(int code) {
  const auto it = std::ranges::find(measures, code, &measure::code);
  return it == measures.end() ? measure{code, "ед.", 0} : *it;
}

bool is_delivery(const std::string& row_name, const config::portal& portal) {
  const auto name = folded(row_name);
  return std::ranges::any_of(portal.delivery_row_names, [&](const std::string& part) {
    return !trim(part).empty() && name.contains(folded(trim(part)));
  });
}

const bitrix24::catalog_product* find(const bitrix24::deal_bundle& bundle, std::int64_t id) {
  const auto it = id == 0 ? bundle.products.end() : bundle.products.find(id);
  return it == bundle.products.end() ? nullptr : &it->second;
}

// What is known of one unit, each value with its own source.
class measures_of_unit {
 public:
  measures_of_unit(const bitrix24::deal_bundle& bundle, const config::portal& portal, std::int64_t product)
      : bundle_(bundle), portal_(portal), own_(find(bundle, product)) {
    if (own_ != nullptr && own_->parent != 0) parent_ = find(bundle, own_->parent);
  }

  struct value {
    std::int64_t amount{0};
    bool assumed{false};
  };

  value get(std::int64_t bitrix24::catalog_product::* of_product, std::int64_t config::size_default::* of_default,
            std::int64_t most) const {
    for (const auto* p : {own_, parent_})
      if (p != nullptr && p->*of_product > 0) return {std::min(p->*of_product, most), false};
    return {std::min(fallback(of_default), most), true};
  }

 private:
  // The nearest section with a default of its own, upwards; then the portal's.
  std::int64_t fallback(std::int64_t config::size_default::* which) const {
    std::int64_t section = own_ == nullptr ? 0 : own_->section;
    if (section == 0 && parent_ != nullptr) section = parent_->section;
    for (int depth = 0; section != 0 && depth < 32; ++depth) {
      for (const auto& d : portal_.parcels.by_section)
        if (d.section == section && d.*which > 0) return d.*which;
      const auto up = bundle_.section_parents.find(section);
      section = up == bundle_.section_parents.end() ? 0 : up->second;
    }
    return portal_.parcels.*which;
  }

  const bitrix24::deal_bundle& bundle_;
  const config::portal& portal_;
  const bitrix24::catalog_product* own_;
  const bitrix24::catalog_product* parent_{nullptr};
};

std::string sku_of(const bitrix24::product_row& row, const bitrix24::catalog_product* product) {
  if (product != nullptr && !product->xml_id.empty()) return product->xml_id;
  if (!row.xml_id.empty()) return row.xml_id;
  return row.product != 0 ? std::to_string(row.product) : std::string{};
}

// Names of products that share a lack, for one sentence.
class name_list {
 public:
  void add(const std::string& name) {
    if (std::ranges::find(names_, name) == names_.end()) names_.push_back(name);
  }
  bool empty() const { return names_.empty(); }
  std::vector<std::pair<std::string, std::string>> values() const {
    std::string text;
    for (const std::string& n : names_) text += (text.empty() ? "" : ", ") + n;
    return {{"products", cut(text, 300)}};
  }

 private:
  std::vector<std::string> names_;
};

struct lacks {
  name_list default_weight, default_size, no_weight, no_size, bad_quantity;
};

std::optional<good> good_of(const bitrix24::product_row& row, const bitrix24::deal_bundle& bundle,
                            const config::portal& portal, lacks& lack) {
  const auto name = row.name.empty() ? std::string("№ ") + std::to_string(row.product) : cut(trim(row.name), 250);
  const auto quantity = parse_quantity(row.quantity);
  if (!quantity) {
    lack.bad_quantity.add(name);
    return {};
  }
  if (*quantity == 0) return {};
  const auto unit = measure_of(row.measure_code);
  const auto* product = find(bundle, row.product);
  const measures_of_unit known(bundle, portal, row.product);

  good g;
  g.what.name = name;
  g.what.sku = sku_of(row, product);
  g.what.external_code = product != nullptr && !product->xml_id.empty() ? product->xml_id : row.xml_id;
  if (product != nullptr) {
    const auto* parent = find(bundle, product->parent);
    g.what.code = product->code;
    g.what.article = product->article.empty() && parent != nullptr ? parent->article : product->article;
    g.what.barcode = product->barcode; // each variation has its own
  }
  g.what.vat_percent = row.tax_percent;
  g.what.price = {std::clamp<std::int64_t>(row.price.minor, 0, most_price),
                  row.price.currency.empty() ? "RUB" : row.price.currency};
  if (row.full_price.minor > g.what.price.minor && row.full_price.minor <= most_price)
    g.what.full_price = {row.full_price.minor, g.what.price.currency};

  measures_of_unit::value weight;
  const bool whole = *quantity % micro == 0 && unit.grams == 0;
  if (unit.grams == 0)
    weight = known.get(&bitrix24::catalog_product::weight_g, &config::size_default::weight_g, most_weight_g);
  if (whole) {
    g.what.quantity = *quantity / micro;
    g.what.weight_g = weight.amount;
  } else {
    // Carriers count pieces: what is measured goes as one piece that says how much it is.
    g.what.quantity = 1;
    g.what.name += " (" + print_quantity(*quantity) + " " + std::string(unit.name) + ")";
    for (money* each : {&g.what.price, &g.what.full_price}) each->minor = proportion(each->minor, *quantity, micro);
    const auto per_unit = unit.grams > 0 ? unit.grams : weight.amount;
    const auto exact = std::min(*quantity, most_weight_g / std::max<std::int64_t>(per_unit, 1) * micro) * per_unit;
    g.what.weight_g = (exact + micro - 1) / micro;
  }
  if (unit.grams == 0) {
    if (weight.amount == 0) lack.no_weight.add(name);
    else if (weight.assumed)
      lack.default_weight.add(name + " (" + std::to_string(weight.amount) + (portal.locale == "en" ? " g)" : " г)"));
  }

  const auto length = known.get(&bitrix24::catalog_product::length_mm, &config::size_default::length_mm, most_size_mm);
  const auto width = known.get(&bitrix24::catalog_product::width_mm, &config::size_default::width_mm, most_size_mm);
  const auto height = known.get(&bitrix24::catalog_product::height_mm, &config::size_default::height_mm, most_size_mm);
  g.length_mm = length.amount;
  g.width_mm = width.amount;
  g.height_mm = height.amount;
  if (length.amount == 0 || width.amount == 0 || height.amount == 0) lack.no_size.add(name);
  else if (length.assumed || width.assumed || height.assumed)
    lack.default_size.add(name + " (" + std::to_string(length.amount) + "×" + std::to_string(width.amount) + "×" +
                          std::to_string(height.amount) + (portal.locale == "en" ? " mm)" : " мм)"));
  return g;
}

} // namespace

goods goods_of(const bitrix24::deal_bundle& bundle, const config::portal& portal) {
  constexpr int service_row = 7;
  goods out;
  lacks lack;
  for (const auto& row : bundle.rows) {
    if (row.type == service_row || is_delivery(row.name, portal)) continue;
    if (auto g = good_of(row, bundle, portal, lack)) out.all.push_back(std::move(*g));
  }
  if (out.all.empty() && lack.bad_quantity.empty()) out.obstacles.push_back({"missing_rows", {}});
  if (!lack.bad_quantity.empty()) out.obstacles.push_back({"bad_quantity", lack.bad_quantity.values()});
  if (!lack.no_weight.empty()) out.obstacles.push_back({"missing_weight", lack.no_weight.values()});
  if (!lack.no_size.empty()) out.obstacles.push_back({"missing_size", lack.no_size.values()});
  if (!lack.default_weight.empty()) out.remarks.push_back({"default_weight", lack.default_weight.values()});
  if (!lack.default_size.empty()) out.remarks.push_back({"default_size", lack.default_size.values()});
  return out;
}

} // namespace waybill::mapping
