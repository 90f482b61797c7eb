#include "record.hpp"

#include <waybill/encoding.hpp>
#include <waybill/json.hpp>
#include <waybill/text.hpp>

#include <algorithm>
#include <array>

namespace waybill::dpd {
namespace {

// Longer than any parcel travels; each change begins it anew.
constexpr auto kept_for = std::chrono::hours(24 * 180);
constexpr std::size_t longest_number = 20, most_dates = 5;

using step = order_record::step;
constexpr std::array<std::pair<step, std::string_view>, 4> steps{
    {{step::open, "open"}, {step::refused, "refused"}, {step::made, "made"}, {step::cancelled, "cancelled"}}};

fault not_kept(const fault& why) {
  return {errc::unavailable, "what is known of the DPD order could not be read or kept: " + why.what, {}, {}};
}

} // namespace

std::string order_number(const std::string& reference) {
  if (reference.size() <= longest_number) return reference;
  return reference.substr(0, 7) + "-" + short_digest(reference, 12);
}

std::string to_text(const order_record& r) {
  json::array boxes, dates;
  for (const box& b : r.boxes)
    boxes.push_back({{"n", b.number}, {"g", b.weight_g}, {"l", b.length_mm}, {"w", b.width_mm}, {"h", b.height_mm}});
  for (const std::string& d : r.dates) dates.emplace_back(d);
  const auto state = std::ranges::find(steps, r.state, &std::pair<step, std::string_view>::first);
  const json::object o{
      {"reference", r.reference}, {"number", r.number},     {"date", r.date}, {"dates", std::move(dates)},
      {"state", state->second},   {"to_point", r.to_point}, {"dpd", r.dpd},   {"rest", r.rest},
      {"boxes", std::move(boxes)}};
  return json::serialize(o);
}

std::optional<order_record> record_from(const std::string& text) {
  const auto parsed = json::parse(text, 1024 * 1024);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  if (o == nullptr) return {};
  order_record r;
  r.reference = json::text_or(*o, "reference");
  r.number = json::text_or(*o, "number");
  r.date = json::text_or(*o, "date");
  if (r.number.empty() || r.date.empty()) return {};
  if (const auto* list = json::list(*o, "dates"))
    for (const auto& d : *list)
      if (auto day = json::as_text(d)) r.dates.push_back(std::move(*day));
  const auto state = std::ranges::find(steps, json::text_or(*o, "state"), &std::pair<step, std::string_view>::second);
  if (state != steps.end()) r.state = state->first;
  r.to_point = json::boolean(*o, "to_point").value_or(false);
  r.dpd = json::text_or(*o, "dpd");
  r.rest = json::text_or(*o, "rest");
  if (const auto* list = json::list(*o, "boxes"))
    for (const auto& each : *list)
      if (const auto* b = each.if_object())
        r.boxes.push_back({json::text_or(*b, "n"), json::integer_or(*b, "g"), json::integer_or(*b, "l"),
                           json::integer_or(*b, "w"), json::integer_or(*b, "h")});
  return r;
}

awaitable<result<std::optional<order_record>>> records::find(std::string number) {
  if (cache_ == nullptr) co_return fail(errc::internal, "the DPD adapter works only with a cache");
  const auto text = co_await cache_->get("order:" + number);
  if (!text) co_return fail(not_kept(text.error()));
  std::optional<order_record> out;
  if (!*text) co_return out;
  out = record_from(**text);
  if (!out) co_return fail(errc::internal, "what was kept of a DPD order is unreadable", "dpd.record");
  co_return out;
}

awaitable<result<void>> records::keep(order_record r) {
  if (cache_ == nullptr) co_return fail(errc::internal, "the DPD adapter works only with a cache");
  if (r.dates.size() > most_dates) r.dates.erase(r.dates.begin(), r.dates.end() - most_dates);
  std::string key = "order:" + r.number, text = to_text(r);
  const auto put = co_await cache_->put(std::move(key), std::move(text), kept_for);
  if (!put) co_return fail(not_kept(put.error()));
  if (r.dpd.empty()) co_return result<void>{};
  const auto back = co_await cache_->put("number:" + r.dpd, r.number, kept_for);
  if (!back) co_return fail(not_kept(back.error()));
  co_return result<void>{};
}

awaitable<result<std::string>> records::by_dpd_number(std::string dpd) {
  if (cache_ == nullptr || dpd.empty()) co_return std::string();
  const auto text = co_await cache_->get("number:" + dpd);
  if (!text) co_return fail(not_kept(text.error()));
  co_return *text ? **text : std::string();
}

} // namespace waybill::dpd
