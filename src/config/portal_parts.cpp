// The tables inside a portal: fields, stages, delivery service, parcel defaults, texts.
#include <config/reader.hpp>
#include <config/suggest.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace waybill::config {
namespace {

using namespace std::chrono_literals;

struct field_key {
  std::string_view key;
  std::string deal_fields::* name;
};
constexpr std::array<field_key, 17> field_keys{{{"order_id", &deal_fields::order_id},
                                                {"tracking_number", &deal_fields::tracking_number},
                                                {"tracking_url", &deal_fields::tracking_url},
                                                {"status", &deal_fields::status},
                                                {"error", &deal_fields::error},
                                                {"cost", &deal_fields::cost},
                                                {"address", &deal_fields::address},
                                                {"phone", &deal_fields::phone},
                                                {"delivery_type", &deal_fields::delivery_type},
                                                {"pickup_point", &deal_fields::pickup_point},
                                                {"carrier", &deal_fields::carrier},
                                                {"planned_date", &deal_fields::planned_date},
                                                {"label", &deal_fields::label},
                                                {"cash_on_delivery", &deal_fields::cash_on_delivery},
                                                {"declared_value", &deal_fields::declared_value},
                                                {"parcels", &deal_fields::parcels},
                                                {"comment", &deal_fields::comment}}};

// How the portal itself would store this name: capitals, with the prefix that it always adds.
std::string portal_spelling(std::string_view typed) {
  std::string name;
  for (const char c : typed) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (name.starts_with("UF_CRM_")) return name;
  return "UF_CRM_" + (name.starts_with("UF_") ? name.substr(3) : name);
}

bool is_field_name(std::string_view name) {
  return name.starts_with("UF_CRM_") && name.size() > 7 && name.size() <= 50 &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
}

void read_fields(reader in, deal_fields& out) {
  std::map<std::string, std::string_view> used; // name -> the key that has it
  for (const auto& [key, name] : field_keys) {
    std::string& value = out.*name;
    if (in.text(key, value, true) && !value.empty() && !is_field_name(value)) {
      const auto proper = portal_spelling(value);
      in.wrong(key, "is not the name of a deal's user field",
               is_field_name(proper)
                   ? "the portal calls it \"" + proper + "\""
                   : "write its UF_CRM_... name (capitals, digits and _, at most 50), or \"\" to switch it off");
      continue;
    }
    if (value.empty()) continue;
    if (const auto [at, fresh] = used.emplace(value, key); !fresh) {
      // The default of one key may clash with what is written for another: blame the one that is in the file.
      const auto blamed = in.present(key) ? key : at->second;
      in.wrong(blamed, "names the same field as " + std::string(blamed == key ? at->second : key),
               "give each its own field, or \"\" to switch one off");
    }
  }
  in.finish();
}

void read_stages(reader in, std::map<status, std::string>& out) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (int i = 0; i <= std::to_underlying(status::lost); ++i) all.emplace_back(to_string(static_cast<status>(i)));
    return all;
  }();
  for (const std::string& key : in.keys()) {
    std::string stage;
    const bool usable = in.text(key, stage);
    const auto canonical = status_from(key);
    if (!canonical) {
      in.wrong(key, "is not a status", suggest(key, names));
    } else if (usable && !is_stage(stage)) {
      in.wrong(key, "is not a stage id", "write the STATUS_ID of the stage (\"WON\", \"C2:UC_DONE\"), not its name");
    } else if (usable) {
      out[*canonical] = std::move(stage);
    }
  }
}

constexpr std::size_t longest_user_field = 50;
constexpr std::size_t longest_option = 50;

