// catalog.*: where the weights are. Products and variations stand in two blocks with methods of their own.
#include <sandbox/methods.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::int64_t offers_iblock = 26;

json::value or_null(std::optional<std::int64_t> n) { return n ? json::value(*n) : json::value(nullptr); }

json::object shown(const catalog_entry& e) {
  json::object out{{"active", "Y"},
                   {"available", "Y"},
                   {"bundle", "N"},
                   {"code", fmt::format("product_{}", e.id)},
                   {"height", or_null(e.height_mm)},
                   {"iblockId", e.iblock},
                   {"iblockSectionId", e.section == 0 ? json::value(nullptr) : json::value(e.section)},
                   {"id", e.id},
                   {"length", or_null(e.length_mm)},
                   {"measure", 5},
                   {"name", e.name},
                   {"purchasingCurrency", "RUB"},
                   {"purchasingPrice", to_decimal(e.price_minor / 2) + "0000"},
                   {"quantity", 100},
                   {"sort", 500},
                   {"timestampX", "2026-06-17T12:29:59+03:00"},
                   {"type", e.type},
                   {"vatId", 1},
                   {"vatIncluded", "Y"},
                   {"weight", or_null(e.weight_g)},
                   {"width", or_null(e.width_mm)},
                   {"xmlId", e.xml_id}};
  // Properties have numbers of their own in each block, and one with several values is a list.
  const bool offer = e.iblock == offers_iblock;
  out[offer ? "property205" : "property105"] =
      json::object{{"value", fmt::format("ART-{}", e.id)}, {"valueId", std::to_string(7000 + e.id)}};
  json::array barcodes;
  for (const int digit : {1, 2})
    barcodes.push_back(json::object{{"value", fmt::format("46000{}{:07}", digit, e.id)},
                                    {"valueId", std::to_string(8000 + 1000 * digit + e.id)}});
  out[offer ? "property206" : "property106"] = std::move(barcodes);
  if (e.parent != 0)
    out["parentId"] = json::object{{"value", std::to_string(e.parent)}, {"valueId", std::to_string(9000 + e.id)}};
  return out;
}

enum class block { products, offers, parents };

bool belongs(const catalog_entry& e, block b) {
  switch (b) {
  case block::products: return e.iblock != offers_iblock;
  case block::offers: return e.iblock == offers_iblock;
  case block::parents: return e.type == 3;
  }
  return false;
}

