#include "accounts.hpp"

#include <map>
#include <stdexcept>

#include <fmt/format.h>

namespace waybill::test {
namespace {

struct lines_of_type {
  std::string_view keys, tables;
};

const std::map<std::string_view, lines_of_type>& known() {
  static const std::map<std::string_view, lines_of_type> all{
      {"cdek",
       {R"(base_url = "http://@sandbox@/carriers/cdek/v2"
account = "wqGwiQx0gg8mLtiEKsUinjVSICCjtTEP"
secure_password = "RmAmgvSgSl1yirlz9QupbzOJVqhCxcP5")",
        R"(  [carriers.sender]
  company = "ООО Ромашка"
  name = "Отдел доставки"
  phone = "+74951234567"
  city_code = 44
  address = "ул. Ленина, 1"
  shipment_point = "MSK67"
  [carriers.services]
  courier = 137
  pickup = 136)"}},
      {"dpd",
       {R"(base_url = "http://@sandbox@/carriers/dpd/services"
client_number = 1007000123
client_key = "0123456789abcdef0123456789abcdef01234567")",
        R"(  [carriers.sender]
  company = "ООО Ромашка"
  name = "Отдел доставки"
  phone = "+74951234567"
  terminal_code = "M07"
  city = "Москва"
  [carriers.services]
  courier = "PCL"
  pickup = "PCL")"}},
      {"moysklad",
       {R"(base_url = "http://@sandbox@/carriers/moysklad/api/remap/1.2"
token = "0123456789abcdef0123456789abcdef01234567"
requests_per_3s = 45)",
        R"(  [carriers.sender]
  organization = "ООО Ромашка"
  store = "Основной склад"
  [carriers.attributes]
  tracking_number = "Трек-номер"
  carrier = "Перевозчик")"}},
  };
  return all;
}

} // namespace

std::string account_of(std::string_view type, const account_lines& lines) {
  const auto it = known().find(type);
  if (it == known().end()) throw std::runtime_error("no account is known for " + std::string(type));
  // The portal's goods are none of the ERP's: it makes them, unless a test says otherwise.
  const bool makes_goods = type == "moysklad" && !lines.more.contains("unknown_product");
  const std::string more = lines.more + (makes_goods ? "\nunknown_product = \"create\"" : "");
  return fmt::format(R"toml([[carriers]]
id = "{type}-main"
type = "{type}"
{keys}
webhook_secret = "carrier-secret-0123456789"
poll_interval = "{poll}"
settle_time = "{settle}"
{more}
{tables}
)toml",
                     fmt::arg("type", type), fmt::arg("keys", it->second.keys), fmt::arg("tables", it->second.tables),
                     fmt::arg("poll", lines.poll_interval), fmt::arg("settle", lines.settle_time),
                     fmt::arg("more", more));
}

} // namespace waybill::test