// Codes of the carriers' options stand in the portal as CODE: capitals, digits, '_', '-' and '.', as carriers write
// them.
bool is_option(std::string_view code) {
  return !code.empty() && code != "0" && code.size() <= longest_option && std::ranges::all_of(code, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

bool is_invoice_field(std::string_view name) {
  constexpr std::string_view prefix = "UF_CRM_SMART_INVOICE_";
  return name.starts_with(prefix) && name.size() > prefix.size() && name.size() <= longest_user_field &&
         std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

void read_profiles(reader in, std::map<std::string, std::string>& out) {
  for (const std::string& type : in.keys()) {
    std::string name;
    if (in.text(type, name)) out[type] = std::move(name);
  }
}

void read_extra_prices(reader in, const std::string& currency, std::map<std::string, money>& out) {
  for (const std::string& code : in.keys()) {
    money price{0, currency};
    if (!in.amount(code, price)) continue;
    if (!is_option(code)) in.wrong(code, "is not the code of an option", "write the carrier's own code: INSURANCE");
    else if (price.minor < 0) in.wrong(code, "is below zero", "an option costs nothing or something");
    else out[code] = std::move(price);
  }
}

void read_telling(reader& in, delivery_service& s) {
  in.boolean("payments_paid_on_delivery", s.payments_paid_on_delivery);
  in.boolean("unpay_on_return", s.unpay_on_return);
  std::string into;
  if (in.choice("cost_into", into, {"field", "invoice", "row", "payment", "none"}))
    s.cost_into = into == "row"       ? cost_target::row
                  : into == "invoice" ? cost_target::invoice
                  : into == "payment" ? cost_target::payment
                  : into == "none"    ? cost_target::none
                                      : cost_target::field;
  const auto only_with = [&](std::string_view key, cost_target wanted, std::string_view name) {
    if (in.present(key) && s.cost_into != wanted)
      in.wrong(key, "has no effect", "it belongs to cost_into = \"" + std::string(name) + "\"");
  };
  if (s.cost_into == cost_target::invoice) s.cost_invoice_field = "UF_CRM_SMART_INVOICE_DELIVERY_COST";
  if (in.text("cost_invoice_field", s.cost_invoice_field) && !is_invoice_field(s.cost_invoice_field))
    in.wrong("cost_invoice_field", "is no field of smart invoices",
             "write its code: UF_CRM_SMART_INVOICE_ and capitals, digits or '_', at most 50 in all");
  only_with("cost_invoice_field", cost_target::invoice, "invoice");
  in.integer("cost_product", s.cost_product, 1, 1'000'000'000'000);
  only_with("cost_product", cost_target::row, "row");
  in.text("cost_row_name", s.cost_row_name);
  only_with("cost_row_name", cost_target::row, "row");
  in.integer("payment_system", s.payment_system, 1, 1'000'000'000'000);
  only_with("payment_system", cost_target::payment, "payment");
  in.boolean("message_recipient", s.message_recipient);
  in.boolean("write_shipment", s.write_shipment);
}

std::optional<delivery_service> read_service(reader in) {
  if (!in.exists()) return {};
  delivery_service s;
  if (!in.text("name", s.name)) in.missing("name", "say what the delivery service is called in the portal");
  if (in.text("currency", s.currency) &&
      (s.currency.size() != 3 || !std::ranges::all_of(s.currency, [](char c) { return c >= 'A' && c <= 'Z'; })))
    in.wrong("currency", "is not a currency", "write its three letters: \"RUB\"");
  in.duration("deadline", s.deadline, 200ms, 60s);
  in.integer("markup_percent", s.markup_percent, -100, 1000);
  s.markup_amount.currency = s.round_to.currency = s.currency;
  in.amount("markup_amount", s.markup_amount);
  in.amount("round_to", s.round_to);
  money free_from{0, s.currency};
  if (in.amount("free_from", free_from)) s.free_from = free_from;
  in.integer("extra_days", s.extra_days, 0, 365);
  read_profiles(in.table("profiles"), s.profiles);
  if (in.present("extra_services")) {
    std::vector<std::string> codes;
    in.texts("extra_services", codes);
    for (const auto& code : codes)
      if (!is_option(code))
        in.wrong("extra_services", "\"" + code + "\" is not the code of an option",
                 "write the carrier's own codes: [\"INSURANCE\", \"TRYING_ON\"]");
    s.extra_services = std::move(codes);
  }
  read_extra_prices(in.table("extra_prices"), s.currency, s.extra_prices);
  read_telling(in, s);
  in.finish();
  return s;
}

void read_size(reader& in, size_default& out) {
  in.integer("weight_g", out.weight_g, 1, 1'000'000);
  in.integer("length_mm", out.length_mm, 1, 20'000);
  in.integer("width_mm", out.width_mm, 1, 20'000);
  in.integer("height_mm", out.height_mm, 1, 20'000);
}

void read_parcel_defaults(reader in, parcel_defaults& out) {
  read_size(in, out);
  std::set<std::int64_t> seen;
  for (reader& row : in.tables("by_section")) {
    section_default d;
    if (!row.integer("section", d.section, 1, 1'000'000'000'000))
      row.missing("section", "write the id of the catalogue's section");
    else if (!seen.insert(d.section).second)
      row.wrong("section", "has its defaults already", "leave one entry for a section");
    read_size(row, d);
    row.finish();
    out.by_section.push_back(d);
  }
  in.finish();
}

void read_texts(reader in, std::map<std::string, std::string>& out) {
  for (const std::string& key : in.keys()) {
    std::string text;
    if (in.text(key, text, true)) out[key] = std::move(text);
  }
}

} // namespace

void read_portal_parts(reader& in, portal& out) {
  read_fields(in.table("fields"), out.fields);
  read_stages(in.table("stages"), out.stages);
  out.service = read_service(in.table("delivery_service"));
  read_parcel_defaults(in.table("parcel_defaults"), out.parcels);
  read_texts(in.table("texts"), out.texts);
}

} // namespace waybill::config
