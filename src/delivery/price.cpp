#include <delivery/price.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::delivery {
namespace {

constexpr std::int64_t most_cost = 10'000'000'000; // kopecks: a delivery for a hundred million is a slip
constexpr int most_days = 365;

// 1 день, 2 дня, 5 дней, 11 дней, 21 день.
std::string_view russian_days(int n) {
  if (n % 100 >= 11 && n % 100 <= 14) return "дней";
  if (n % 10 == 1) return "день";
  return n % 10 >= 2 && n % 10 <= 4 ? "дня" : "дней";
}

} // namespace

std::optional<quote> best_of(const std::vector<quote>& all) {
  const quote* best = nullptr;
  for (const quote& q : all)
    if (q.cost.minor > 0 && q.cost.minor <= most_cost && (best == nullptr || q.cost.minor < best->cost.minor))
      best = &q;
  return best == nullptr ? std::nullopt : std::optional(*best);
}

result<price> price_of(const quote& q, const money& goods, const config::delivery_service& rules) {
  if (q.cost.currency != rules.currency)
    return fail(errc::protocol,
                "the carrier's price is in " + q.cost.currency + ", the service's in " + rules.currency);
  if (q.cost.minor <= 0 || q.cost.minor > most_cost)
    return fail(errc::protocol, "the carrier's price is beyond all reason");
  price out;
  out.cost.currency = rules.currency;
  auto cost = q.cost.minor + proportion(q.cost.minor, rules.markup_percent, 100) + rules.markup_amount.minor;
  cost = std::max<std::int64_t>(cost, 0);
  if (const auto step = rules.round_to.minor; step > 0 && cost % step != 0) cost += step - cost % step;
  if (rules.free_from && goods.currency == rules.free_from->currency && goods.minor >= rules.free_from->minor) cost = 0;
  out.cost.minor = cost;
  // A term of no days at all is a carrier that does not say; one that is turned round is still a term.
  const int low = std::min(q.days_min, q.days_max), high = std::max(q.days_min, q.days_max);
  out.days_known = low >= 0 && high > 0 && high <= most_days;
  if (out.days_known) {
    out.days_min = (low == 0 ? high : low) + rules.extra_days;
    out.days_max = high + rules.extra_days;
  }
  return out;
}

std::string days_text(int days_min, int days_max, std::string_view locale) {
  const auto span = days_min == days_max ? fmt::format("{}", days_max) : fmt::format("{}–{}", days_min, days_max);
  if (locale == "en") return span + (days_max == 1 ? " day" : " days");
  return fmt::format("{} {}", span, russian_days(days_max));
}

} // namespace waybill::delivery
