#include <bitrix24/values.hpp>
#include <sale/answers.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <array>

namespace waybill::sale {
namespace {

namespace bj = boost::json;

constexpr int most_pages = 100;

bool is_number(std::string_view code) {
  return code.size() == 12 && code.find_first_not_of("0123456789") == std::string_view::npos;
}

// "What was wanted is there already."
constexpr std::array<std::string_view, 5> duplicates{"201650000001", "201350000001", "201750000003", "201250000001",
                                                     "ERROR_HANDLER_ALREADY_EXIST"};
constexpr std::array<std::string_view, 3> gone{"ERROR_EXTRA_SERVICE_NOT_FOUND", "REQUEST_SHIPMENT_NOT_FOUND",
                                               "201650000002"};

} // namespace

fault refined(fault f) {
  // Only what nobody has understood yet: limits, credentials and lost answers are settled.
  if (f.code != errc::rejected && f.code != errc::forbidden) return f;
  const std::string_view code = f.peer_code;
  if (code == "200540400002") {
    f.code = errc::forbidden;
    f.what = "the portal has no online store (module sale)";
  } else if (std::ranges::find(duplicates, code) != duplicates.end()) {
    f.code = errc::conflict;
  } else if (std::ranges::find(gone, code) != gone.end()) {
    f.code = errc::not_found;
  } else if (is_number(code) && code.substr(4, 3) == "404") { // entity, then the class
    f.code = errc::not_found;
  } else if (is_number(code) && code.substr(4, 3) == "403") {
    f.code = errc::forbidden;
    f.what = "the integration user lacks rights in the portal's store";
  } else if ((code.empty() || code == "0") && f.what.contains("has not been found")) {
    f.code = errc::not_found;
  } else if ((code.empty() || code == "0") && f.what.contains("Insufficient permissions")) {
    f.code = errc::forbidden;
  }
  return f;
}

awaitable<result<bitrix24::answer>> ask(portal_client portal, std::string method, bj::object params) {
  auto got = co_await portal->call(std::move(method), std::move(params), bitrix24::effect::read);
  if (!got) co_return fail(refined(std::move(got.error())));
  co_return got;
}

awaitable<result<bitrix24::answer>> tell(portal_client portal, std::string method, bj::object params) {
  auto got = co_await portal->call(std::move(method), std::move(params), bitrix24::effect::write);
  if (!got) co_return fail(refined(std::move(got.error())));
  co_return got;
}

awaitable<result<void>> tell_only(portal_client portal, std::string method, bj::object params) {
  auto got = co_await tell(std::move(portal), std::move(method), std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  co_return result<void>{};
}

awaitable<result<std::vector<bj::object>>> list_all(portal_client portal, std::string method, bj::object params,
                                                    std::string wrapper) {
  std::vector<bj::object> all;
  std::int64_t start = 0;
  for (int page = 0; page < most_pages; ++page) {
    bj::object asked = params;
    if (start > 0) asked["start"] = start;
    auto got = co_await ask(portal, method, std::move(asked));
    if (!got) co_return fail(std::move(got.error()));
    for (const auto* o : bitrix24::records(got->result, wrapper)) all.push_back(*o);
    if (got->next <= start) co_return all;
    start = got->next;
  }
  co_return fail(errc::protocol, "the portal's list " + method + " has no end");
}

awaitable<result<std::vector<bj::object>>> list_plain(portal_client portal, std::string method, bj::object params) {
  auto got = co_await ask(std::move(portal), std::move(method), std::move(params));
  if (!got) co_return fail(std::move(got.error()));
  std::vector<bj::object> all;
  for (const auto* o : bitrix24::records(got->result)) all.push_back(*o);
  co_return all;
}

result<bj::object> wrapped(const bitrix24::answer& got, std::string_view wrapper, std::string_view method) {
  const auto* o = got.result.if_object();
  const auto* inner = o == nullptr ? nullptr : json::child(*o, wrapper);
  if (inner == nullptr)
    return fail(errc::protocol, std::string(method) + ": the answer has no " + std::string(wrapper));
  return *inner;
}

result<std::int64_t> new_id(const bitrix24::answer& got, std::string_view method) {
  const auto id = json::as_integer(got.result);
  if (!id || *id <= 0) return fail(errc::protocol, std::string(method) + ": the answer is no id");
  return *id;
}

bool yes(const bj::object& o, std::string_view key) { return json::boolean(o, key).value_or(false); }

std::string_view flag(bool on) { return on ? "Y" : "N"; }

money amount(const bj::object& o, std::string_view key, const std::string& currency) {
  money m;
  m.minor = json::minor(o, key).value_or(0);
  if (!currency.empty()) m.currency = currency;
  return m;
}

std::int64_t whole(const bj::object& o, std::string_view key) {
  return std::max<std::int64_t>(0, (json::minor(o, key).value_or(0) + 50) / 100);
}

} // namespace waybill::sale
