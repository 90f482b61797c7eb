// What the adapter's tests share: shipments, an in-process wire to the stand-in, a cache, a clock.
#pragma once
#include <moysklad/adapter.hpp>
#include <moysklad/sandbox.hpp>

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <support/carrier.hpp>
#include <support/run.hpp>

namespace waybill::moysklad::test {

using namespace waybill::test;

inline constexpr const char* hook_url = "https://waybill.test/carriers/ms/secret-one";

inline carrier_account account_for_tests() {
  carrier_account a;
  a.id = "ms";
  a.type = "moysklad";
  a.base_url = "http://erp.test/api/remap/1.2";
  a.settings["token"] = secret("token-for-tests");
  a.settings["requests_per_3s"] = std::int64_t{45};
  return a;
}

// With the additional fields that the stand-in's account has.
inline carrier_account with_fields() {
  carrier_account a = account_for_tests();
  a.settings["attributes.tracking_number"] = std::string("Трек-номер");
  a.settings["attributes.tracking_url"] = std::string("Ссылка отслеживания");
  a.settings["attributes.carrier"] = std::string("Перевозчик");
  a.settings["attributes.status"] = std::string("Статус доставки");
  a.settings["attributes.cost"] = std::string("Стоимость доставки");
  a.settings["attributes.reference"] = std::string("Номер сделки");
  return a;
}

inline item item_of(std::string code, std::int64_t quantity = 1, std::int64_t kopecks = 1490'00) {
  item i;
  i.name = "Товар " + code;
  i.code = std::move(code);
  i.quantity = quantity;
  i.price = {kopecks, "RUB"};
  i.vat_percent = 20;
  return i;
}

inline shipment shipment_of(std::vector<item> items, std::string reference = "B24-main-1001") {
  shipment s;
  s.reference = std::move(reference);
  s.service = "courier";
  s.recipient = {"Мария Котова", "", "+79160001122", "", "m.kotova@example.ru"};
  s.destination.raw = "Санкт-Петербург, Невский проспект, 30, кв. 8";
  s.destination.postal_code = "191186";
  s.destination.city = "Санкт-Петербург";
  s.destination.street = "Невский проспект";
  s.destination.house = "30";
  s.destination.flat = "8";
  s.comment = "позвонить за час";
  parcel p;
  p.number = "1";
  p.weight_g = 1200;
  p.items = std::move(items);
  s.parcels.push_back(std::move(p));
  return s;
}

inline shipment two_kettles() { return shipment_of({item_of("CH-7", 2)}); }

// The stand-in, an adapter before it, and the loop under both.
struct bench {
  asio::io_context io{1};
  std::shared_ptr<wire_client> http = std::make_shared<wire_client>();
  std::shared_ptr<wire_client> hooks = std::make_shared<wire_client>(); // what the stand-in posts to us
  std::vector<http_request> posted;
  int hook_status{200};
  std::shared_ptr<memory_cache> cache = std::make_shared<memory_cache>();
  std::unique_ptr<stand_in> peer;
  carrier_account account;
  pacing quick{std::chrono::milliseconds(3), std::chrono::milliseconds(5'000)};
  std::unique_ptr<adapter> ours;

  explicit bench(carrier_account a = account_for_tests()) : account(std::move(a)) {
    clock_shift() = std::chrono::milliseconds(0);
    hooks->handler = [this](http_request rq) { return take(std::move(rq)); };
    peer = make_stand_in({io.get_executor(), hooks, 2000});
    http->handler = [this](http_request rq) { return peer->handle(std::move(rq)); };
    fresh();
  }
  // A new process: nothing in memory, the same cache.
  void fresh() {
    ours = std::make_unique<adapter>(carrier_context{account, http, cache, io.get_executor(), hook_url}, &shifted_now,
                                     quick);
  }
  awaitable<http_response> take(http_request rq) {
    posted.push_back(std::move(rq));
    http_response r;
    r.status = hook_status;
    co_return r;
  }
  template <class T> T run(awaitable<T> task) { return waybill::test::run(io, std::move(task)); }
  carrier_order made(const shipment& s) {
    auto o = run(ours->create_order(s));
    EXPECT_TRUE(o) << o.error().what;
    return o ? *o : carrier_order{};
  }
  carrier_order looked(const std::string& id) {
    auto o = run(ours->order(id));
    EXPECT_TRUE(o) << o.error().what;
    return o ? *o : carrier_order{};
  }
  carrier_order told(const std::string& id, const progress& p) {
    auto o = run(ours->tell_progress(id, p));
    EXPECT_TRUE(o) << o.error().what;
    return o ? *o : carrier_order{};
  }
  void fault(std::string operation, std::string kind, int count = 1, std::string body = {}, int status = 500) {
    peer->inject({std::move(operation), std::move(kind), count, status, std::chrono::milliseconds(0), std::move(body)});
  }
  void moved(const std::string& code, const std::string& reason = {}, const std::string& reference = "B24-main-1001") {
    const auto done = peer->advance(reference, code, reason);
    EXPECT_TRUE(done) << done.error().what;
  }
  std::int64_t stat(std::string_view path) const {
    const auto state = peer->state();
    const auto* v = json::at_path(state, path);
    return v == nullptr ? 0 : json::as_integer(*v).value_or(0);
  }
  std::string word(std::string_view path) const {
    const auto state = peer->state();
    const auto* v = json::at_path(state, path);
    return v == nullptr ? std::string() : json::as_text(*v).value_or("");
  }
  std::size_t many(std::string_view list) const {
    const auto state = peer->state();
    const auto* v = json::at_path(state, list);
    return v == nullptr || !v->is_array() ? 0 : v->get_array().size();
  }
  std::size_t changes() const {
    std::size_t n = 0;
    for (const auto& rq : http->seen) n += rq.method == "GET" ? 0U : 1U;
    return n;
  }
};

inline progress travelling() {
  progress p;
  p.carrier = "СДЭК";
  p.number = "10040000001";
  p.tracking_url = "https://track.test/10040000001";
  p.reached = status::in_transit;
  p.cost = money{412'50, "RUB"};
  p.stage = "EXECUTING";
  return p;
}

inline std::vector<status> canonical_of(const carrier_order& o) {
  std::vector<status> out;
  for (const auto& e : o.events) out.push_back(e.canonical);
  return out;
}

} // namespace waybill::moysklad::test
