#include "offices.hpp"

#include "wire.hpp"

#include <waybill/kept_list.hpp>
#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>

namespace waybill::cdek {
namespace {

using namespace std::chrono_literals;

constexpr int page_size = 1000, most_pages = 100;
constexpr std::size_t most_remembered = 24; // lists in memory
constexpr auto fresh_for = std::chrono::hours(24);
constexpr auto kept_for = std::chrono::hours(24 * 60); // the last good list, when CDEK fails for long
constexpr auto pause_after_failure = 2min;

constexpr std::size_t most_bytes = 24 * 1024 * 1024; // of one page

} // namespace

offices::offices(settings how, std::shared_ptr<client> api, std::shared_ptr<carrier_cache> cache, clock_fn clock)
    : how_(std::move(how)), api_(std::move(api)), cache_(std::move(cache)), clock_(clock) {}

void offices::remember(const std::string& scope, kept k) {
  if (memory_.size() >= most_remembered && !memory_.contains(scope)) {
    const auto oldest = std::ranges::min_element(memory_, {}, [](const auto& each) { return each.second.read_at; });
    memory_.erase(oldest);
  }
  memory_[scope] = std::move(k);
}

awaitable<result<offices::page_of>> offices::load_page(form_fields filter, int page) {
  call c;
  c.operation = "pickup_points";
  c.path = wire::path_points;
  c.query = std::move(filter);
  c.query.emplace_back("size", std::to_string(page_size));
  c.query.emplace_back("page", std::to_string(page)); // refused without size
  c.timeout = 60s;
  c.max_bytes = most_bytes;
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  const auto* array = answer->if_array();
  if (array == nullptr) co_return fail(errc::protocol, "CDEK's answer is no list of pickup points");
  page_of out;
  out.size = array->size();
  out.points.reserve(array->size());
  for (const auto& each : *array)
    if (auto o = read_office(each)) out.points.push_back(std::move(*o));
  co_return out;
}

awaitable<result<offices::list>> offices::load(form_fields filter) {
  auto all = std::make_shared<std::vector<office>>();
  for (int page = 0; page < most_pages; ++page) {
    auto got = co_await load_page(filter, page);
    if (!got) co_return fail(got.error());
    std::ranges::move(got->points, std::back_inserter(*all));
    // A short page is the last one; a longer one than asked for means that CDEK ignored the paging.
    if (got->size != static_cast<std::size_t>(page_size)) break;
  }
  co_return list(std::move(all));
}

awaitable<std::optional<offices::kept>> offices::from_cache(std::string scope) {
  const auto stands = co_await read_kept(cache_, "points:" + scope);
  if (!stands) co_return std::nullopt;
  auto all = std::make_shared<std::vector<office>>();
  for (const std::string& piece : stands->pieces) {
    const auto page = json::parse(piece, most_bytes);
    const auto* array = page ? page->if_array() : nullptr;
    if (array == nullptr) co_return std::nullopt;
    for (const auto& each : *array)
      if (auto point = restored(each)) all->push_back(std::move(*point));
  }
  co_return kept{std::move(all), stands->read_at, {}};
}

awaitable<void> offices::to_cache(std::string scope, list points, instant read_at) {
  kept_list pieces;
  pieces.read_at = read_at;
  for (std::size_t at = 0; at < points->size(); at += static_cast<std::size_t>(page_size)) {
    json::array page;
    for (std::size_t i = at; i < std::min(points->size(), at + static_cast<std::size_t>(page_size)); ++i)
      page.push_back(stored((*points)[i]));
    pieces.pieces.push_back(json::serialize(page));
  }
  const auto put = co_await write_kept(cache_, "points:" + scope, std::move(pieces), kept_for);
  if (!put) log::warn("a list of CDEK's pickup points could not be kept", {{"what", put.error().what}});
}

awaitable<result<offices::list>> offices::points(std::string scope, form_fields filter) {
  std::optional<kept> had;
  if (const auto it = memory_.find(scope); it != memory_.end()) had = it->second;
  if (!had) had = co_await from_cache(scope);
  if (had && (clock_() - had->read_at < fresh_for || clock_() < had->next_try)) {
    remember(scope, *had);
    co_return had->points;
  }
  auto got = co_await load(std::move(filter));
  // An empty list where there was one is CDEK's trouble and not a city that lost all its offices.
  const bool usable = got && (!had || had->points->empty() || !(*got)->empty());
  if (usable) {
    const instant at = clock_();
    remember(scope, kept{*got, at, {}});
    co_await to_cache(scope, *got, at);
    co_return got;
  }
  if (!had) co_return fail(got.error());
  log::warn("CDEK gave no list of pickup points, the last good one serves on",
            {{"scope", scope}, {"what", got ? std::string_view("an empty list") : std::string_view(got.error().what)}});
  had->next_try = clock_() + pause_after_failure;
  remember(scope, *had);
  co_return had->points;
}

// A name may stand for several places; people see the address and choose.
awaitable<result<std::vector<std::string>>> offices::city_codes(std::string city, std::string postal_code) {
  const std::string key = "city:" + city + "|" + postal_code;
  if (cache_ != nullptr) {
    const auto known = co_await cache_->get(key);
    if (known && *known && !(*known)->empty()) {
      std::vector<std::string> codes;
      for (std::string_view rest = **known; !rest.empty();) {
        const auto end = std::min(rest.find(','), rest.size());
        codes.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
      co_return codes;
    }
  }
  std::vector<std::string> codes;
  // City and postal code together often miss, because the code belongs to another part of the city: each alone then.
  const std::pair<std::string, std::string> attempts[] = {{city, postal_code}, {city, ""}, {"", postal_code}};
  for (const auto& attempt : attempts) {
    if (!codes.empty() || (attempt.first.empty() && attempt.second.empty())) continue;
    call c;
    c.operation = "cities";
    c.path = wire::path_cities;
    c.query.emplace_back("country_codes", how_.country_code);
    if (!attempt.first.empty()) c.query.emplace_back("city", attempt.first);
    if (!attempt.second.empty()) c.query.emplace_back("postal_code", attempt.second);
    c.query.emplace_back("size", "4");
    c.query.emplace_back("page", "0");
    const auto answer = co_await api_->ask(std::move(c));
    if (!answer) co_return fail(answer.error());
    const auto* array = answer->if_array();
    if (array == nullptr) co_return fail(errc::protocol, "CDEK's answer is no list of cities");
    for (const auto& each : *array)
      if (const auto* o = each.if_object(); o != nullptr && codes.size() < 4)
        if (const auto code = json::integer(*o, wire::code); code && *code > 0) codes.push_back(std::to_string(*code));
  }
  if (codes.empty()) co_return fail(errc::address, "CDEK does not know this city", "cdek.unknown_city");
  std::string text;
  for (const std::string& code : codes) text += (text.empty() ? "" : ",") + code;
  if (cache_ != nullptr) {
    const auto put = co_await cache_->put(key, text, std::chrono::hours(24 * 7));
    if (!put) log::warn("a city of CDEK could not be kept", {{"what", put.error().what}});
  }
  co_return codes;
}

awaitable<result<std::vector<pickup_point>>> offices::find(pickup_query query) {
  std::vector<std::pair<std::string, form_fields>> wanted; // scope, filter
  if (!query.code.empty()) {
    wanted.push_back({"code:" + query.code, {{"code", query.code}}});
  } else if (!query.city_code.empty()) {
    wanted.push_back({"city:" + query.city_code, {{"city_code", query.city_code}}});
  } else if (!query.city.empty() || !query.postal_code.empty()) {
    const auto codes = co_await city_codes(query.city, query.postal_code);
    if (!codes) co_return fail(codes.error());
    for (const std::string& code : *codes) wanted.push_back({"city:" + code, {{"city_code", code}}});
  } else {
    wanted.push_back({"country:" + how_.country_code, {{"country_code", how_.country_code}}});
  }
  std::vector<pickup_point> out;
  for (auto& [scope, filter] : wanted) {
    const auto all = co_await points(scope, filter);
    if (!all) co_return fail(all.error());
    for (const office& o : **all)
      if (fits(o, query)) out.push_back(o.point);
  }
  co_return out;
}

awaitable<result<std::int64_t>> offices::city_of(std::string point_code) {
  form_fields filter;
  filter.emplace_back("code", point_code);
  const auto found = co_await points("code:" + point_code, std::move(filter));
  if (!found) co_return fail(found.error());
  for (const office& o : **found)
    if (o.point.code == point_code) co_return o.city_code;
  co_return 0;
}

} // namespace waybill::cdek
