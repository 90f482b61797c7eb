// What the adapter's tests share: an account, shipments, an in-process wire to the stand-in, a cache, a clock.
#pragma once
#include <waybill/json.hpp>

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <dpd/adapter.hpp>
#include <dpd/sandbox.hpp>
#include <gtest/gtest.h>
#include <support/carrier.hpp>
#include <support/run.hpp>

namespace waybill::dpd::test {

using namespace waybill::test;

inline carrier_account account_for_tests() {
  carrier_account a;
  a.id = "dpd-test";
  a.type = "dpd";
  a.base_url = "http://carrier.test/services";
  a.settings["client_number"] = std::string("1007000123");
  a.settings["client_key"] = secret("key-for-tests");
  a.settings["sender.terminal_code"] = std::string("M07");
  a.settings["sender.city"] = std::string("Москва");
  a.settings["sender.street"] = std::string("Бутырская");
  a.settings["sender.street_abbr"] = std::string("ул");
  a.settings["sender.house"] = std::string("8");
  a.settings["pickup_on_weekends"] = true;
  a.sender = {"Отдел доставки", "ООО Клевер", "+74950001122", "", "shop@example.ru"};
  a.services = {{"courier", "PCL"}, {"pickup", "PCL"}, {"from_door", "PCL:ДД"}, {"express", "NDY:ТД"}};
  return a;
}

inline item kettle() {
  item i;
  i.name = "Чайник";
  i.sku = "CH-7";
  i.quantity = 2;
  i.weight_g = 600;
  i.price = {1990'00, "RUB"};
  return i;
}

inline parcel parcel_for_tests(std::string number = "1") {
  parcel p;
  p.number = std::move(number);
  p.weight_g = 1300;
  p.length_mm = 305;
  p.width_mm = 200;
  p.height_mm = 150;
  return p;
}

inline shipment shipment_for_tests() {
  shipment s;
  s.reference = "B24-main-1001";
  s.service = "courier";
  s.recipient = {"Мария Котова", "", "+79160001122", "", "m.kotova@example.ru"};
  s.destination.raw = "Санкт-Петербург, Невский проспект, 30к2, кв. 8";
  s.destination.postal_code = "191186";
  s.destination.city = "Санкт-Петербург";
  s.destination.street = "Невский проспект";
  s.destination.house = "30к2";
  s.destination.flat = "8";
  s.parcels.push_back(parcel_for_tests());
  s.parcels.front().items.push_back(kettle());
  s.declared_value = {3980'00, "RUB"};
  return s;
}

inline shipment to_point(std::string code = "512S") {
  shipment s = shipment_for_tests();
  s.service = "pickup";
  s.pickup_point = std::move(code);
  return s;
}

// Paid at delivery: two kettles and the delivery itself.
inline shipment paid_at_delivery(shipment s) {
  item& i = s.parcels.front().items.front();
  i.cash_on_delivery = i.price;
  i.vat_percent = 22;
  s.delivery_fee = {350'00, "RUB"};
  s.cash_on_delivery = {2 * 1990'00 + 350'00, "RUB"};
  return s;
}

// One line of DPD's day, three days from now or so.
inline std::string day_from_now(int days) { return to_date(now() + std::chrono::hours(24 * days + 3)); }

// The stand-in, an adapter before it, and the loop under both.
struct bench {
  asio::io_context io{1};
  std::shared_ptr<wire_client> http = std::make_shared<wire_client>();
  std::shared_ptr<memory_cache> cache = std::make_shared<memory_cache>();
  std::unique_ptr<stand_in> carrier_side;
  carrier_account account;
  std::unique_ptr<adapter> ours;

  explicit bench(carrier_account a = account_for_tests()) : account(std::move(a)) {
    clock_shift() = std::chrono::milliseconds(0);
    // Slow as in life: what happens by itself is not to happen within a test.
    carrier_side = make_stand_in({io.get_executor(), http, 1.0});
    http->handler = [this](http_request rq) { return carrier_side->handle(std::move(rq)); };
    fresh();
  }
  // A new process: nothing in memory, the same cache.
  void fresh() {
    ours = std::make_unique<adapter>(carrier_context{account, http, cache, io.get_executor()}, &shifted_now);
  }
  template <class T> T run(awaitable<T> task) { return waybill::test::run(io, std::move(task)); }

  result<carrier_order> create(const shipment& s) { return run(ours->create_order(s)); }
  result<carrier_order> look(const std::string& id) { return run(ours->order(id)); }
  carrier_order made(const shipment& s) {
    auto o = create(s);
    EXPECT_TRUE(o) << o.error().what;
    if (!o) return {};
    EXPECT_EQ(o->phase, order_phase::active);
    return *o;
  }
  // Read, kept and confirmed until nothing is left; the orders that were named.
  std::vector<std::string> all_news() {
    std::vector<std::string> out;
    for (int n = 0; n < 50; ++n) {
      auto f = run(ours->read_feed());
      EXPECT_TRUE(f) << f.error().what;
      if (!f) break;
      for (const auto& notice : f->notices) out.push_back(notice.reference);
      if (!f->receipt.empty()) {
        const auto done = run(ours->confirm_feed(f->receipt));
        EXPECT_TRUE(done) << done.error().what;
      }
      if (!f->more) break;
    }
    return out;
  }
  void advance(const std::string& reference, const std::string& code = {}, const std::string& reason = {}) {
    const auto moved = carrier_side->advance(reference, code, reason);
    EXPECT_TRUE(moved) << moved.error().what;
  }
  // The newest that moves something.
  static std::optional<status> reached(const carrier_order& o) {
    const tracking_event* newest = nullptr;
    for (const auto& e : o.events)
      if (e.known && (newest == nullptr || newest->when <= e.when)) newest = &e;
    return newest == nullptr ? std::nullopt : std::optional(newest->canonical);
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
  std::string text(std::string_view path) const {
    const auto state = carrier_side->state();
    const auto* v = json::at_path(state, path);
    return v == nullptr ? "" : json::as_text(*v).value_or("");
  }
  std::int64_t made_of(const std::string& reference) const {
    const auto state = carrier_side->state();
    const auto* all = json::child(state.as_object(), "created_by_number");
    return all == nullptr ? 0 : json::integer_or(*all, reference);
  }
};

} // namespace waybill::dpd::test
