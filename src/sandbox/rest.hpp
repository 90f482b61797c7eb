// The REST endpoint of a portal: credentials, limits, faults, one call or a batch, and the envelope of the answer.
#pragma once
#include <sandbox/methods.hpp>
#include <sandbox/portal.hpp>
#include <waybill/async.hpp>
#include <waybill/http.hpp>

#include <memory>
#include <string>

namespace waybill::sandbox {

struct rest_context {
  std::shared_ptr<portal> at;
  std::string mount;    // the name under which the portal was reached
  std::string base_url; // http://host:port, without a trailing '/'
  double speed{1.0};
  std::shared_ptr<http_client> http{}; // to call the delivery handler; null: it cannot be reached

  std::string client_endpoint() const { return base_url + "/bitrix24/" + mount + "/rest/"; }
};

// `tail` is what follows /bitrix24/{mount}/: "rest/1/code/crm.deal.get.json", "rest/crm.deal.get", "oauth/token/".
awaitable<http_response> serve_portal(rest_context ctx, http_request request, std::string tail);

// ---- parts, for each other and for tests ----------------------------------------------------------------------

// Query and body merged as the product does it; the body wins.
json::object request_parameters(const http_request& request);

// What one command did, with its `time` block. `cut`: the request ran out of its 60 s before it.
struct command_result {
  outcome out;
  json::object time;
  double spent_ms{0};
  bool cut{false};
};
// Checks method, application context, scope and `operating`, waits for the simulated time, runs it.
awaitable<command_result> run_command(rest_context ctx, caller who, std::string name, json::object params,
                                      double remaining_ms);

// The body of `batch`: commands in order within the request's time.
struct batch_result {
  json::object result; // result, result_error, result_total, result_next, result_time
  bool cut{false};
};
awaitable<batch_result> run_batch(rest_context ctx, caller who, json::object params);
// The methods that a batch calls, for faults by method.
std::vector<std::string> batch_methods(const json::object& params);

http_response serve_oauth(const rest_context& ctx, const http_request& request);
// The answer of the token endpoint for a fresh pair.
json::object token_answer(const rest_context& ctx, const portal::token_pair& pair);

// Takes one matching fault off the portal's list. `methods` are lower case.
std::optional<fault_rule> take_fault(portal& p, const std::vector<std::string>& methods, std::string_view kind);

http_response rest_answer(const json::object& body, int status = 200);
http_response rest_failure(portal& p, const rest_error& e);
http_response html_page(int status, std::string_view title);
http_response closed_connection(); // status 0: the server closes without an answer

} // namespace waybill::sandbox
