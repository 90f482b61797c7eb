// Carrier types of our own, an environment of our own and a small good file, for the tests of the configuration.
#pragma once
#include <config/config.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::config::test {

inline constexpr std::array<setting_spec, 10> swift_settings{{
    {"", "account", setting_kind::text, true, "the number of the contract"},
    {"", "secure_password", setting_kind::secret, true, "the password of the contract"},
    {"", "api", setting_kind::text, false, "which of its interfaces", "platform|express"},
    {"", "insure", setting_kind::boolean, false, "insure everything"},
    {"", "fee", setting_kind::money, false, "what a parcel costs at most"},
    {"", "matches", setting_kind::text_list, false, "keys to match by"},
    {"", "contract", setting_kind::text_or_integer, false, "the contract's number"},
    {"", "webhook_secret", setting_kind::secret, false, "the secret of its path"},
    {"sender", "city_code", setting_kind::integer, true, "the sender's city"},
    {"sender", "address", setting_kind::text, true, "the sender's street"},
}};

inline std::vector<std::string> check_swift(const carrier_account& a) {
  if (a.integer("sender.city_code") == 13)
    return {"sender.city_code: no parcels leave from 13; choose another city", "broken in general"};
  return {};
}

inline const std::vector<const carrier_type*>& types() {
  static const carrier_type swift{"swift", "Swift",    "https://api.swift.example/v2/", swift_settings, nullptr,
                                  nullptr, check_swift};
  static const carrier_type store{"store", "Store", "", {}, nullptr, nullptr, nullptr};
  static const std::vector<const carrier_type*> all{&swift, &store};
  return all;
}

inline environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto it = values.find(name);
    return it == values.end() ? std::nullopt : std::optional(it->second);
  };
}

inline constexpr std::string_view good = R"(
[server]
public_url = "https://waybill.example.com"
[redis]
mode = "embedded"
[log]
level = "info"

[[portals]]
id = "main"
webhook_url = "https://example.bitrix24.ru/rest/1/abcdef0123456789/"
webhook_secret = "portal-secret-1"
  [[portals.triggers]]
  category = 0
  stage = "EXECUTING"
  action = "ship"
  [[portals.triggers]]
  category = 2
  stage = "C2:LOSE"
  action = "cancel"
  [portals.fields]
  order_id = "UF_CRM_1713790573"
  [portals.stages]
  delivered = "WON"
  [portals.delivery_service]
  name = "Delivery"
  deadline = "5s"
  markup_amount = "10.50"
  [portals.parcel_defaults]
  weight_g = 500
    [[portals.parcel_defaults.by_section]]
    section = 15
    weight_g = 1200

[[carriers]]
id = "swift-main"
type = "swift"
account = "A-1"
secure_password = "hunter22"
webhook_secret = "carrier-secret-1"
poll_interval = "15m"
concurrency = 8
  [carriers.sender]
  phone = "+7 (495) 123-45-67"
  city_code = 44
  address = "Lenina 1"
  [carriers.services]
  courier = 137
  pickup = "136"

[[carriers]]
id = "store-1"
type = "store"
base_url = "https://store.example.com/api/"

[[routes]]
portal = "main"
delivery_types = ["courier", "pickup"]
carrier = "swift-main"
with = ["store-1"]
)";

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  if (at == std::string::npos) return "the text to replace is not in the good file: " + std::string(from);
  return text.replace(at, from.size(), to);
}

inline int line_of(std::string_view text, std::string_view part) {
  const auto at = text.find(part);
  return at == std::string_view::npos ? -1 : 1 + static_cast<int>(std::ranges::count(text.substr(0, at), '\n'));
}

inline std::expected<file, std::vector<problem>> parse_here(std::string_view text,
                                                            std::map<std::string, std::string> env = {}) {
  return parse(text, "dir/waybill.toml", variables(std::move(env)), types());
}

inline std::string all_of(const std::vector<problem>& problems) {
  std::string text;
  for (const problem& p : problems) text += to_text(p) + "\n";
  return text;
}

} // namespace waybill::config::test
