#include "settings.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::moysklad {
namespace {

using kind = setting_kind;

constexpr std::array specs{
    setting_spec{"", "token", kind::secret, false,
                 "access token of an employee kept for this daemon; or login and password instead"},
    setting_spec{"", "login", kind::text, false, "login of that employee, as \"admin@company\"; needs password"},
    setting_spec{"", "password", kind::secret, false, "password of that login"},
    setting_spec{"", "product_match", kind::text_list, false,
                 "by what goods are found, the first that hits wins: externalCode, code, article, barcode"},
    setting_spec{"", "unknown_product", kind::text, false,
                 "goods that MoySklad lacks: refuse the order, or create the product", "refuse|create"},
    setting_spec{"", "weight_unit", kind::text, false, "unit of the weights that your goods carry; kg when absent",
                 "kg|g"},
    setting_spec{"", "volume_unit", kind::text, false, "unit of the volumes that your goods carry; m3 when absent",
                 "m3|l"},
    setting_spec{"", "vat", kind::text, false,
                 "VAT of positions: as the deal says, as the goods in MoySklad say, or none at all",
                 "deal|catalogue|none"},
    setting_spec{"", "reserve", kind::boolean, false, "reserve the goods of new orders; true when absent"},
    setting_spec{"", "delivery_as", kind::text, false,
                 "where the delivery fee goes: nowhere, a position (needs delivery_service), an additional field "
                 "(needs attributes.delivery_fee)",
                 "nowhere|position|attribute"},
    setting_spec{"", "delivery_service", kind::text, false, "name or code of the service that delivery is sold as"},
    setting_spec{"", "sales_channel", kind::text, false, "name of the sales channel of new orders"},
    setting_spec{"", "project", kind::text, false, "name of the project of new orders"},
    setting_spec{"", "currency", kind::text, false, "currency of the MoySklad account, three letters; RUB when absent"},
    setting_spec{"", "order_number", kind::text, false,
                 "number of new orders: our reference, or the next one that MoySklad counts", "reference|generated"},
    setting_spec{"", "read_states", kind::text_list, false,
                 "what states of your own mean, as [\"Готов к выдаче = ready_for_pickup\"]"},
    setting_spec{"", "deal_states", kind::text_list, false,
                 "the order's state at a stage of the deal, as [\"EXECUTING = Подтвержден\"]"},
    setting_spec{"", "demand_on", kind::text, false,
                 "when the shipment document is made: the carrier has the parcel, it travels, or never by us",
                 "accepted|in_transit|never"},
    setting_spec{"", "return_on", kind::text, false,
                 "when the return document is made: the parcel comes back, it is back, or never by us",
                 "returning|returned|never"},
    setting_spec{"", "account_id", kind::text, false,
                 "accountId of MoySklad, which notices must carry; learnt from the first answer when absent"},
    setting_spec{"", "requests_per_3s", kind::integer, false,
                 "requests within 3 seconds, 1 to 45; 10 when absent. Divide it between several processes"},
    setting_spec{"", "parallel", kind::integer, false, "requests at one time, 1 to 4; 3 when absent"},
    setting_spec{"sender", "organization", kind::text, false,
                 "legal entity of orders: name, INN, external code or id; needed when the account has several"},
    setting_spec{"sender", "store", kind::text, false,
                 "warehouse of orders: name, code, external code or id; needed when the account has several"},
    setting_spec{"return_states", "returning", kind::text, false,
                 "name of the return's state while the parcel comes back"},
    setting_spec{"return_states", "returned", kind::text, false, "name of the return's state once the parcel is back"},
    setting_spec{"attributes", "reference", kind::text, false, "additional field for our reference"},
    setting_spec{"attributes", "service", kind::text, false, "additional field for the delivery type"},
    setting_spec{"attributes", "pickup_point", kind::text, false, "additional field for the pickup point's code"},
    setting_spec{"attributes", "delivery_fee", kind::text, false,
                 "additional field for what the customer pays for delivery"},
    setting_spec{"attributes", "tracking_number", kind::text, false,
                 "additional field of order and shipment for the tracking number, as \"Трек-номер\""},
    setting_spec{"attributes", "tracking_url", kind::text, false, "additional field for the tracking link"},
    setting_spec{"attributes", "carrier", kind::text, false, "additional field for who carries the parcel"},
    setting_spec{"attributes", "status", kind::text, false, "additional field for the delivery status in words"},
    setting_spec{"attributes", "cost", kind::text, false, "additional field for what the carrier bills"},
};

// The same twelve keys for two tables.
constexpr std::array<setting_spec, 12> state_specs(std::string_view table, std::string_view first) {
  const auto one = [table](std::string_view key, std::string_view help) {
    return setting_spec{table, key, kind::text, false, help};
  };
  return {one("created", first),
          one("accepted", "its state once the carrier has the parcel"),
          one("in_transit", "its state while the parcel travels"),
          one("ready_for_pickup", "its state once the parcel waits at the pickup point"),
          one("out_for_delivery", "its state while the courier has the parcel"),
          one("delivered", "its state after the delivery"),
          one("partially_delivered", "its state when only a part was taken"),
          one("problem", "its state when a person must act"),
          one("returning", "its state while the parcel comes back"),
          one("returned", "its state once the parcel is back"),
          one("cancelled", "its state after a cancellation"),
          one("lost", "its state when the carrier lost the parcel")};
}

constexpr std::array match_names{std::pair{std::string_view("externalCode"), match_by::external_code},
                                 std::pair{std::string_view("code"), match_by::code},
                                 std::pair{std::string_view("article"), match_by::article},
                                 std::pair{std::string_view("barcode"), match_by::barcode}};

constexpr std::array all_statuses{
    status::created,          status::accepted,  status::in_transit,          status::ready_for_pickup,
    status::out_for_delivery, status::delivered, status::partially_delivered, status::problem,
    status::returning,        status::returned,  status::cancelled,           status::lost};

constexpr std::array all_facts{fact::reference,    fact::service,         fact::pickup_point,
                               fact::delivery_fee, fact::tracking_number, fact::tracking_url,
                               fact::carrier,      fact::status,          fact::cost};

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return std::string(text);
}