constexpr std::string_view plural(block b) {
  return b == block::products ? "products" : b == block::offers ? "offers" : "units";
}
constexpr std::string_view singular(block b) {
  return b == block::products ? "product" : b == block::offers ? "offer" : "sku";
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

template <block B> outcome list(const call& c) {
  const auto* select = c.param("select");
  const auto* filter = c.object("filter");
  std::vector<std::string> missing;
  const auto* names = select == nullptr ? nullptr : select->if_array();
  for (const auto* name : {"id", "iblockId"})
    if (names == nullptr || std::ranges::none_of(*names, [&](const json::value& v) { return php::scalar(v) == name; }))
      missing.emplace_back(name);
  if (!missing.empty()) return refused(0, "Required select fields: " + joined(missing));
  const json::value* iblock = nullptr;
  std::string wrong;
  if (filter != nullptr) {
    for (const auto& [name, value] : *filter) {
      const auto key = parse_filter_key(name);
      if (key.name == "iblockId" && (key.op.empty() || key.op == "=" || key.op == "@")) iblock = &value;
    }
    static const json::object any = shown(catalog_entry{.parent = 1});
    each_filter_name(*filter, [&](const filter_key& key) {
      if (!any.contains(key.name) && wrong.empty()) wrong = key.name;
    });
  }
  if (iblock == nullptr) return refused(0, "Required filter fields: iblockId");
  if (!wrong.empty()) return refused(0, "Unavailable filter fields: " + wrong);
  json::array rows;
  for (const auto& e : c.at.catalogue)
    if (belongs(e, B)) {
      auto row = shown(e);
      // A filter by parent compares the value, the answer shows an object.
      if (e.parent != 0) row["parentId"] = e.parent;
      rows.push_back(std::move(row));
    }
  outcome out;
  auto page_rows = list_page(std::move(rows), {c.param("filter"), c.param("order"), parse_page(c.param("start"))}, out);
  json::array cut;
  for (const auto& row : page_rows) {
    auto o = row.as_object();
    if (const auto* e = c.at.find_product(json::integer_or(o, "id"))) o = shown(*e);
    cut.push_back(selected(o, select));
  }
  out.result = json::object{{plural(B), std::move(cut)}};
  return out;
}

template <block B> outcome get(const call& c) {
  if (c.param("id") == nullptr) return missing_parameter("id");
  const auto* e = c.at.find_product(c.integer("id").value_or(0));
  if (e == nullptr || !belongs(*e, B)) return refused(0, std::string(singular(B)) + " does not exist.");
  return ok(json::object{{singular(B), shown(*e)}});
}

outcome catalog_list(const call& c) {
  json::array rows{json::object{{"iblockId", 24},
                                {"iblockTypeId", "CRM_PRODUCT_CATALOG"},
                                {"id", 24},
                                {"lid", "s1"},
                                {"name", "Товарный каталог CRM"},
                                {"productIblockId", nullptr},
                                {"skuPropertyId", nullptr},
                                {"subscription", "N"},
                                {"vatId", 1}},
                   json::object{{"iblockId", offers_iblock},
                                {"iblockTypeId", "CRM_PRODUCT_CATALOG"},
                                {"id", offers_iblock},
                                {"lid", "s1"},
                                {"name", "Товарный каталог CRM (предложения)"},
                                {"productIblockId", 24},
                                {"skuPropertyId", 97},
                                {"subscription", "N"},
                                {"vatId", 1}}};
  outcome out;
  auto page_rows = list_page(std::move(rows), {c.param("filter"), c.param("order"), parse_page(c.param("start"))}, out);
  json::array cut;
  for (const auto& row : page_rows) cut.push_back(selected(row.as_object(), c.param("select")));
  out.result = json::object{{"catalogs", std::move(cut)}};
  return out;
}

json::object shown(const section& s) {
  return {{"active", "Y"},
          {"code", fmt::format("section_{}", s.id)},
          {"description", nullptr},
          {"descriptionType", "text"},
          {"iblockId", s.iblock},
          {"iblockSectionId", s.parent == 0 ? json::value(nullptr) : json::value(s.parent)},
          {"id", s.id},
          {"name", s.name},
          {"sort", 500},
          {"xmlId", fmt::format("SECTION-{}", s.id)}};
}

outcome section_get(const call& c) {
  if (c.param("id") == nullptr) return missing_parameter("id");
  const auto it = std::ranges::find(c.at.sections, c.integer("id").value_or(0), &section::id);
  if (it == c.at.sections.end()) return refused(0, "section does not exist.");
  return ok(json::object{{"section", shown(*it)}});
}

outcome section_list(const call& c) {
  json::array rows;
  for (const auto& s : c.at.sections) rows.push_back(shown(s));
  outcome out;
  auto page_rows = list_page(std::move(rows), {c.param("filter"), c.param("order"), parse_page(c.param("start"))}, out);
  json::array cut;
  for (const auto& row : page_rows) cut.push_back(selected(row.as_object(), c.param("select")));
  out.result = json::object{{"sections", std::move(cut)}};
  return out;
}

constexpr auto table = std::to_array<method>({
    {"catalog.catalog.list", "catalog", effort::read, false, catalog_list},
    {"catalog.product.list", "catalog", effort::read, false, list<block::products>},
    {"catalog.product.get", "catalog", effort::read, false, get<block::products>},
    {"catalog.product.offer.list", "catalog", effort::read, false, list<block::offers>},
    {"catalog.product.offer.get", "catalog", effort::read, false, get<block::offers>},
    {"catalog.product.sku.list", "catalog", effort::read, false, list<block::parents>},
    {"catalog.product.sku.get", "catalog", effort::read, false, get<block::parents>},
    {"catalog.section.get", "catalog", effort::read, false, section_get},
    {"catalog.section.list", "catalog", effort::read, false, section_list},
});

} // namespace

std::span<const method> catalog_methods() { return table; }

} // namespace waybill::sandbox
