// sale.delivery.request.*: what the manager sees in the portal's own delivery form.
#include <bitrix24/crm.hpp>
#include <bitrix24/text.hpp>
#include <waybill/json.hpp>

#include <string_view>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

constexpr std::size_t longest_status = 255, longest_request_id = 100, longest_body = 9'500;

// What PHP's empty() says of text.
bool counts_as_missing(std::string_view text) { return text.empty() || text == "0"; }

result<bj::object> address_of(std::int64_t delivery_id, const std::string& request_id) {
  if (delivery_id <= 0) return fail(errc::bad_input, "a delivery request needs the id of its delivery service");
  if (counts_as_missing(request_id) || request_id.size() > longest_request_id)
    return fail(errc::bad_input, "the id of a delivery request has 1 to 100 characters");
  bj::object o;
  o["DELIVERY_ID"] = delivery_id;
  o["REQUEST_ID"] = request_id;
  return o;
}

result<bj::object> update_params(const request_update& u) {
  auto params = address_of(u.delivery_id, u.request_id);
  if (!params) return fail(params.error());
  if (!counts_as_missing(u.status_text))
    (*params)["STATUS"] =
        bj::object{{"TEXT", shortened(u.status_text, longest_status)}, {"SEMANTIC", u.success ? "success" : "process"}};
  bj::array properties;
  for (const auto& p : u.properties) {
    if (counts_as_missing(p.name) || p.value.empty()) continue;
    bj::object one{{"NAME", p.name}, {"VALUE", p.value}};
    if (p.phone) one["TAGS"] = bj::array{"phone"};
    properties.push_back(std::move(one));
  }
  if (!properties.empty()) {
    (*params)["PROPERTIES"] = std::move(properties);
    (*params)["OVERWRITE_PROPERTIES"] = "N";
  }
  if (u.finalize) (*params)["FINALIZE"] = "Y";
  if (params->size() == 2) return fail(errc::bad_input, "an update of a delivery request without content");
  return params;
}

awaitable<result<void>> send(std::shared_ptr<client> portal, std::string method, bj::object params) {
  auto got = co_await portal->call(std::move(method), std::move(params), effect::write);
  if (!got) co_return fail(got.error());
  co_return result<void>{};
}

} // namespace

awaitable<result<void>> update_delivery_request(std::shared_ptr<client> portal, request_update u) {
  auto params = update_params(u);
  if (!params) co_return fail(params.error());
  co_return co_await send(portal, "sale.delivery.request.update", std::move(*params));
}

awaitable<result<void>> message_manager(std::shared_ptr<client> portal, std::int64_t delivery_id,
                                        std::string request_id, std::string subject, std::string body,
                                        std::string semantic) {
  auto params = address_of(delivery_id, request_id);
  if (!params) co_return fail(params.error());
  if (subject.empty() && body.empty()) co_return fail(errc::bad_input, "a message needs a subject or a text");
  if (!semantic.empty() && semantic != "success" && semantic != "process" && semantic != "error")
    co_return fail(errc::bad_input, "a message's meaning is success, process or error");
  bj::object message;
  if (!subject.empty()) message["SUBJECT"] = shortened(subject, longest_status);
  if (!body.empty()) message["BODY"] = shortened(body, longest_body);
  if (!semantic.empty()) {
    const auto& headline = subject.empty() ? body : subject;
    message["STATUS"] = bj::object{{"MESSAGE", shortened(headline, longest_status)}, {"SEMANTIC", semantic}};
  }
  (*params)["ADDRESSEE"] = "MANAGER";
  (*params)["MESSAGE"] = std::move(message);
  co_return co_await send(portal, "sale.delivery.request.sendmessage", std::move(*params));
}

awaitable<result<void>> message_recipient(std::shared_ptr<client> portal, std::int64_t delivery_id,
                                          std::string request_id, std::string body) {
  auto params = address_of(delivery_id, request_id);
  if (!params) co_return fail(params.error());
  if (body.empty()) co_return fail(errc::bad_input, "a message needs a text");
  (*params)["ADDRESSEE"] = "RECIPIENT";
  (*params)["MESSAGE"] = bj::object{{"BODY", shortened(body, longest_body)}};
  co_return co_await send(portal, "sale.delivery.request.sendmessage", std::move(*params));
}

awaitable<result<void>> delete_delivery_request(std::shared_ptr<client> portal, std::int64_t delivery_id,
                                                std::string request_id) {
  auto params = address_of(delivery_id, request_id);
  if (!params) co_return fail(params.error());
  auto done = co_await send(portal, "sale.delivery.request.delete", std::move(*params));
  // Gone already, by the portal's own doing: that is what we want. (A missing service is another matter.)
  if (!done && done.error().peer_code == "REQUEST_NOT_FOUND") co_return result<void>{};
  co_return done;
}

} // namespace waybill::bitrix24
