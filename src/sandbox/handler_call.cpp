#include <sandbox/handler_call.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

using tcp = asio::ip::tcp;

constexpr std::size_t most_bytes = std::size_t{8} << 20U;
constexpr int most_redirects = 5;

struct target {
  std::string host, port, path;
};

std::optional<target> target_of(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return {};
  url.remove_prefix(scheme.size());
  const auto slash = std::min(url.find('/'), url.size());
  auto authority = url.substr(0, slash);
  target t;
  t.path = slash == url.size() ? "/" : std::string(url.substr(slash));
  const auto colon = authority.rfind(':');
  t.host = std::string(authority.substr(0, colon));
  t.port = colon == std::string_view::npos ? "80" : std::string(authority.substr(colon + 1));
  if (t.host.empty() || t.port.empty()) return {};
  return t;
}

std::string lower(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

struct raw_answer {
  int status{0};
  http_headers headers{};
  std::string body{};
};

// The head of an answer; nothing when it is none.
std::optional<raw_answer> read_head(std::string_view head) {
  raw_answer a;
  const auto first = head.substr(0, head.find("\r\n"));
  if (!first.starts_with("HTTP/1.") || first.size() < 12) return {};
  const auto digits = first.substr(9, 3);
  if (std::from_chars(digits.data(), digits.data() + digits.size(), a.status).ec != std::errc{}) return {};
  auto rest = first.size() == head.size() ? std::string_view{} : head.substr(first.size() + 2);
  while (!rest.empty()) {
    const auto end = std::min(rest.find("\r\n"), rest.size());
    const auto line = rest.substr(0, end);
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      auto value = line.substr(colon + 1);
      while (value.starts_with(' ')) value.remove_prefix(1);
      a.headers.emplace_back(lower(line.substr(0, colon)), std::string(value));
    }
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return a;
}

// An HTTP/1.0 client knows no chunks: what comes is the body, up to its length or the end of the connection.
awaitable<result<http_response>> exchange(target to, std::string text) {
  auto ex = co_await asio::this_coro::executor;
  tcp::resolver resolver(ex);
  auto [lost, found] = co_await resolver.async_resolve(to.host, to.port, as_result);
  if (lost) co_return fail(errc::unavailable, "no such host");
  tcp::socket socket(ex);
  auto [refused, endpoint] = co_await asio::async_connect(socket, found, as_result);
  if (refused) co_return fail(errc::unavailable, "no connection");
  auto [unsent, bytes] = co_await asio::async_write(socket, asio::buffer(text), as_result);
  if (unsent) co_return fail(errc::outcome_unknown, "the connection broke");
  std::string all;
  std::array<char, 16 * 1024> part{};
  std::optional<raw_answer> head;
  std::size_t body_at = 0;
  std::optional<std::size_t> length;
  while (all.size() < most_bytes) {
    auto [ended, got] = co_await socket.async_read_some(asio::buffer(part), as_result);
    all.append(part.data(), got);
    if (!head) {
      if (const auto end = all.find("\r\n\r\n"); end != std::string::npos) {
        head = read_head(std::string_view(all).substr(0, end));
        if (!head) co_return fail(errc::protocol, "no HTTP answer");
        body_at = end + 4;
        if (const auto* given = find_header(head->headers, "content-length")) {
          std::size_t n = 0;
          if (std::from_chars(given->data(), given->data() + given->size(), n).ec == std::errc{}) length = n;
        }
      }
    }
    if (head && length && all.size() - body_at >= *length) break;
    if (ended) break;
  }
  if (!head) co_return fail(errc::outcome_unknown, "no answer");
  http_response r;
  r.status = head->status;
  r.headers = std::move(head->headers);
  r.body = all.substr(body_at, length.value_or(std::string::npos));
  if (length && r.body.size() < *length) co_return fail(errc::protocol, "the answer is cut off");
  co_return r;
}

awaitable<result<http_response>> one_request(handler_transport how, std::string url, std::string method,
                                             std::string body) {
  const auto to = target_of(url);
  if (how.http_1_0 && to) {
    auto text = fmt::format("{} {} HTTP/1.0\r\nHost: {}{}\r\nUser-Agent: BitrixCloud\r\nConnection: close\r\n", method,
                            to->path, to->host, to->port == "80" ? std::string() : ":" + to->port);
    if (method == "POST") text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
    text += "\r\n";
    text += body;
    auto answer = co_await deadline(exchange(*to, std::move(text)), how.limit);
    co_return answer;
  }
  if (!how.http) co_return fail(errc::unavailable, "no client");
  http_request rq;
  rq.method = std::move(method);
  rq.url = std::move(url);
  rq.headers.emplace_back("User-Agent", "BitrixCloud");
  if (rq.method == "POST") rq.headers.emplace_back("Content-Type", "application/json");
  rq.body = std::move(body);
  rq.timeout = how.limit;
  rq.label = "sandbox.handler";
  auto answer = co_await how.http->send(std::move(rq));
  co_return answer;
}

// A Location without a host stays on the host that sent it.
std::string moved_to(const std::string& url, const std::string& location) {
  if (!location.starts_with('/')) return location;
  const auto begin = url.find("://");
  return url.substr(0, url.find('/', begin + 3)) + location;
}

} // namespace

awaitable<handler_reply> post_to_handler(handler_transport how, std::string url, std::string body) {
  std::string method = "POST";
  handler_reply reply;
  for (int turn = 0; turn <= most_redirects; ++turn) {
    auto answer = co_await one_request(how, url, method, body);
    if (!answer) co_return reply;
    reply.status = answer->status;
    reply.body = std::move(answer->body);
    const auto* location = find_header(answer->headers, "Location");
    if (answer->status < 300 || answer->status > 399 || location == nullptr) {
      reply.reached = true;
      co_return reply;
    }
    if (answer->status == 302 || answer->status == 303) {
      method = "GET";
      body.clear();
    }
    url = moved_to(url, *location);
  }
  reply.reached = true; // the last redirect is the answer
  co_return reply;
}

} // namespace waybill::sandbox
