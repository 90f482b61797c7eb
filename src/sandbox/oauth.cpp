// The token endpoint: refreshing, with every refresh token good for one use.
#include <sandbox/rest.hpp>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

http_response refuse(portal& p, int status, const char* code, const char* text) {
  return rest_failure(p, {status, json::value(code), text});
}

std::string joined_scopes(const portal& p) {
  std::string out;
  for (const auto& s : p.how.scopes) out += (out.empty() ? "" : ",") + s;
  return out;
}

} // namespace

json::object token_answer(const rest_context& ctx, const portal::token_pair& pair) {
  const auto& p = *ctx.at;
  const auto expires =
      std::chrono::floor<std::chrono::seconds>(p.clock()).time_since_epoch().count() + p.how.token_lifetime_s;
  return {{"access_token", pair.access},
          {"expires", expires},
          {"expires_in", p.how.token_lifetime_s},
          {"scope", joined_scopes(p)},
          {"domain", "oauth.bitrix24.tech"},
          {"server_endpoint", ctx.client_endpoint()},
          {"status", "L"},
          {"client_endpoint", ctx.client_endpoint()},
          {"member_id", p.member_id},
          {"user_id", pair.user},
          {"refresh_token", pair.refresh}};
}

http_response serve_oauth(const rest_context& ctx, const http_request& request) {
  auto& p = *ctx.at;
  const auto params = request_parameters(request);
  const auto text = [&params](std::string_view name) {
    const auto* v = params.if_contains(name);
    return v == nullptr ? std::string{} : php::scalar(*v).value_or("");
  };
  if (text("grant_type") != "refresh_token" || text("refresh_token").empty())
    return refuse(p, 400, "invalid_request", "Unsupported or incomplete grant");
  if (text("client_id") != p.how.client_id)
    return refuse(p, 200, "wrong_client", "Application not found"); // really with status 200
  if (text("client_secret") != p.how.client_secret)
    return refuse(p, 401, "invalid_client", "Client authentication failed");
  const auto it = p.refresh_tokens.find(text("refresh_token"));
  if (it == p.refresh_tokens.end()) return refuse(p, 400, "invalid_grant", "Invalid refresh token");
  const auto user_id = it->second;
  p.refresh_tokens.erase(it);
  ++p.stats.token_refreshes;
  return rest_answer(token_answer(ctx, p.issue_tokens(user_id)));
}

} // namespace waybill::sandbox
