#include <redis/connection.hpp>
#include <redis/locate.hpp>

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <sys/un.h>

// No fault text repeats the url: it holds a password.
namespace waybill::redis {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return {};
    const int high = hex(text[i + 1]), low = hex(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return {};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

fault bad(std::string what) { return fault{errc::bad_input, "Redis url: " + std::move(what), {}, {}}; }
fault bad_percent(std::string_view part) {
  return bad(fmt::format("the {} has a % that two hexadecimal digits do not follow (write %25 for %)", part));
}

result<void> set_database(endpoint& e, std::string_view digits) {
  int value = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (ec != std::errc{} || end != digits.data() + digits.size() || value < 0)
    return fail(bad("the database must be a number, 0 or more"));
  e.database = value;
  return {};
}

result<void> set_login(endpoint& e, std::string_view login) {
  const auto colon = login.find(':');
  if (colon == std::string_view::npos)
    return fail(bad("a user without a password; write user:password@ or, for the default user, :password@"));
  auto user = decoded(login.substr(0, colon));
  auto password = decoded(login.substr(colon + 1));
  if (!user) return fail(bad_percent("user"));
  if (!password) return fail(bad_percent("password"));
  e.user = std::move(*user);
  e.password = secret{std::move(*password)};
  return {};
}

result<void> set_query(endpoint& e, std::string_view query) {
  std::optional<std::string> user, password;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto name = pair.substr(0, pair.find('='));
    const auto value = pair.size() > name.size() ? pair.substr(name.size() + 1) : std::string_view{};
    if (name == "db") {
      if (auto done = set_database(e, value); !done) return done;
    } else if (name == "user" || name == "username" || name == "password") {
      auto text = decoded(value);
      if (!text) return fail(bad_percent(name));
      (name == "password" ? password : user) = std::move(*text);
    } else {
      return fail(bad("an unknown parameter after the question mark; db, user and password may stand there"));
    }
  }
  if (user) e.user = std::move(*user);
  if (password) e.password = secret{std::move(*password)};
  return {};
}

} // namespace

result<endpoint> parse_endpoint(std::string_view url) {
  constexpr std::size_t longest = 4096;
  if (url.size() > longest) return fail(bad("longer than 4096 bytes"));
  for (const char c : url)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f)
      return fail(bad("a blank or a control character inside; write it as %20 and the like"));
  const auto separator = url.find("://");
  if (separator == std::string_view::npos) return fail(bad("it must begin with redis:// or unix://"));
  const auto scheme = url.substr(0, separator);
  if (scheme == "rediss")
    return fail(
        bad("rediss:// (TLS) is not supported; use a unix socket, a private network or a TLS tunnel beside us"));
  if (scheme != "redis" && scheme != "unix") return fail(bad("it must begin with redis:// or unix://"));
  auto rest = url.substr(separator + 3);
  if (rest.contains('#')) return fail(bad("a # inside; write it as %23"));

  endpoint e;
  const auto mark = rest.find('?');
  const auto query = mark == std::string_view::npos ? std::string_view{} : rest.substr(mark + 1);
  rest = rest.substr(0, mark);
  const auto slash = std::min(rest.find('/'), rest.size());
  auto authority = rest.substr(0, slash);
  const auto path = rest.substr(slash);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto done = set_login(e, authority.substr(0, at)); !done) return fail(std::move(done.error()));
    authority.remove_prefix(at + 1);
  }
  if (scheme == "unix") {
    if (!authority.empty()) return fail(bad("unix:// needs an absolute path: three slashes, unix:///run/redis.sock"));
    auto socket = decoded(path);
    if (!socket) return fail(bad_percent("path"));
    if (socket->size() < 2) return fail(bad("unix:// needs the path of a socket"));
    if (socket->size() >= sizeof(sockaddr_un::sun_path))
      return fail(bad(fmt::format("the socket's path is {} bytes long, the system allows {}", socket->size(),
                                  sizeof(sockaddr_un::sun_path) - 1)));
    e.unix_socket = std::move(*socket);
  } else {
    auto at = parse_host_port(authority, 6379);
    if (!at) return fail(bad(std::move(at.error().what)));
    if (!at->host.empty()) e.host = std::move(at->host);
    e.port = at->port;
    if (path.size() > 1)
      if (auto done = set_database(e, path.substr(1)); !done) return fail(std::move(done.error()));
  }
  if (auto done = set_query(e, query); !done) return fail(std::move(done.error()));
  return e;
}

std::string describe(const endpoint& e) {
  if (!e.unix_socket.empty()) return "unix:" + e.unix_socket;
  if (!e.sentinels.empty())
    return fmt::format("the master \"{}\" of {} sentinels", e.sentinel_master, e.sentinels.size());
  return fmt::format(fmt::runtime(e.host.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}"), e.host, e.port);
}

} // namespace waybill::redis
