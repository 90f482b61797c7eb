#include <redis/locate.hpp>
#include <waybill/log.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

namespace waybill::redis {

result<host_port> parse_host_port(std::string_view text, std::uint16_t otherwise) {
  host_port out;
  out.port = otherwise;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return fail(errc::bad_input, "an IPv6 address lacks its closing bracket");
    out.host = text.substr(1, end - 1);
    const auto after = text.substr(end + 1);
    has_port = after.starts_with(':');
    if (has_port) port = after.substr(1);
    else if (!after.empty()) return fail(errc::bad_input, "after an IPv6 address in brackets only :port may stand");
  } else {
    const auto colon = text.find(':');
    out.host = text.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = text.substr(colon + 1);
    if (port.contains(':')) return fail(errc::bad_input, "an IPv6 address must stand in brackets: [::1]:6379");
  }
  if (has_port) {
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (ec != std::errc{} || end != port.data() + port.size() || out.port == 0)
      return fail(errc::bad_input, "the port must be a number from 1 to 65535");
  }
  const auto forbidden = [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '/' || c == '@'; };
  if (out.host.size() > 255 || std::ranges::any_of(out.host, forbidden))
    return fail(errc::bad_input, "the host's name has characters that no name has");
  return out;
}

awaitable<result<std::vector<target>>> resolve(executor ex, host_port where, std::chrono::milliseconds limit) {
  using namespace asio::experimental::awaitable_operators;
  std::vector<target> out;
  boost::system::error_code not_numeric;
  const auto address = asio::ip::make_address(where.host, not_numeric);
  if (!not_numeric) {
    target t{{}, address.to_string(), where.port};
    out.push_back(std::move(t));
    co_return out;
  }
  asio::ip::tcp::resolver resolver{ex};
  asio::steady_timer timer{ex, limit};
  auto first = co_await (resolver.async_resolve(where.host, std::to_string(where.port), as_result) ||
                         timer.async_wait(as_result));
  if (first.index() == 1)
    co_return fail(errc::unavailable,
                   fmt::format("{}: no answer of the name servers within {} ms", where.host, limit.count()));
  const auto& [ec, found] = std::get<0>(first);
  if (ec) co_return fail(errc::unavailable, fmt::format("{}: {}", where.host, ec.message()));
  for (const auto& entry : found) {
    target t{{}, entry.endpoint().address().to_string(), where.port};
    out.push_back(std::move(t));
  }
  if (out.empty()) co_return fail(errc::unavailable, where.host + ": the name has no address");
  co_return out;
}

namespace {

awaitable<result<host_port>> ask(executor ex, std::string sentinel, std::string master,
                                 std::chrono::milliseconds limit) {
  auto named = parse_host_port(sentinel, 26379);
  if (!named) co_return fail(std::move(named.error()));
  auto places = co_await resolve(ex, std::move(*named), limit);
  if (!places) co_return fail(std::move(places.error()));
  fault last{errc::unavailable, "no address", {}, {}};
  for (const auto& place : *places) {
    auto l = co_await link::open(ex, place, limit, limit);
    if (!l) {
      last = std::move(l.error());
      continue;
    }
    const auto answer = co_await (*l)->call("SENTINEL", "get-master-addr-by-name", master);
    (*l)->close(errc::cancelled, "asked");
    if (!answer) co_return fail(answer.error());
    if (answer->is_nil()) co_return fail(errc::not_found, "the sentinel does not know the master \"" + master + "\"");
    if (answer->items.size() != 2) co_return fail(errc::protocol, "the sentinel's answer is not an address");
    host_port at;
    at.host = answer->items[0].text;
    const auto& digits = answer->items[1].text;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), at.port);
    if (ec != std::errc{} || at.host.empty() || at.host.size() > 255)
      co_return fail(errc::protocol, "the sentinel's answer is not an address");
    co_return at;
  }
  co_return fail(std::move(last));
}

} // namespace

awaitable<result<std::vector<target>>> locate(executor ex, std::shared_ptr<endpoint> where,
                                              std::chrono::milliseconds limit) {
  std::vector<target> out;
  if (!where->unix_socket.empty()) {
    target t{where->unix_socket, {}, 0};
    out.push_back(std::move(t));
    co_return out;
  }
  if (where->sentinels.empty()) {
    host_port direct{where->host, where->port};
    co_return co_await resolve(ex, std::move(direct), limit);
  }
  std::string faults;
  for (std::size_t i = 0; i < where->sentinels.size(); ++i) {
    const std::string sentinel = where->sentinels[i];
    auto at = co_await ask(ex, sentinel, where->sentinel_master, limit);
    if (!at) {
      faults += fmt::format("{}{}: {}", faults.empty() ? "" : "; ", sentinel, at.error().what);
      continue;
    }
    auto& list = where->sentinels;
    if (const auto found = std::ranges::find(list, sentinel); found != list.end())
      std::rotate(list.begin(), found, found + 1);
    co_return co_await resolve(ex, std::move(*at), limit);
  }
  co_return fail(errc::unavailable, "no sentinel tells where the master is (" + faults + ")");
}

awaitable<result<void>> demand_master(std::shared_ptr<link> l) {
  const auto role = co_await l->call("ROLE");
  if (!role) co_return fail(role.error());
  const std::string is = role->items.empty() ? "unknown" : role->items[0].text;
  if (is != "master")
    co_return fail(errc::unavailable, "the sentinel names a server whose role is " + is + "; waiting for the failover");
  co_return result<void>{};
}

} // namespace waybill::redis
