#include "places.hpp"

#include <waybill/kept_list.hpp>
#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <set>

#include <boost/asio/post.hpp>

namespace waybill::dpd {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t rows_of_a_piece = 500, rows_of_a_turn = 250;
constexpr std::size_t most_bytes = 64 * 1024 * 1024;
constexpr auto fresh_for = std::chrono::hours(24);
constexpr auto kept_for = std::chrono::hours(24 * 60); // the last good list, when DPD fails for long
constexpr auto pause_after_failure = 5min;
constexpr std::string_view places_key = "places", cities_key = "cities";

template <class T> kept_list pieces_of(const std::vector<T>& all, instant read_at) {
  kept_list out;
  out.read_at = read_at;
  for (std::size_t at = 0; at < all.size(); at += rows_of_a_piece) {
    json::array piece;
    for (std::size_t i = at; i < std::min(all.size(), at + rows_of_a_piece); ++i) piece.push_back(stored(all[i]));
    out.pieces.push_back(json::serialize(piece));
  }
  return out;
}

template <class T, class Read> std::shared_ptr<const std::vector<T>> rows_of(const kept_list& kept, Read read) {
  auto all = std::make_shared<std::vector<T>>();
  for (const std::string& piece : kept.pieces) {
    const auto parsed = json::parse(piece);
    const auto* list = parsed ? parsed->if_array() : nullptr;
    if (list == nullptr) return nullptr;
    for (const auto& row : *list)
      if (auto one = read(row)) all->push_back(std::move(*one));
  }
  return all;
}

call list_call(std::string operation, std::string body) {
  call c;
  c.to = wire::geography;
  c.operation = std::move(operation);
  c.body = std::move(body);
  c.timeout = 60s;
  c.max_bytes = most_bytes;
  return c;
}

std::string country_request(const settings& how) {
  soap::writer w;
  w.open("request");
  write_auth(w, how);
  w.put("countryCode", how.country);
  return w.take();
}

// A long list is read in turns, so that the loop serves others in between.
awaitable<void> breathe(std::size_t row) {
  if (row % rows_of_a_turn != rows_of_a_turn - 1) co_return;
  const auto ex = co_await asio::this_coro::executor;
  co_await asio::post(ex, asio::use_awaitable);
}

} // namespace

places::places(settings how, std::shared_ptr<client> api, std::shared_ptr<carrier_cache> cache, executor ex,
               clock_fn clock)
    : how_(std::move(how)), api_(std::move(api)), cache_(std::move(cache)), ex_(std::move(ex)), clock_(clock) {}

template <class T> bool places::stale(const list<T>& l) const {
  return !l.fetching && clock_() >= l.next_try && (l.rows == nullptr || clock_() - l.read_at >= fresh_for);
}

awaitable<void> places::from_cache() {
  if (cache_read_) co_return;
  cache_read_ = true;
  const auto self = shared_from_this();
  const auto kept_places = co_await read_kept(cache_, std::string(places_key));
  if (kept_places && places_.rows == nullptr) {
    places_.rows = rows_of<place>(*kept_places, restored_place);
    places_.read_at = kept_places->read_at;
  }
  const auto kept_cities = co_await read_kept(cache_, std::string(cities_key));
  if (kept_cities && cities_.rows == nullptr) {
    cities_.rows = rows_of<city>(*kept_cities, restored_city);
    cities_.read_at = kept_cities->read_at;
  }
}

awaitable<result<std::shared_ptr<const std::vector<place>>>> places::load_places() {
  auto all = std::make_shared<std::vector<place>>();
  std::set<std::string> seen;
  call shops = list_call("getParcelShops", country_request(how_));
  const auto first = co_await api_->ask(std::move(shops));
  if (!first) co_return fail(first.error());
  std::size_t n = 0;
  for (const soap::node& row : first->response.child("return").children("parcelShop")) {
    co_await breathe(n++);
    auto p = read_place(row);
    if (p && seen.insert(p->point.code).second) all->push_back(std::move(*p));
  }
  // No wrapper here, unlike everywhere else.
  soap::writer w;
  write_auth(w, how_);
  call terminals = list_call("getTerminalsSelfDelivery2", w.take());
  const auto second = co_await api_->ask(std::move(terminals));
  if (!second) co_return fail(second.error());
  for (const soap::node& row : second->response.child("return").children("terminal")) {
    co_await breathe(n++);
    auto p = read_place(row);
    // A code in both lists is the parcel shop's.
    if (p && p->point.location.country_code == how_.country && seen.insert(p->point.code).second)
      all->push_back(std::move(*p));
  }
  co_return std::shared_ptr<const std::vector<place>>(std::move(all));
}

