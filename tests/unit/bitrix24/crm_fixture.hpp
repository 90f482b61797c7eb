// A portal with deals, rows, a catalogue and list fields, and typed calls to it.
#pragma once
#include "fake_portal.hpp"

#include <bitrix24/crm.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <support/run.hpp>

namespace waybill::bitrix24 {
namespace bj = boost::json;
using test::portal_command;
using test::portal_reply;
using test::refused;
using test::replied;

// Leaves of an IN filter, as numbers; PHP prints lists as arrays.
inline std::vector<std::int64_t> ids_of(const bj::object& params, const char* key) {
  std::vector<std::int64_t> ids;
  const auto& v = params.at("filter").as_object().at(key);
  for (const auto& id : v.as_array()) ids.push_back(json::as_integer(id).value());
  return ids;
}

class Crm : public ::testing::Test {
 protected:
  void SetUp() override {
    settings = test::webhook_portal();
    portal = std::make_shared<test::fake_portal>();
    portal->methods["crm.item.list"] = [this](const portal_command& c) { return items(c); };
    portal->methods["crm.item.productrow.list"] = [this](const portal_command& c) { return rows(c); };
    portal->methods["catalog.catalog.list"] = [](const portal_command&) {
      return replied(
          bj::parse(R"({"catalogs":[{"iblockId":24,"productIblockId":null},{"iblockId":26,"productIblockId":24}]})"));
    };
    portal->methods["catalog.product.list"] = [this](const portal_command& c) {
      return goods(c, 24, "products", products);
    };
    portal->methods["catalog.product.offer.list"] = [this](const portal_command& c) {
      return goods(c, 26, "offers", offers);
    };
    portal->methods["crm.deal.userfield.list"] = [](const portal_command& c) {
      const auto name = json::text_or(c.params.at("filter").as_object(), "FIELD_NAME");
      bj::array out;
      if (name == "UF_CRM_DELIVERY_TYPE")
        out.push_back(bj::parse(
            R"({"FIELD_NAME":"UF_CRM_DELIVERY_TYPE","USER_TYPE_ID":"enumeration","LIST":[{"ID":"45","VALUE":"Курьер","XML_ID":"courier"}]})"));
      else out.push_back(bj::object{{"FIELD_NAME", name}, {"USER_TYPE_ID", "string"}});
      return replied(out);
    };
    make();
  }
  void make() {
    connection = std::make_shared<client>(io.get_executor(), settings, portal, nullptr, nullptr, nullptr);
    subject = std::make_shared<crm>(connection);
  }
  portal_reply items(const portal_command& c) {
    const auto type = json::integer_or(c.params, "entityTypeId");
    bj::array out;
    if (c.params.at("filter").as_object().contains("@id"))
      for (const auto id : ids_of(c.params, "@id")) {
        if (gone.contains(id)) continue;
        bj::object item{{"id", id},
                        {"title", "T" + std::to_string(id)},
                        {"stageId", "C2:NEW"},
                        {"categoryId", 2},
                        {"opportunity", 100},
                        {"currencyId", "RUB"}};
        if (type == 3) item["name"] = "Анна";
        if (const auto it = extra.find({type, id}); it != extra.end())
          for (const auto& m : it->second) item[m.key()] = m.value();
        out.push_back(std::move(item));
      }
    return replied(bj::object{{"items", out}});
  }
  portal_reply rows(const portal_command& c) {
    const auto owners = ids_of(c.params, "=ownerId");
    const auto start = json::integer_or(c.params, "start");
    bj::array all;
    for (const auto owner : owners)
      for (int i = 0; i < rows_each; ++i)
        all.push_back(bj::object{{"id", owner * 1000 + i},
                                 {"ownerId", owner},
                                 {"ownerType", "D"},
                                 {"productId", first_product + i},
                                 {"productName", "P"},
                                 {"price", "10.50"},
                                 {"quantity", 2},
                                 {"type", row_type},
                                 {"sort", i * 10}});
    bj::array page;
    for (auto i = start; i < std::min<std::int64_t>(start + 50, static_cast<std::int64_t>(all.size())); ++i)
      page.push_back(all[static_cast<std::size_t>(i)]);
    auto r = replied(bj::object{{"productRows", page}});
    r.total = static_cast<std::int64_t>(all.size());
    if (start + 50 < r.total) r.next = start + 50;
    return r;
  }
  portal_reply goods(const portal_command& c, std::int64_t block, const char* wrapper,
                     const std::map<std::int64_t, std::string>& stock) {
    const auto& filter = c.params.at("filter").as_object();
    bj::array out;
    EXPECT_EQ(json::integer_or(filter, "iblockId"), block);
    for (const auto id : ids_of(c.params, "id"))
      if (const auto it = stock.find(id); it != stock.end()) out.push_back(bj::parse(it->second));
    return replied(bj::object{{wrapper, out}});
  }
  template <class T> T run(awaitable<T> task) { return test::run(io, std::move(task)); }

  asio::io_context io{1};
  config::portal settings;
  std::shared_ptr<test::fake_portal> portal;
  std::shared_ptr<client> connection;
  std::shared_ptr<crm> subject;
  std::set<std::int64_t> gone;
  std::map<std::pair<std::int64_t, std::int64_t>, bj::object> extra;
  std::map<std::int64_t, std::string> products, offers;
  int rows_each{2};
  std::int64_t first_product{0};
  int row_type{1};
};

} // namespace waybill::bitrix24
