// The REST methods as plain functions: parameters in, result or error out, the portal changed on the way. Who may call
// and what it costs is said in the table; limits and waiting are the business of rest.hpp.
#pragma once
#include <sandbox/filter.hpp>
#include <sandbox/php.hpp>
#include <sandbox/portal.hpp>
#include <waybill/async.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace waybill::sandbox {

struct rest_error {
  int status{400};
  json::value code; // text, sometimes a number
  std::string text;
};

struct outcome {
  json::value result;
  std::optional<std::int64_t> total;
  std::optional<std::int64_t> next;
  std::optional<rest_error> error;
};

outcome ok(json::value result);
outcome refused(json::value code, std::string text, int status = 400);
outcome missing_parameter(std::string_view name); // code 100

// Who calls.
struct caller {
  std::int64_t user{1};
  bool application{false}; // by an OAuth token, else by an inbound webhook
  std::string key;         // what `operating` is counted by
};

struct call {
  portal& at;
  const caller& who;
  const json::object& params; // as PHP has them: {"0":..} is a list, {} an empty list
  std::string base_url;       // of the stand-in, for answers that hold addresses

  const json::value* param(std::string_view name) const { return params.if_contains(name); }
  // Empty when absent or not a scalar.
  std::string text(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  // A PHP array under this name: an object, or nullptr. An empty list is an empty object.
  const json::object* object(std::string_view name) const;
  bool has_array(std::string_view name) const;
  // "Y", 1, true.
  bool yes(std::string_view name) const;
  change by_rest(bool robots) const;
};

enum class effort { read, write };

struct rest_context;

struct method {
  std::string_view name;  // lower case
  std::string_view scope; // empty: none needed
  effort cost{effort::read};
  bool application_only{false};
  outcome (*run)(const call&) = nullptr;
  // Instead of `run`, for what calls the delivery handler on its way.
  awaitable<outcome> (*slow)(rest_context, caller, json::object) = nullptr;
};

// nullptr: there is no such method. Names are matched without case.
const method* find_method(std::string_view name);
void each_method(const std::function<void(const method&)>& see);

// The tables of the areas.
std::span<const method> item_methods();
std::span<const method> deal_methods();
std::span<const method> crm_methods();
std::span<const method> timeline_methods();
std::span<const method> catalog_methods();
std::span<const method> delivery_methods();
std::span<const method> handler_methods();
std::span<const method> extra_methods();
std::span<const method> property_methods();
std::span<const method> property_value_methods();
std::span<const method> status_methods();
std::span<const method> order_methods();
std::span<const method> shipment_methods();
std::span<const method> payment_methods();
std::span<const method> crm_payment_methods();
std::span<const method> payable_methods();
std::span<const method> row_methods();
std::span<const method> application_methods();
std::span<const method> robot_methods();
std::span<const method> offline_methods();
std::span<const method> misc_methods();

// Filters, sorts and cuts rows that are already in the shape of the answer. `known` false: a wrong name is not
// reported.
struct list_request {
  const json::value* filter{nullptr};
  const json::value* order{nullptr};
  page at{};
};
// The rows of this page; total and next go to `into`.
json::array list_page(json::array rows, const list_request& how, outcome& into);
// Only these keys of a row; an empty selection or "*" leaves all.
json::object selected(const json::object& row, const json::value* select);

// Takes out what `gone` holds for; how many there were.
template <class F> std::int64_t drop_if(json::array& list, F gone) {
  json::array kept_ones;
  for (auto& v : list)
    if (!gone(v)) kept_ones.push_back(std::move(v));
  const auto count = static_cast<std::int64_t>(list.size() - kept_ones.size());
  list = std::move(kept_ones);
  return count;
}

// The user field under the name that a call uses ("UF_CRM_X" or "ufCrmX"), nullptr when there is none.
const user_field* user_field_by(const portal& p, entity e, std::string_view name, bool original_names);

} // namespace waybill::sandbox