awaitable<result<std::shared_ptr<const std::vector<city>>>> places::load_cities() {
  auto all = std::make_shared<std::vector<city>>();
  call c = list_call("getCitiesCashPay", country_request(how_));
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  std::size_t n = 0;
  for (const soap::node& row : answer->response.children("return")) {
    co_await breathe(n++);
    if (auto one = read_city(row)) all->push_back(std::move(*one));
  }
  co_return std::shared_ptr<const std::vector<city>>(std::move(all));
}

awaitable<void> places::refresh_places() {
  const auto self = shared_from_this();
  auto got = co_await load_places();
  places_.fetching = false;
  // An empty list where there was one is DPD's trouble and not a country without points.
  const bool usable = got && (places_.rows == nullptr || places_.rows->empty() || !(*got)->empty());
  if (!usable) {
    places_.next_try = clock_() + pause_after_failure;
    log::warn("DPD gave no list of pickup points", {{"what", got ? "an empty list" : got.error().what}});
    co_return;
  }
  places_.rows = *got;
  places_.read_at = clock_();
  kept_list pieces = pieces_of(**got, places_.read_at);
  const auto kept = co_await write_kept(cache_, std::string(places_key), std::move(pieces), kept_for);
  if (!kept) log::warn("DPD's pickup points could not be kept", {{"what", kept.error().what}});
}

awaitable<void> places::refresh_cities() {
  const auto self = shared_from_this();
  auto got = co_await load_cities();
  cities_.fetching = false;
  const bool usable = got && (cities_.rows == nullptr || cities_.rows->empty() || !(*got)->empty());
  if (!usable) {
    cities_.next_try = clock_() + pause_after_failure;
    log::warn("DPD gave no list of cities", {{"what", got ? "an empty list" : got.error().what}});
    co_return;
  }
  cities_.rows = *got;
  cities_.read_at = clock_();
  kept_list pieces = pieces_of(**got, cities_.read_at);
  const auto kept = co_await write_kept(cache_, std::string(cities_key), std::move(pieces), kept_for);
  if (!kept) log::warn("DPD's cities could not be kept", {{"what", kept.error().what}});
}

awaitable<result<std::shared_ptr<const std::vector<place>>>> places::all_places() {
  co_await from_cache();
  if (stale(places_)) {
    // Somebody waits for the first list; a later one is fetched behind the answer.
    places_.fetching = true;
    if (places_.rows == nullptr) co_await refresh_places();
    else spawn(ex_, "dpd.places", refresh_places());
  }
  if (places_.rows == nullptr)
    co_return fail(errc::unavailable, "DPD has not given its list of pickup points yet", "dpd.no_places");
  co_return places_.rows;
}

awaitable<result<std::vector<pickup_point>>> places::find(pickup_query query) {
  const auto all = co_await all_places();
  if (!all) co_return fail(all.error());
  std::int64_t city_id = 0;
  if (query.city.empty() && query.city_code.empty() && query.code.empty() && !query.postal_code.empty()) {
    address a;
    a.country_code = how_.country;
    a.postal_code = query.postal_code;
    const auto c = co_await known_city(std::move(a));
    if (!c) co_return fail(errc::address, "DPD's list of cities has none for this postal code", "dpd.unknown_city");
    city_id = c->id;
  }
  const std::string wanted = lower_text(query.city);
  std::vector<pickup_point> out;
  for (const place& p : **all) {
    if (query.code.empty() && !wanted.empty() && lower_text(p.point.location.city) != wanted) continue;
    if (city_id != 0 && p.city_id != city_id) continue;
    if (fits(p, query)) out.push_back(p.point);
  }
  co_return out;
}

awaitable<std::optional<place>> places::known_place(std::string code) {
  co_await from_cache();
  if (stale(places_)) {
    places_.fetching = true;
    spawn(ex_, "dpd.places", refresh_places());
  }
  if (places_.rows == nullptr) co_return std::nullopt;
  for (const place& p : *places_.rows)
    if (p.point.code == code) co_return p;
  co_return std::nullopt;
}

awaitable<std::optional<city>> places::known_city(address a) {
  co_await from_cache();
  if (stale(cities_)) {
    cities_.fetching = true;
    spawn(ex_, "dpd.cities", refresh_cities());
  }
  if (cities_.rows == nullptr) co_return std::nullopt;
  const city* found = find_city(*cities_.rows, a);
  if (found == nullptr) co_return std::nullopt;
  co_return *found;
}

} // namespace waybill::dpd
