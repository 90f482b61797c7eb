// `waybill carriers`: what the built-in adapters can do, from their own capabilities.
#include <cli/commands.hpp>
#include <waybill/carrier.hpp>

#include <array>
#include <iostream>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace waybill::cli {
namespace {

struct column {
  std::string_view key, title;
  bool capabilities::* has;
};
constexpr std::array<column, 12> columns{{{"quotes", "price", &capabilities::quotes},
                                          {"to_door", "door", &capabilities::to_door},
                                          {"to_point", "point", &capabilities::to_point},
                                          {"cash_on_delivery", "cash on delivery", &capabilities::cash_on_delivery},
                                          {"updates", "changes", &capabilities::updates},
                                          {"cancels", "cancels", &capabilities::cancels},
                                          {"labels", "labels", &capabilities::labels},
                                          {"returns", "returns", &capabilities::returns},
                                          {"courier_pickup", "courier", &capabilities::courier_pickup},
                                          {"webhooks", "webhooks", &capabilities::webhooks},
                                          {"progress", "beside a carrier", &capabilities::progress},
                                          {"goods", "goods", &capabilities::goods}}};

// Adapters say what they can do of an account; a bare one shows what the system as such can.
std::shared_ptr<carrier> bare(const carrier_type& type, const executor& ex) {
  carrier_context context;
  context.account.id = context.account.type = std::string(type.name);
  context.account.base_url = std::string(type.default_base_url);
  context.ex = ex;
  return type.make(std::move(context));
}

} // namespace

int carriers(bool as_json) {
  asio::io_context io;
  boost::json::array all;
  std::string table = "| system | `type` |", line = "|---|---|";
  for (const column& c : columns) {
    table += fmt::format(" {} |", c.title);
    line += "---|";
  }
  table += "\n" + line + "\n";
  for (const carrier_type* type : carrier_types()) {
    const auto api = bare(*type, io.get_executor());
    const capabilities& can = api->can();
    boost::json::object one{{"type", type->name}, {"title", type->title}};
    table += fmt::format("| {} | `{}` |", type->title, type->name);
    for (const column& c : columns) {
      one[c.key] = can.*c.has;
      table += can.*c.has ? " yes |" : " |";
    }
    one["feed"] = can.feed_every.count() > 0;
    table += "\n";
    all.emplace_back(std::move(one));
  }
  std::cout << (as_json ? boost::json::serialize(all) + "\n" : table);
  return 0;
}

} // namespace waybill::cli
