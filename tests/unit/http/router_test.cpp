#include <http/router.hpp>
#include <waybill/metrics.hpp>

#include <ostream>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <support/run.hpp>

namespace waybill::http {
namespace {

// Answers with its own name and the values it was given.
router::handler named(std::string name) {
  return [name](http_request, path_values values) {
    std::string text = name;
    for (const auto& [key, value] : values) text += " " + key + "=" + value;
    return [](std::string t) -> awaitable<http_response> { co_return json_response(200, t); }(std::move(text));
  };
}

struct row {
  const char* name;
  const char* method;
  std::string path;
  int status;
  std::string text; // the body of a 200, Allow of a 405
  friend void PrintTo(const row& r, std::ostream* out) { *out << r.name; }
};

class routes : public testing::TestWithParam<row> {
 protected:
  routes() {
    r.add("GET", "/bitrix24/{portal}/app/{rest...}", named("app"));
    r.add("POST", "/bitrix24/{portal}/events", named("events"));
    r.add("POST", "/bitrix24/{portal}/app/install", named("install"));
    r.add("POST", "/bitrix24/{portal}/delivery/{secret}/{action}", named("delivery"));
    r.add("GET", "/health/{what}", named("other health"));
    r.add("GET", "/health/live", named("live"));
    r.add("GET", "/", named("root"));
    r.add("GET", "/api/v1/shipments", named("list"));
    r.add("POST", "/api/v1/shipments", named("add"));
    r.add("DELETE", "/api/v1/shipments/{id}", named("remove"));
  }
  http_response ask(const std::string& method, const std::string& path) {
    asio::io_context io{1};
    http_request rq;
    rq.method = method;
    rq.path = path;
    return waybill::test::run(io, r.route(rq));
  }
  router r;
};

TEST_P(routes, lead_to) {
  const auto& [name, method, path, status, text] = GetParam();
  const auto answer = ask(method, path);
  EXPECT_EQ(answer.status, status);
  if (status == 200) {
    EXPECT_EQ(answer.body, text);
  } else {
    EXPECT_THAT(answer.body, testing::StartsWith("{\"error\":\""));
  }
  const auto* allow = find_header(answer.headers, "Allow");
  EXPECT_EQ(allow == nullptr ? "" : *allow, status == 405 ? text : "");
}

INSTANTIATE_TEST_SUITE_P(
    router, routes,
    testing::Values(
        row{"root", "GET", "/", 200, "root"}, row{"value", "POST", "/bitrix24/main/events", 200, "events portal=main"},
        row{"values", "POST", "/bitrix24/m/delivery/s/create", 200, "delivery action=create portal=m secret=s"},
        row{"literal_before_value", "GET", "/health/live", 200, "live"},
        row{"value_beside_literal", "GET", "/health/ready", 200, "other health what=ready"},
        row{"literal_before_rest", "POST", "/bitrix24/m/app/install", 200, "install portal=m"},
        row{"rest_where_the_method_fits", "GET", "/bitrix24/m/app/install", 200, "app portal=m rest=install"},
        row{"rest", "GET", "/bitrix24/m/app/js/map.js", 200, "app portal=m rest=js/map.js"},
        row{"empty_rest", "GET", "/bitrix24/m/app/", 200, "app portal=m rest="},
        row{"no_rest", "GET", "/bitrix24/m/app", 200, "app portal=m rest="},
        row{"decoded", "GET", "/health/%D0%B4%20%2B+", 200, "other health what=д ++"},
        row{"decoded_literal", "GET", "/%68ealth/live", 200, "live"}, row{"unknown", "GET", "/nowhere", 404, ""},
        row{"too_short", "POST", "/bitrix24/main", 404, ""},
        row{"too_long", "POST", "/bitrix24/main/events/x", 404, ""},
        row{"trailing_slash", "GET", "/health/live/", 404, ""},
        row{"empty_value", "POST", "/bitrix24//events", 404, ""}, row{"other_case", "GET", "/Health/live", 404, ""},
        row{"other_method", "GET", "/bitrix24/main/events", 405, "POST"},
        row{"other_methods", "PUT", "/api/v1/shipments", 405, "GET, HEAD, POST"},
        row{"method_is_exact", "get", "/health/live", 405, "GET, HEAD"},
        row{"traversal", "GET", "/bitrix24/m/app/../../etc/passwd", 404, ""},
        row{"encoded_dots", "GET", "/bitrix24/m/app/%2e%2e/x", 404, ""},
        row{"encoded_slash", "GET", "/bitrix24/m/app/..%2f..%2fetc", 404, ""},
        row{"encoded_slash_in_value", "DELETE", "/api/v1/shipments/a%2Fb", 404, ""},
        row{"backslash", "GET", "/bitrix24/m/app/..%5cetc", 404, ""},
        row{"single_dot", "GET", "/bitrix24/m/app/./x", 404, ""}, row{"nul", "GET", "/health/a%00b", 404, ""},
        row{"line_feed", "GET", "/health/a%0Ab", 404, ""},
        row{"double_encoding_stays_text", "GET", "/health/%252e%252e", 200, "other health what=%2e%2e"},
        row{"broken_percent", "GET", "/health/%zz", 400, ""}, row{"cut_off_percent", "GET", "/health/%4", 400, ""},
        row{"broken_utf8", "GET", "/health/%ff", 400, ""},
        row{"overlong_slash", "GET", "/bitrix24/m/app/..%c0%af", 400, ""},
        row{"very_many_segments", "GET",
            [] {
              std::string p = "/bitrix24/m/app";
              for (int i = 0; i < 100; ++i) p += "/a";
              return p;
            }(),
            404, ""}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(routes, head_is_get_without_a_body) {
  const auto answer = ask("HEAD", "/health/live");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(*find_header(answer.headers, "Content-Length"), "4");
}

TEST_F(routes, a_pattern_that_cannot_be_meant_is_a_mistake) {
  EXPECT_THROW(r.add("GET", "no/slash", named("x")), std::logic_error);
  EXPECT_THROW(r.add("GET", "/{rest...}/more", named("x")), std::logic_error);
  EXPECT_THROW(r.add("GET", "/a/../b", named("x")), std::logic_error);
}

TEST_F(routes, body_limits_are_the_routes_own) {
  EXPECT_EQ(r.body_limit("POST", "/bitrix24/main/events"), 0U);
  r.add("POST", "/upload/{name}", named("upload"), 5000);
  EXPECT_EQ(r.body_limit("POST", "/upload/x"), 5000U);
  EXPECT_EQ(r.body_limit("GET", "/upload/x"), 0U);
  EXPECT_EQ(r.body_limit("POST", "/upload/%zz"), 0U);
}

struct recorder : metrics::backend {
  std::vector<std::string> lines;
  static std::string text(std::string_view name, metrics::labels l) {
    std::string out(name);
    for (const auto& [key, value] : l) ((out += ' ') += key) += '=', out += value;
    return out;
  }
  void count(std::string_view name, metrics::labels l, double) override { lines.push_back(text(name, l)); }
  void gauge(std::string_view, metrics::labels, double) override {}
  void observe(std::string_view name, metrics::labels l, double) override { lines.push_back(text(name, l)); }
};

// What callers invent must never become a label.
TEST_F(routes, are_counted_by_pattern) {
  r.add("GET", "/broken", [](http_request, path_values) -> awaitable<http_response> { throw std::runtime_error("x"); });
  recorder kept;
  metrics::set_backend(&kept);
  ask("POST", "/bitrix24/main/events");
  ask("GET", "/invented/by/callers");
  EXPECT_THROW(ask("GET", "/broken"), std::runtime_error);
  metrics::set_backend(nullptr);
  EXPECT_THAT(kept.lines, testing::ElementsAre("waybill_http_requests_total route=/bitrix24/{portal}/events code=2xx",
                                               "waybill_http_request_seconds route=/bitrix24/{portal}/events",
                                               "waybill_http_requests_total route=none code=4xx",
                                               "waybill_http_request_seconds route=none",
                                               "waybill_http_requests_total route=/broken code=5xx",
                                               "waybill_http_request_seconds route=/broken"));
}

} // namespace
} // namespace waybill::http
