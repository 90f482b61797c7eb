#include <waybill/carrier.hpp>

namespace waybill {
namespace {

fault unable(std::string_view what) {
  return {errc::rejected, std::string("this carrier cannot ") + std::string(what), {}, "unsupported"};
}

} // namespace

const std::string& carrier_account::text(std::string_view key) const {
  static const std::string empty;
  const auto it = settings.find(key);
  if (it == settings.end()) return empty;
  if (const auto* s = std::get_if<std::string>(&it->second)) return *s;
  if (const auto* s = std::get_if<secret>(&it->second)) return s->reveal();
  return empty;
}

std::int64_t carrier_account::integer(std::string_view key, std::int64_t fallback) const {
  const auto it = settings.find(key);
  if (it == settings.end()) return fallback;
  const auto* n = std::get_if<std::int64_t>(&it->second);
  return n != nullptr ? *n : fallback;
}

bool carrier_account::flag(std::string_view key, bool fallback) const {
  const auto it = settings.find(key);
  if (it == settings.end()) return fallback;
  const auto* b = std::get_if<bool>(&it->second);
  return b != nullptr ? *b : fallback;
}

std::vector<std::string> carrier_account::texts(std::string_view key) const {
  const auto it = settings.find(key);
  if (it == settings.end()) return {};
  const auto* list = std::get_if<std::vector<std::string>>(&it->second);
  return list != nullptr ? *list : std::vector<std::string>{};
}

awaitable<result<std::vector<quote>>> carrier::quote_for(shipment) { co_return fail(unable("quote a price")); }
awaitable<result<std::optional<carrier_order>>> carrier::find_order(std::string) {
  co_return fail(unable("look an order up by our number"));
}
awaitable<result<std::vector<result<carrier_order>>>> carrier::track(std::vector<std::string> ids) {
  std::vector<result<carrier_order>> all;
  for (std::string& id : ids) all.push_back(co_await order(std::move(id)));
  co_return all;
}
awaitable<result<carrier_order>> carrier::update_order(std::string, shipment) {
  co_return fail(unable("change an order"));
}
awaitable<result<carrier_order>> carrier::cancel(std::string) { co_return fail(unable("cancel an order")); }
awaitable<result<carrier_order>> carrier::create_return(std::string, std::string) {
  co_return fail(unable("make a return"));
}
awaitable<result<label>> carrier::make_label(std::string, label_kind) { co_return fail(unable("print labels")); }
awaitable<result<std::vector<pickup_point>>> carrier::pickup_points(pickup_query) {
  co_return fail(unable("list pickup points"));
}
awaitable<result<std::string>> carrier::request_courier(courier_request) { co_return fail(unable("send a courier")); }
result<std::vector<carrier_notice>> carrier::parse_webhook(const http_request&) { return fail(unable("call us")); }
awaitable<result<feed>> carrier::read_feed() { co_return fail(unable("hand out a feed")); }
awaitable<result<void>> carrier::confirm_feed(std::string) { co_return fail(unable("hand out a feed")); }
awaitable<result<carrier_order>> carrier::tell_progress(std::string, progress) {
  co_return fail(unable("be told of other carriers"));
}
awaitable<result<std::vector<goods_fact>>> carrier::goods_facts(std::vector<item>) {
  co_return fail(unable("tell of goods"));
}
awaitable<result<std::string>> carrier::keep_webhooks(std::string) { co_return fail(unable("call us")); }

} // namespace waybill
