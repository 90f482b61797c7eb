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
#include <support/run.hpp>

namespace waybill::cdek::test {

// Carries requests straight into a handler, as the pool would over a socket, and remembers them.
struct wire_client final : http_client {
  std::function<awaitable<http_response>(http_request)> handler;
  std::vector<http_request> seen;

  awaitable<result<http_response>> send(http_request rq) override {
    seen.push_back(rq);
    const std::string_view url = rq.url;
    const auto host = url.find("://") + 3;
    const auto slash = std::min(url.find('/', host), url.size());
    const auto question = std::min(url.find('?', slash), url.size());
    rq.path = std::string(url.substr(slash, question - slash));
    rq.query = question < url.size() ? std::string(url.substr(question + 1)) : std::string();
    http_response answer = co_await handler(std::move(rq));
    if (answer.status == 0) co_return fail(errc::outcome_unknown, "the connection was closed without an answer");
    co_return answer;
  }
  std::size_t count(std::string_view label) const {
    std::size_t n = 0;
    for (const auto& rq : seen) n += rq.label == label ? 1U : 0U;
    return n;
  }
};

struct memory_cache final : carrier_cache {
  std::map<std::string, std::string> values;
  awaitable<result<std::optional<std::string>>> get(std::string key) override {
    const auto it = values.find(key);
    std::optional<std::string> found;
    if (it != values.end()) found = it->second;
    co_return found;
  }
  awaitable<result<void>> put(std::string key, std::string value, std::chrono::milliseconds) override {
    values[key] = std::move(value);
    co_return result<void>{};
  }
  awaitable<result<void>> forget(std::string key) override {
    values.erase(key);
    co_return result<void>{};
  }
};

// The wall clock plus what a test adds to it.
inline std::chrono::milliseconds& clock_shift() {
  static std::chrono::milliseconds shift{0};
  return shift;
}
inline instant shifted_now() { return now() + clock_shift(); }

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
inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

} // namespace waybill::cdek::test
