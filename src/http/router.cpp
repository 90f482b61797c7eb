#include <http/router.hpp>
#include <waybill/metrics.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <exception>
#include <span>
#include <stdexcept>
#include <utility>

namespace waybill::http {
namespace {

constexpr std::size_t most_segments = 32;

// What a file name or a key made from a segment must never see.
bool is_harmless(std::string_view segment) {
  if (segment == "." || segment == "..") return false;
  return std::ranges::none_of(
      segment, [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

enum class split_result { ok, malformed, nowhere };

// A path in pieces. They point into the path, or into `decoded` where something was encoded.
struct pieces {
  std::array<std::string_view, most_segments> all;
  std::size_t count{0};
  std::deque<std::string> decoded;
  std::span<const std::string_view> list() const { return {all.data(), count}; }
};

split_result split(std::string_view path, pieces& out) {
  if (!path.starts_with('/')) return split_result::malformed;
  do {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    if (out.count == most_segments) return split_result::nowhere;
    std::string_view text = path.substr(0, end);
    if (text.contains('%')) {
      auto decoded = percent_decode(text);
      if (!decoded) return split_result::malformed;
      text = out.decoded.emplace_back(std::move(*decoded));
    }
    if (!is_valid_utf8(text)) return split_result::malformed;
    if (!is_harmless(text)) return split_result::nowhere;
    out.all[out.count++] = text;
    path.remove_prefix(end);
  } while (!path.empty());
  return split_result::ok;
}

std::string_view code_class(int status) {
  constexpr std::array<std::string_view, 6> names{"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
  return names[status >= 100 && status < 600 ? static_cast<std::size_t>(status / 100) : 0];
}

void report(std::string_view route, int status, std::chrono::steady_clock::time_point begun) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  metrics::count("waybill_http_requests_total", {{"route", route}, {"code", code_class(status)}});
  metrics::observe("waybill_http_request_seconds", {{"route", route}}, took.count());
}

} // namespace

void router::add(std::string method, std::string pattern, handler h, std::size_t max_body_bytes) {
  entry made{std::move(method), {}, std::move(h), pattern, max_body_bytes};
  pieces parts;
  if (split(pattern, parts) != split_result::ok) throw std::logic_error("a route's pattern is not a path: " + pattern);
  for (std::size_t i = 0; i < parts.count; ++i) {
    std::string_view text = parts.all[i];
    segment s;
    if (text.starts_with('{') && text.ends_with('}') && text.size() > 2) {
      text = text.substr(1, text.size() - 2);
      s.what = text.ends_with("...") ? segment::kind::rest : segment::kind::value;
      if (s.what == segment::kind::rest) {
        if (i + 1 != parts.count) throw std::logic_error("{rest...} is not the last segment: " + pattern);
        text.remove_suffix(3);
      }
    }
    s.text = text;
    made.segments.push_back(std::move(s));
  }
  const auto more_exact = [](const entry& a, const entry& b) {
    return std::ranges::lexicographical_compare(a.segments, b.segments, {}, &segment::what, &segment::what);
  };
  entries_.insert(std::ranges::upper_bound(entries_, made, more_exact), std::move(made));
}

bool router::fits(const entry& e, std::span<const std::string_view> path) {
  const bool open = !e.segments.empty() && e.segments.back().what == segment::kind::rest;
  if (open ? path.size() + 1 < e.segments.size() : path.size() != e.segments.size()) return false;
  for (std::size_t i = 0; i < e.segments.size() && i < path.size(); ++i) {
    const auto& s = e.segments[i];
    if (s.what == segment::kind::literal && s.text != path[i]) return false;
    if (s.what == segment::kind::value && path[i].empty()) return false;
  }
  return true;
}

path_values router::values_of(const entry& e, std::span<const std::string_view> path) {
  path_values values;
  for (std::size_t i = 0; i < e.segments.size(); ++i) {
    const auto& s = e.segments[i];
    if (s.what == segment::kind::value) {
      values.emplace(s.text, path[i]);
    } else if (s.what == segment::kind::rest) {
      std::string rest;
      for (std::size_t k = i; k < path.size(); ++k) rest.append(k == i ? "" : "/").append(path[k]);
      values.emplace(s.text, std::move(rest));
    }
  }
  return values;
}

router::found router::find(std::string_view method, std::string_view path) const {
  found out;
  pieces parts;
  const auto how = split(path, parts);
  out.malformed = how == split_result::malformed;
  if (how != split_result::ok) return out;
  const bool head = method == "HEAD";
  for (const auto& e : entries_) {
    if (!fits(e, parts.list())) continue;
    if (e.method == method || (head && e.method == "GET")) {
      out.to = &e;
      out.values = values_of(e, parts.list());
      return out;
    }
    if (!out.allow.contains(e.method))
      out.allow += (out.allow.empty() ? "" : ", ") + e.method + (e.method == "GET" ? ", HEAD" : "");
  }
  return out;
}

std::size_t router::body_limit(std::string_view method, std::string_view path) const {
  if (std::ranges::none_of(entries_, [](const entry& e) { return e.max_body_bytes != 0; })) return 0;
  pieces parts;
  if (split(path, parts) != split_result::ok) return 0;
  const auto to = std::ranges::find_if(entries_, [&](const entry& e) { // as find() does
    return (e.method == method || (method == "HEAD" && e.method == "GET")) && fits(e, parts.list());
  });
  return to == entries_.end() ? 0 : to->max_body_bytes;
}

awaitable<http_response> router::route(http_request request) const {
  const auto begun = std::chrono::steady_clock::now();
  auto where = find(request.method, request.path);
  if (where.to == nullptr) {
    auto answer = where.malformed       ? error_response(400, "malformed", "the path is not valid")
                  : where.allow.empty() ? error_response(404, "not_found", "there is nothing at this address")
                                        : error_response(405, "method_not_allowed", "this address takes other methods");
    if (!where.allow.empty()) answer.headers.emplace_back("Allow", where.allow);
    report("none", answer.status, begun);
    co_return answer;
  }
  const bool head = request.method == "HEAD" && where.to->method == "GET";
  http_response answer;
  std::exception_ptr failed;
  try {
    answer = co_await where.to->run(std::move(request), std::move(where.values));
  } catch (...) { failed = std::current_exception(); }
  report(where.to->pattern, failed ? 500 : answer.status, begun);
  if (failed) std::rethrow_exception(failed);
  if (head) { // the length is what GET would have sent
    answer.headers.emplace_back("Content-Length", std::to_string(answer.body.size()));
    answer.body.clear();
  }
  co_return answer;
}

http_handler router::as_handler() const {
  return [this](http_request request) { return route(std::move(request)); };
}

} // namespace waybill::http
