// The delivery service on a portal and a carrier that the tests play. No Redis: see requests_fixture.hpp.
#pragma once
#include <delivery/service.hpp>
#include <waybill/carrier.hpp>
#include <waybill/json.hpp>
#include <workflow/services.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/run.hpp>

namespace waybill::delivery::test {

using namespace std::chrono_literals;

enum class mood { answers, never, throws };

// What it is told to say, as often as it is asked.
class played_carrier final : public carrier {
 public:
  const capabilities& can() const override { return can_; }
  awaitable<result<std::string>> probe() override { co_return fail(errc::internal, "not played"); }
  awaitable<result<carrier_order>> create_order(shipment) override { co_return fail(errc::internal, "not played"); }
  awaitable<result<carrier_order>> order(std::string) override { co_return fail(errc::internal, "not played"); }
  awaitable<result<std::vector<quote>>> quote_for(shipment s) override {
    asked.push_back(std::move(s));
    if (how == mood::throws) throw std::logic_error("a broken adapter");
    if (how == mood::never) co_await sleep_for(24h);
    co_return says;
  }

  mood how{mood::answers};
  result<std::vector<quote>> says{std::vector<quote>{}};
  std::vector<shipment> asked;

 private:
  capabilities can_;
};

class played_portal final : public portal_reader {
 public:
  awaitable<result<sale::place_of_shipment>> place_of(std::string, std::int64_t shipment) override {
    verified.push_back(shipment);
    if (how == mood::throws) throw std::logic_error("a broken portal");
    if (how == mood::never) co_await sleep_for(24h);
    if (broken) co_return fail(*broken);
    const auto it = places.find(shipment);
    if (it == places.end()) co_return fail(errc::not_found, "no such shipment");
    co_return it->second;
  }
  awaitable<result<std::vector<sale::shipment_property>>> properties(std::string) override {
    ++property_reads;
    if (how == mood::never) co_await sleep_for(24h);
    if (broken) co_return fail(*broken);
    co_return known;
  }

  mood how{mood::answers};
  std::optional<fault> broken;
  std::map<std::int64_t, sale::place_of_shipment> places;
  std::vector<sale::shipment_property> known;
  std::vector<std::int64_t> verified;
  int property_reads{0};
};

inline sale::shipment_property property(std::int64_t id, std::string type, std::string code, bool from = false,
                                        bool to = false) {
  sale::shipment_property p;
  p.id = id;
  p.type = std::move(type);
  p.code = std::move(code);
  p.address_from = from;
  p.address_to = to;
  return p;
}

inline std::vector<sale::shipment_property> usual_properties() {
  return {property(71, "ADDRESS", "FROM", true), property(72, "ADDRESS", "TO", false, true),
          property(73, "STRING", "WAYBILL_PVZ"), property(74, "STRING", "NOTE")};
}

inline sale::place_of_shipment place(std::int64_t shipment, std::int64_t order, std::int64_t deal,
                                     std::int64_t service = 41) {
  sale::place_of_shipment p;
  p.what.id = shipment;
  p.what.order = order;
  p.what.service = service;
  p.deal = deal;
  return p;
}

inline quote quote_of(std::int64_t minor, int days_min = 2, int days_max = 4, std::string currency = "RUB") {
  quote q;
  q.service = "137";
  q.service_name = "Посылка";
  q.cost = {minor, std::move(currency)};
  q.days_min = days_min;
  q.days_max = days_max;
  return q;
}

// A shipment of the courier service to Tver, everything filled in. Tests change what they are about.
inline json::object shipment_json(std::int64_t id = 501) {
  auto parsed = json::parse(R"({
    "ID": 501,
    "DELIVERY_SERVICE": {"ID": 41, "CONFIG": [{"CODE": "PROFILE_TYPE", "VALUE": "courier"}],
                         "PARENT": {"ID": 40, "CONFIG": [{"CODE": "WAYBILL_KEY", "VALUE": "main"}]}},
    "PRICE": 2400, "CURRENCY": "RUB", "WEIGHT": 1800,
    "PROPERTY_VALUES": [
      {"ID": 71, "TYPE": "ADDRESS", "VALUE": {"LATITUDE": null, "LONGITUDE": null, "FIELDS": {"LOCALITY": "Клин", "ADDRESS_LINE_1": "Заводская, 1"}}},
      {"ID": 72, "TYPE": "ADDRESS", "VALUE": {"LATITUDE": 56.859, "LONGITUDE": 35.911, "FIELDS": {
        "POSTAL_CODE": "170100", "COUNTRY": "Россия", "ADM_LEVEL_1": "Тверская область", "LOCALITY": "Тверь",
        "STREET": "Советская улица", "BUILDING": "34", "ROOM": "7", "ADDRESS_LINE_1": "Советская улица, 34"}}},
      {"ID": 73, "TYPE": "STRING", "VALUE": ""}],
    "ITEMS": [
      {"NAME": "Лампа", "PRICE": 900, "WEIGHT": 700, "CURRENCY": "RUB", "QUANTITY": 2, "DIMENSIONS": {"WIDTH": 150, "HEIGHT": 300, "LENGTH": 160}},
      {"NAME": "Плафон", "PRICE": 600, "WEIGHT": 400, "CURRENCY": "RUB", "QUANTITY": 1, "DIMENSIONS": {"WIDTH": 120, "HEIGHT": 120, "LENGTH": 120}}],
    "EXTRA_SERVICES_VALUES": [],
    "RESPONSIBLE_CONTACT": {"NAME": "Вера Котова", "PHONES": []},
    "RECIPIENT_CONTACT": {"NAME": "Пётр Ильин", "PHONES": [{"TYPE": "WORK", "VALUE": "8 (4822) 00-00-01"}, {"TYPE": "MOBILE", "VALUE": "8 920 000-00-02"}]}
  })");
  auto out = parsed->get_object();
  out["ID"] = id;
  return out;
}
inline std::string calculation(json::object shipment = shipment_json()) {
  json::object o;
  o["SHIPMENT"] = std::move(shipment);
  return json::serialize(o);
}
inline std::string order(std::vector<json::object> shipments) {
  json::array all;
  for (auto& s : shipments) all.push_back(std::move(s));
  json::object o;
  o["SHIPMENTS"] = std::move(all);
  return json::serialize(o);
}

