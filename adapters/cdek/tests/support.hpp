// What the adapter's tests share: shipments, an in-process wire to the stand-in, a cache, a clock, files.
#pragma once
#include <cdek/adapter.hpp>
#include <cdek/sandbox.hpp>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <support/carrier.hpp>
#include <support/run.hpp>

namespace waybill::cdek::test {

using namespace waybill::test;

inline carrier_account account_for_tests() {
  carrier_account a;
  a.id = "cdek-test";
  a.type = "cdek";
  a.base_url = "http://carrier.test/v2";
  a.settings["account"] = std::string("test-account");
  a.settings["secure_password"] = secret("test-password");
  a.settings["sender.city_code"] = std::int64_t{44};
  a.settings["sender.address"] = std::string("ул. Ленина, 1");
  a.settings["sender.shipment_point"] = std::string("MSK67");
  a.sender = {"Отдел доставки", "ООО Клевер", "+74950001122", "", "shop@example.ru"};
  a.services = {{"courier", "137"}, {"pickup", "136"}, {"locker", "368"}, {"from_door", "139"}, {"express", "483"}};
  return a;
}

inline parcel parcel_for_tests() {
  item i;
  i.name = "Чайник";
  i.sku = "CH-7";
  i.quantity = 2;
  i.weight_g = 600;
  i.price = {1990'00, "RUB"};
  parcel p;
  p.number = "W-1001-1";
  p.weight_g = 1300;
  p.length_mm = 301;
  p.width_mm = 200;
  p.height_mm = 155;
  p.items.push_back(i);
  return p;
}

inline shipment shipment_for_tests() {
  shipment s;
  s.reference = "W-1001";
  s.service = "courier";
  s.recipient = {"Мария Котова", "", "+79160001122", "", "m.kotova@example.ru"};
  s.destination.raw = "Санкт-Петербург, Невский проспект, 30, кв. 8";
  s.destination.postal_code = "191186";
  s.destination.city = "Санкт-Петербург";
  s.destination.street = "Невский проспект";
  s.destination.house = "30";
  s.destination.flat = "8";
  s.parcels.push_back(parcel_for_tests());
  s.declared_value = {3980'00, "RUB"};
  return s;
}

inline shipment to_office() {
  shipment s = shipment_for_tests();
  s.service = "pickup";
  s.pickup_point = "SPB12";
  return s;
}

// The stand-in, an adapter before it, and the loop under both.
struct bench {
  asio::io_context io{1};
  std::shared_ptr<wire_client> http = std::make_shared<wire_client>();
  std::shared_ptr<wire_client> hooks = std::make_shared<wire_client>(); // what the stand-in posts to us
  std::vector<http_request> posted;
  int hook_status{200};
  std::shared_ptr<memory_cache> cache = std::make_shared<memory_cache>();
  std::unique_ptr<stand_in> carrier_side;
  carrier_account account = account_for_tests();
  patience quick{&shifted_now, std::chrono::milliseconds(2), std::chrono::milliseconds(2), 300, 300};
  std::unique_ptr<adapter> ours;

  explicit bench(carrier_account a = account_for_tests(), double speed = 200) : account(std::move(a)) {
    clock_shift() = std::chrono::milliseconds(0);
    hooks->handler = [this](http_request rq) { return take(std::move(rq)); };
    carrier_side = make_stand_in({io.get_executor(), hooks, speed});
    http->handler = [this](http_request rq) { return carrier_side->handle(std::move(rq)); };
    fresh();
  }
  // A new process: nothing in memory, the same cache.
  void fresh() { ours = std::make_unique<adapter>(carrier_context{account, http, cache, io.get_executor()}, quick); }

  awaitable<http_response> take(http_request rq) {
    posted.push_back(std::move(rq));
    http_response r;
    r.status = hook_status;
    co_return r;
  }
  template <class T> T run(awaitable<T> task) { return waybill::test::run(io, std::move(task)); }
  // Reads the order until it leaves `pending`.
  result<carrier_order> judged(const std::string& id) {
    for (;;) {
      auto o = run(ours->order(id));
      if (!o || (o->phase != order_phase::pending && !o->change_pending)) return o;
      run(sleep_for(std::chrono::milliseconds(2)));
    }
  }
  // Created and accepted.
  carrier_order made(const shipment& s) {
    auto created = run(ours->create_order(s));
    EXPECT_TRUE(created) << created.error().what;
    if (!created) return {};
    auto o = judged(created->id);
    EXPECT_TRUE(o) << o.error().what;
    if (!o) return {};
    EXPECT_EQ(o->phase, order_phase::active) << o->refusal.what;
    return *o;
  }
  void fault(std::string operation, std::string kind, int count = 1, std::string body = {}, int status = 500) {
    carrier_side->inject(
        {std::move(operation), std::move(kind), count, status, std::chrono::milliseconds(0), std::move(body)});
  }
  std::int64_t stat(std::string_view path) const {
    const auto state = carrier_side->state();
    const auto* v = json::at_path(state, path);
    return v == nullptr ? 0 : json::as_integer(*v).value_or(0);
  }
};

inline std::filesystem::path golden_folder() {
  return std::filesystem::path(WAYBILL_SOURCE_DIR) / "adapters/cdek/tests/golden";
}

} // namespace waybill::cdek::test