// "left = right"; nothing when a side is missing.
std::optional<std::pair<std::string, std::string>> halves(std::string_view text) {
  const auto at = text.rfind('=');
  if (at == std::string_view::npos) return {};
  auto left = trimmed(text.substr(0, at)), right = trimmed(text.substr(at + 1));
  if (left.empty() || right.empty()) return {};
  return std::pair(std::move(left), std::move(right));
}

std::optional<match_by> match_from(std::string_view text) {
  for (const auto& [name, by] : match_names)
    if (lower_ascii(name) == lower_ascii(text)) return by;
  return {};
}

std::map<status, std::string> states_of(const carrier_account& a, std::string_view table) {
  std::map<status, std::string> out;
  for (const status s : all_statuses)
    if (auto name = trimmed(a.text(fmt::format("{}.{}", table, to_string(s)))); !name.empty()) out[s] = name;
  return out;
}

} // namespace

std::string_view key_of(fact f) {
  switch (f) {
  case fact::reference: return "reference";
  case fact::service: return "service";
  case fact::pickup_point: return "pickup_point";
  case fact::delivery_fee: return "delivery_fee";
  case fact::tracking_number: return "tracking_number";
  case fact::tracking_url: return "tracking_url";
  case fact::carrier: return "carrier";
  case fact::status: return "status";
  case fact::cost: return "cost";
  }
  return {};
}

std::string plain_name(std::string_view name) {
  std::string out = trimmed(name);
  const auto swap = [&out](std::string_view from, std::string_view to) {
    for (auto at = out.find(from); at != std::string::npos; at = out.find(from, at + to.size()))
      out.replace(at, from.size(), to);
  };
  swap("ё", "е");
  swap("Ё", "Е");
  return out;
}

std::span<const setting_spec> setting_specs() {
  static const std::vector<setting_spec> all = [] {
    std::vector<setting_spec> out(specs.begin(), specs.end());
    for (const auto& rows :
         {state_specs("states", "name of the order's state when MoySklad has the order; \"-\": leave it alone"),
          state_specs("demand_states", "name of the shipment's state when it is made; \"-\": leave it alone")})
      out.insert(out.end(), rows.begin(), rows.end());
    return out;
  }();
  return all;
}

