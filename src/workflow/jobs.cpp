#include <waybill/json.hpp>
#include <waybill/text.hpp>
#include <workflow/jobs.hpp>

#include <random>

#include <fmt/format.h>

namespace waybill::workflow {
namespace {

queue::job make(std::string lane, std::string kind, std::string key, std::string payload, std::string trace) {
  queue::job j;
  j.lane = std::move(lane);
  j.kind = std::move(kind);
  j.key = std::move(key);
  j.payload = std::move(payload);
  j.trace = std::move(trace);
  return j;
}
queue::job make(std::string lane, std::string kind, std::string key, const json::object& payload, std::string trace) {
  return make(std::move(lane), std::move(kind), std::move(key), json::serialize(payload), std::move(trace));
}

} // namespace

std::string portal_lane(std::string_view portal) { return concat({"bitrix24:", portal}); }
std::string carrier_lane(std::string_view account) { return concat({"carrier:", account}); }

std::string new_trace() {
  static std::mt19937_64 random{std::random_device{}()};
  std::string out;
  append_hex(out, random(), 16);
  return out;
}

queue::job deal_job(std::string_view portal, std::int64_t deal, std::string trace, bool forced) {
  // Put together by hand, as every event makes one; ids of portals need no escaping.
  std::string p = concat({R"({"deal":)", fmt::format_int(deal).str(), R"(,"portal":")", portal, "\""});
  p += forced ? R"(,"forced":true})" : "}";
  return make(portal_lane(portal), "deal", store::order_key(portal, deal), std::move(p), std::move(trace));
}

std::string deal_merge_key(std::string_view portal, std::int64_t deal) { return store::order_key(portal, deal); }

queue::job sweep_job(std::string_view portal) {
  return make(portal_lane(portal), "sweep", fmt::format("sweep:{}", portal),
              json::object{{"portal", std::string(portal)}}, new_trace());
}

queue::job carry_job(const store::record& r, std::int64_t look) {
  json::object p{{"ref", r.reference}};
  if (look != 0) p["look"] = look;
  return make(carrier_lane(r.account), "carry", store::order_key(r), std::move(p), r.trace);
}

queue::job named_job(const store::record& r, std::string_view order_id) {
  json::object p{{"ref", r.reference}, {"order", std::string(order_id)}};
  return make(carrier_lane(r.account), "carry", store::order_key(r), p, r.trace);
}

queue::job write_job(const store::record& r) {
  return make(portal_lane(r.portal), "write", store::order_key(r), json::object{{"ref", r.reference}}, r.trace);
}

queue::job money_job(const store::record& r) {
  return make(portal_lane(r.portal), "money", store::order_key(r), json::object{{"ref", r.reference}}, r.trace);
}

queue::job label_job(const store::record& r) {
  return make(carrier_lane(r.account), "label", store::order_key(r), json::object{{"ref", r.reference}}, r.trace);
}

queue::job beside_job(const store::record& r, bool forced) {
  json::object p{{"ref", r.reference}};
  if (forced) p["forced"] = true;
  return make(portal_lane(r.portal), "beside", store::order_key(r), p, r.trace);
}

queue::job feed_job(std::string_view account) {
  return make(carrier_lane(account), "feed", concat({"feed:", account}), std::string("{}"), new_trace());
}

queue::job quote_job(std::string_view account, std::string_view portal, std::int64_t deal, std::string trace) {
  return make(carrier_lane(account), "quote", store::order_key(portal, deal),
              json::object{{"deal", deal}, {"portal", std::string(portal)}}, std::move(trace));
}

queue::job request_job(const store::kept_request& r, std::string_view kind) {
  json::object p{{"portal", r.portal}, {"request_id", r.request_id}, {"deal", r.deal}};
  return make(portal_lane(r.portal), std::string(kind), store::order_key(r.portal, r.deal, r.order), std::move(p),
              r.trace);
}

payload read_payload(const queue::job& j) {
  payload out;
  const auto parsed = json::parse(j.payload, 64 * 1024);
  if (!parsed || !parsed->is_object()) return out;
  const auto& o = parsed->get_object();
  out.portal = json::text_or(o, "portal");
  out.deal = json::integer_or(o, "deal");
  out.reference = json::text_or(o, "ref");
  out.look = json::integer_or(o, "look");
  out.forced = json::boolean(o, "forced").value_or(false);
  out.request = json::text_or(o, "request_id");
  out.order = json::text_or(o, "order");
  return out;
}

} // namespace waybill::workflow
