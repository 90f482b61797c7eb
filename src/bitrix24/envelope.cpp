#include <bitrix24/envelope.hpp>
#include <waybill/json.hpp>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

// A map of PHP: an object, or an array when its keys happen to be 0..n-1 (and when it is empty).
const bj::value* in_map(const bj::object& answer, std::string_view map, const std::string& key, std::size_t index) {
  const auto* v = answer.if_contains(map);
  if (v == nullptr) return nullptr;
  if (const auto* o = v->if_object()) return o->if_contains(key);
  if (const auto* a = v->if_array()) return index < a->size() ? &(*a)[index] : nullptr;
  return nullptr;
}

cost read_cost(const bj::value* time) {
  cost c;
  const auto* o = time == nullptr ? nullptr : time->if_object();
  if (o == nullptr) return c;
  c.seconds = json::real(*o, "duration").value_or(0);
  if (const auto operating = json::real(*o, "operating")) {
    c.counted = true;
    c.operating_s = *operating;
  }
  c.reset_at = json::integer_or(*o, "operating_reset_at");
  return c;
}

} // namespace

verdict read_single(const bj::value& body, int status) {
  verdict v;
  if (read_error(body, status, v.error)) {
    v.what = verdict::kind::refused;
    return v;
  }
  const auto* o = body.if_object();
  const auto* result = o == nullptr ? nullptr : o->if_contains("result");
  if (result == nullptr) return v;
  v.what = verdict::kind::answered;
  v.got.result = *result;
  v.got.total = json::integer_or(*o, "total");
  v.got.next = json::integer_or(*o, "next");
  v.spent = read_cost(o->if_contains("time"));
  return v;
}

result<std::vector<verdict>> read_batch(const bj::value& body, std::span<const std::string> keys) {
  const auto* o = body.if_object();
  const auto* inner = o == nullptr ? nullptr : json::child(*o, "result");
  if (inner == nullptr || (!inner->contains("result") && !inner->contains("result_error")))
    return fail(errc::protocol, "the portal's answer is not that of a batch");
  std::vector<verdict> all;
  all.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto& v = all.emplace_back();
    v.spent = read_cost(in_map(*inner, "result_time", keys[i], i));
    // An error counts before a result: some versions put an empty result beside it.
    if (const auto* error = in_map(*inner, "result_error", keys[i], i); error != nullptr && !error->is_null()) {
      v.what = verdict::kind::refused;
      if (!error->is_object()) {
        v.error.text = json::as_text(*error).value_or("");
      } else if (!read_error(*error, 0, v.error)) {
        v.error.text = json::text_or(error->get_object(), "error_description");
      }
    } else if (const auto* got = in_map(*inner, "result", keys[i], i)) {
      v.what = verdict::kind::answered;
      v.got.result = *got;
      if (const auto* total = in_map(*inner, "result_total", keys[i], i))
        v.got.total = json::as_integer(*total).value_or(0);
      if (const auto* next = in_map(*inner, "result_next", keys[i], i))
        v.got.next = json::as_integer(*next).value_or(0);
    }
  }
  return all;
}

double duration_of(const bj::value& body) {
  const auto* o = body.if_object();
  return o == nullptr ? 0 : read_cost(o->if_contains("time")).seconds;
}

} // namespace waybill::bitrix24
