// Pickup points: asked for by city, kept for a day in the account's cache, and the last good list is served when CDEK
// fails. Lists come and are read page by page, so that a big city does not hold up the loop.
#pragma once
#include "client.hpp"

#include <waybill/carrier.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::cdek {

// A point with the code of its city, which the vocabulary has no place for.
struct office {
  pickup_point point;
  std::int64_t city_code{0};
};

// Pure parts: one element of CDEK's array (kilograms become grams); ours for the cache and back.
std::optional<office> read_office(const json::value& v);
json::value stored(const office& o);
std::optional<office> restored(const json::value& v);
// What a query asks beyond the city: weight, cash on delivery, handing out.
bool fits(const office& o, const pickup_query& query);

class offices {
 public:
  offices(settings how, std::shared_ptr<client> api, std::shared_ptr<carrier_cache> cache, clock_fn clock);

  awaitable<result<std::vector<pickup_point>>> find(pickup_query query);
  // The city of one point; 0: CDEK does not know it.
  awaitable<result<std::int64_t>> city_of(std::string point_code);

 private:
  using list = std::shared_ptr<const std::vector<office>>;
  struct page_of {
    std::vector<office> points;
    std::size_t size{0}; // elements in CDEK's array, readable or not
  };
  struct kept {
    list points;
    instant read_at{};
    instant next_try{}; // after a failure
  };

  awaitable<result<list>> points(std::string scope, form_fields filter);
  awaitable<result<page_of>> load_page(form_fields filter, int page);
  awaitable<result<list>> load(form_fields filter);
  awaitable<std::optional<kept>> from_cache(std::string scope);
  awaitable<void> to_cache(std::string scope, list points, instant read_at);
  awaitable<result<std::vector<std::string>>> city_codes(std::string city, std::string postal_code);
  void remember(const std::string& scope, kept k);

  settings how_;
  std::shared_ptr<client> api_;
  std::shared_ptr<carrier_cache> cache_;
  clock_fn clock_;
  std::map<std::string, kept> memory_; // a few cities
};

} // namespace waybill::cdek
