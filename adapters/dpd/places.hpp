// Points and cities: read whole once a day, kept in the account's cache, and the last good list serves while DPD fails.
#pragma once
#include "client.hpp"
#include "mapping.hpp"

#include <waybill/carrier.hpp>
#include <waybill/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::dpd {

// A parcel shop or a depot, with what the vocabulary has no place for. Absent limits are 0: none.
struct place {
  pickup_point point;
  std::int64_t city_id{0};
  std::string city_code;
  std::int64_t heaviest_parcel_g{0}, heaviest_shipment_g{0};
  std::int64_t length_mm{0}, width_mm{0}, height_mm{0}, sides_sum_mm{0};
  bool cash_offered{false};          // extra service НПП
  std::int64_t most_cash{-1};        // of it, in kopecks; -1: no limit
  std::vector<std::string> services; // tariffs; empty: unknown
};
struct city {
  std::int64_t id{0};
  std::string country, region, name;
  std::int64_t first_index{0}, last_index{0}; // postal codes; 0: unknown
};

// ---- pure parts ----
// Nothing: no code, or not open.
std::optional<place> read_place(const soap::node& shop_or_terminal);
std::optional<city> read_city(const soap::node& row);
json::value stored(const place& p);
std::optional<place> restored_place(const json::value& v);
json::value stored(const city& c);
std::optional<city> restored_city(const json::value& v);
bool fits(const place& p, const pickup_query& query);
// Why this shipment cannot go to this point by this tariff.
std::optional<fault> unfit(const place& p, const shipment& s, const std::string& tariff);
// The one city that is meant: by postal code and name, by either alone when that says it.
const city* find_city(const std::vector<city>& all, const address& a);

class places : public std::enable_shared_from_this<places> {
 public:
  places(settings how, std::shared_ptr<client> api, std::shared_ptr<carrier_cache> cache, executor ex, clock_fn clock);

  awaitable<result<std::vector<pickup_point>>> find(pickup_query query);
  // Without waiting for DPD: what is already known, and a fresh list is fetched behind it. Absent: not known.
  awaitable<std::optional<place>> known_place(std::string code);
  awaitable<std::optional<city>> known_city(address a);

 private:
  template <class T> struct list {
    std::shared_ptr<const std::vector<T>> rows; // null: none yet
    instant read_at{};
    instant next_try{}; // after a failure
    bool fetching{false};
  };

  awaitable<result<std::shared_ptr<const std::vector<place>>>> all_places();
  awaitable<result<std::shared_ptr<const std::vector<place>>>> load_places();
  awaitable<result<std::shared_ptr<const std::vector<city>>>> load_cities();
  awaitable<void> from_cache();
  template <class T> bool stale(const list<T>& l) const;
  awaitable<void> refresh_places();
  awaitable<void> refresh_cities();

  settings how_;
  std::shared_ptr<client> api_;
  std::shared_ptr<carrier_cache> cache_;
  executor ex_;
  clock_fn clock_;
  list<place> places_;
  list<city> cities_;
  bool cache_read_{false};
};

} // namespace waybill::dpd
