// Method and path to handler. Patterns: "/bitrix24/{portal}/events"; the last segment may be "{rest...}".
#pragma once
#include <waybill/http.hpp>

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::http {

using path_values =
    std::map<std::string, std::string, std::less<>>; // percent-decoded, valid UTF-8, without '/' (but rest)

// Of several patterns that fit a path the most exact wins, whatever the order of adding: a literal segment before
// {name} before {rest...}. {name} takes one segment that is not empty, {rest...} any number, also none. A path with
// "." or ".." segments, or with an encoded slash, backslash or control byte, fits nothing: 404.
class router {
 public:
  using handler = std::function<awaitable<http_response>(http_request, path_values)>;
  // Answers 404 for an unknown path, 405 with Allow for a known path and another method, HEAD like GET without a body.
  // `max_body_bytes` 0: the server's own limit. A pattern that cannot be meant throws std::logic_error.
  void add(std::string method, std::string pattern, handler h, std::size_t max_body_bytes = 0);
  // Counts waybill_http_requests_total{route,code} and waybill_http_request_seconds{route}.
  awaitable<http_response> route(http_request request) const;
  http_handler as_handler() const; // the router must outlive it
  // The route's own limit or 0; for server_options::body_limit_of.
  std::size_t body_limit(std::string_view method, std::string_view path) const;

 private:
  struct segment {
    enum class kind { literal, value, rest } what{kind::literal};
    std::string text; // the literal, or the value's name
    bool operator==(const segment&) const = default;
  };
  struct entry {
    std::string method;
    std::vector<segment> segments;
    handler run;
    std::string pattern;
    std::size_t max_body_bytes{0};
  };
  struct found {
    const entry* to{nullptr};
    path_values values;
    std::string allow; // methods of patterns that fit the path
    bool malformed{false};
  };
  static bool fits(const entry& e, std::span<const std::string_view> path);
  static path_values values_of(const entry& e, std::span<const std::string_view> path);
  found find(std::string_view method, std::string_view path) const;

  std::vector<entry> entries_; // the more exact first
};

} // namespace waybill::http
