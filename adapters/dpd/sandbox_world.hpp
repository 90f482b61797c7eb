// What the stand-in remembers, and the pieces it is made of. Used by sandbox_*.cpp only.
#pragma once
#include <waybill/carrier.hpp>
#include <waybill/json.hpp>
#include <waybill/soap.hpp>
#include <waybill/stand_in.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::dpd::sandbox {

// ---- shapes: what a request's elements may be, in their order ----

enum class leaf { text, number, decimal, yes_no, day, moment, group };
struct field {
  std::string_view name;
  leaf kind{leaf::text};
  bool required{false};
  bool many{false};
  std::span<const field> inside{};
};
struct operation {
  std::string_view service; // "order2"
  std::string_view name;    // "createOrder2"
  std::string_view called;  // as faults and counts name it: "create_order"
  std::span<const field> shape;
};
const operation* find_operation(std::string_view service, std::string_view name);
std::string_view space_of(std::string_view service); // empty: no such service
// What is wrong with the children of `in`, as the real server would word it; nothing: fine.
std::optional<std::string> misshapen(const soap::node& in, std::span<const field> shape);

// ---- the world ----

struct event {
  std::string number, reason, order_number; // order_number: told in a parameter
  bool partial{false};
  instant when{};
  bool confirmed{false};
};

struct order {
  std::string client, number, date, dpd, status, message; // status as getOrderStatus tells it
  std::string city, point, variant, service;
  std::vector<std::pair<std::string, std::string>> parcels; // number, kilograms
  std::vector<std::string> extras;                          // esCode
  json::array goods;                                        // unit loads as sent
  std::string value, phone;
  std::chrono::steady_clock::time_point numbered_at{}; // of a pending order
  bool refuse_then{false};
  std::deque<event> events;

  bool live() const { return status == "OK" || status == "OrderPending"; }
  bool made() const { return status != "OrderError"; }
  std::string last() const { return events.empty() ? "" : events.back().number; }
};

struct point {
  std::string_view code, name, kind; // kind: "ПВП", "П", "" for a depot
  std::int64_t city_id;
  std::string_view city, region, index, street, house;
  std::string_view state;
  std::int64_t parcel_kg, shipment_kg, side_cm, sum_cm; // 0: no limits
  std::string_view operations;                          // blank-separated
  std::string_view cash;                                // sum_npp; "-": no НПП, "": without a limit
};
struct town {
  std::int64_t id;
  std::string_view name, region;
  int region_code;
  std::string_view first_index, last_index;
};
std::span<const point> points();
std::span<const town> towns();

struct answer_parts {
  std::string children; // of <xxxResponse>
  std::optional<soap::fault_to_say> fault;
};

class world {
 public:
  explicit world(stand_in_context c) : context(std::move(c)) {}

  stand_in_context context;
  std::deque<order> orders; // in the order of acceptance; never erased
  std::map<std::string, std::int64_t> counts;
  std::shared_ptr<fault_list> faults = std::make_shared<fault_list>();
  std::map<std::int64_t, std::vector<std::pair<std::string, instant>>> packages; // docId -> DPD's or our number, moment

  // sandbox_orders.cpp
  answer_parts create(const soap::node& request, const std::string* refuse_later);
  answer_parts status(const soap::node& request);
  answer_parts cancel(const soap::node& request);
  answer_parts move_parcels(const soap::node& request, bool add);
  answer_parts invoice(const soap::node& request);
  answer_parts print(const soap::node& request);
  void ripen(); // pending orders whose time has come

  // sandbox_feed.cpp
  answer_parts events(const soap::node& request, const std::string& client);
  answer_parts confirm(const soap::node& request);
  answer_parts states(const soap::node& request);
  result<void> advance(const std::string& reference, std::string code, std::string reason);
  void put_event(order& o, std::string number, std::string reason = {});

  // sandbox_lists.cpp
  answer_parts shops(const soap::node& request);
  answer_parts terminals();
  answer_parts cities(const soap::node& request);
  answer_parts cost(const soap::node& request, bool by_parcels);

  order* find(std::string_view client, std::string_view number, std::string_view date);
  order* by_dpd(std::string_view dpd);

 private:
  void number_now(order& o);
  std::int64_t next_number_{19'300'001};
  std::int64_t next_package_{17'600'000'001};
};

answer_parts refused(std::string_view service, std::string code, std::string message);
std::string moscow_day(instant when);
std::string moscow_moment(instant when); // without a zone

} // namespace waybill::dpd::sandbox