class delivery_fixture : public testing::Test {
 protected:
  delivery_fixture() {
    config::portal portal;
    portal.id = "main";
    portal.webhook_secret = secret("delivery-secret-0123456789");
    portal.service.emplace();
    portal.service->name = "Доставка";
    file->portals.push_back(portal);
    portal.id = "plain";
    portal.service.reset();
    file->portals.push_back(portal);
    carrier_account account;
    account.id = "acme-1";
    account.type = "acme";
    file->carriers.push_back(account);
    file->routes.push_back(
        {.portal = "main", .delivery_types = {"courier", "pickup"}, .carrier = "acme-1", .with = {}});
    services->ex = io.get_executor();
    services->settings = file;
    for (const auto& p : file->portals) {
      workflow::portal_link link;
      link.settings = &p;
      services->portals.emplace(p.id, link);
    }
    workflow::carrier_link link;
    link.account = &file->carriers.front();
    link.api = acme;
    services->carriers.emplace("acme-1", link);
    portal_side->known = usual_properties();
    portal_side->places[501] = place(501, 90, 759);
    portal_side->places[502] = place(502, 90, 759);
    acme->says = std::vector<quote>{quote_of(43'250)};
    how.clock = [this] { return now; };
  }

  config::portal& settings() { return file->portals.front(); }
  service& tested() {
    if (!service_) service_ = std::make_unique<service>(services, portal_side, how);
    return *service_;
  }
  template <class T> T run(awaitable<T> task) { return waybill::test::run(io, std::move(task)); }
  // The answer, which must be a JSON object whatever was sent.
  json::object ask(call what, std::string body, std::string portal = "main") {
    const auto text = run(tested().answer(what, std::move(portal), std::move(body)));
    const auto parsed = json::parse(text);
    EXPECT_TRUE(parsed && parsed->is_object()) << text;
    return parsed && parsed->is_object() ? parsed->get_object() : json::object{};
  }
  static std::string success(const json::object& o) { return json::text_or(o, "SUCCESS"); }
  static std::string reason(const json::object& o) {
    const auto* r = json::child(o, "REASON");
    return r == nullptr ? std::string{} : json::text_or(*r, "TEXT");
  }

  asio::io_context io{1};
  steady::time_point now{steady::now()};
  std::shared_ptr<config::file> file{std::make_shared<config::file>()};
  std::shared_ptr<workflow::services> services{std::make_shared<workflow::services>()};
  std::shared_ptr<played_portal> portal_side{std::make_shared<played_portal>()};
  std::shared_ptr<played_carrier> acme{std::make_shared<played_carrier>()};
  options how;
  std::unique_ptr<service> service_;
};

} // namespace waybill::delivery::test