settings settings_of(const carrier_account& a, std::string webhook_url) {
  settings s;
  s.base_url = a.base_url;
  s.token = secret(a.text("token"));
  s.login = a.text("login");
  s.password = secret(a.text("password"));
  s.organization = trimmed(a.text("sender.organization"));
  s.store = trimmed(a.text("sender.store"));
  if (const auto given = a.texts("product_match"); !given.empty()) {
    s.product_match.clear();
    for (const std::string& each : given)
      if (const auto by = match_from(each); by && std::ranges::find(s.product_match, *by) == s.product_match.end())
        s.product_match.push_back(*by);
  }
  s.create_unknown = a.text("unknown_product") == "create";
  s.weight_power = a.text("weight_unit") == "g" ? 0 : 3;
  s.volume_power = a.text("volume_unit") == "l" ? 6 : 9;
  const std::string& vat = a.text("vat");
  s.vat = vat == "catalogue" ? vat_source::catalogue : vat == "none" ? vat_source::none : vat_source::deal;
  s.reserve = a.flag("reserve", true);
  const std::string& fee = a.text("delivery_as");
  s.fee = fee == "position" ? fee_place::position : fee == "attribute" ? fee_place::attribute : fee_place::nowhere;
  s.delivery_service = trimmed(a.text("delivery_service"));
  s.sales_channel = trimmed(a.text("sales_channel"));
  s.project = trimmed(a.text("project"));
  if (const std::string& currency = a.text("currency"); !currency.empty()) s.currency = currency;
  s.reference_as_number = a.text("order_number") != "generated";
  s.order_states = states_of(a, "states");
  s.demand_states = states_of(a, "demand_states");
  s.return_states = states_of(a, "return_states");
  for (const std::string& text : a.texts("read_states"))
    if (const auto both = halves(text))
      if (const auto canonical = status_from(both->second)) s.read_states[plain_name(both->first)] = *canonical;
  for (const std::string& text : a.texts("deal_states"))
    if (const auto both = halves(text)) s.deal_states[both->first] = both->second;
  for (const fact f : all_facts)
    if (auto name = trimmed(a.text(fmt::format("attributes.{}", key_of(f)))); !name.empty()) s.attributes[f] = name;
  const std::string& demand_on = a.text("demand_on");
  if (demand_on == "in_transit") s.demand_on = status::in_transit;
  if (demand_on == "never") s.demand_on.reset();
  const std::string& return_on = a.text("return_on");
  if (return_on == "returned") s.return_on = status::returned;
  if (return_on == "never") s.return_on.reset();
  s.account_id = lower_ascii(a.text("account_id"));
  s.requests_per_3s = static_cast<int>(std::clamp<std::int64_t>(a.integer("requests_per_3s", 10), 1, 45));
  s.parallel = static_cast<int>(std::clamp<std::int64_t>(a.integer("parallel", 3), 1, 4));
  s.webhook_url = std::move(webhook_url);
  return s;
}

std::vector<std::string> check_account(const carrier_account& a) {
  std::vector<std::string> wrong;
  const bool token = !a.text("token").empty(), login = !a.text("login").empty(), password = !a.text("password").empty();
  if (!token && !(login && password))
    wrong.emplace_back("token: set the access token of an employee, or login and password");
  if (token && (login || password))
    wrong.emplace_back("token: stands beside login and password; keep one of the two ways");
  const bool printable = std::ranges::all_of(a.text("token"), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!printable) wrong.emplace_back("token: has blanks or other characters that no token has; copy it anew");
  if (a.base_url.find(std::string("moysklad.ru")) != std::string::npos && !a.base_url.ends_with("/api/remap/1.2"))
    wrong.emplace_back("base_url: write https://api.moysklad.ru/api/remap/1.2");
  const auto matches = a.texts("product_match");
  for (const std::string& each : matches)
    if (!match_from(each))
      wrong.push_back("product_match: \"" + each + "\" is none of externalCode, code, article, barcode");
  if (a.text("delivery_as") == "position" && a.text("delivery_service").empty())
    wrong.emplace_back("delivery_service: name the service that delivery is sold as, or drop delivery_as");
  if (a.text("delivery_as") == "attribute" && a.text("attributes.delivery_fee").empty())
    wrong.emplace_back("attributes.delivery_fee: name the additional field, or drop delivery_as");
  for (const std::string& text : a.texts("read_states")) {
    const auto both = halves(text);
    if (!both || !status_from(both->second))
      wrong.push_back("read_states: \"" + text +
                      "\" is not STATE = one of created, accepted, in_transit, "
                      "ready_for_pickup, out_for_delivery, delivered, partially_delivered, problem, returning, "
                      "returned, cancelled, lost");
  }
  for (const std::string& text : a.texts("deal_states"))
    if (!halves(text)) wrong.push_back("deal_states: \"" + text + "\" is not STAGE = STATE");
  if (const std::string& id = a.text("account_id"); !id.empty() && !is_uuid(id))
    wrong.emplace_back("account_id: is a uuid, as every object of the account carries it");
  if (const auto n = a.integer("requests_per_3s", 10); n < 1 || n > 45)
    wrong.emplace_back("requests_per_3s: choose 1 to 45; a user's token is good for about 11");
  if (const auto n = a.integer("parallel", 3); n < 1 || n > 4)
    wrong.emplace_back("parallel: choose 1 to 4; MoySklad refuses more than 5 for all programs together");
  if (const std::string& c = a.text("currency");
      !c.empty() && (c.size() != 3 || !std::ranges::all_of(c, [](char x) { return x >= 'A' && x <= 'Z'; })))
    wrong.emplace_back("currency: write three capital letters, as RUB");
  return wrong;
}

} // namespace waybill::moysklad
