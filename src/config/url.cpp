// Urls and what goes into their paths.
#include <config/reader.hpp>

#include <algorithm>

namespace waybill::config {
namespace {

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// "host", "host:8080", "[::1]:8080" -> the host; empty when it is none.
std::string_view host_of(std::string_view authority) {
  std::string_view host = authority, port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return {};
    host = authority.substr(0, end + 1);
    const auto rest = authority.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return {};
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
    const auto inside = host.substr(1, host.size() - 2);
    if (inside.empty() || inside.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return {};
  } else {
    const auto colon = authority.find(':');
    if (colon != std::string_view::npos) {
      host = authority.substr(0, colon);
      port = authority.substr(colon + 1);
      has_port = true;
    }
    if (host.empty() ||
        !std::ranges::all_of(host, [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; }))
      return {};
  }
  if (has_port) {
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) return {};
    int number = 0;
    for (const char c : port) number = number * 10 + (c - '0');
    if (number > 65535) return {};
  }
  return host;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

} // namespace

bool is_host(std::string_view authority) { return !host_of(authority).empty(); }

bool is_url_safe(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~'; });
}

void check_path_secret(reader& in, const secret& value) {
  if (value.empty()) return;
  if (!is_url_safe(value.reveal()) || value.reveal().size() < 8)
    in.wrong("webhook_secret", "is not fit to stand in a path",
             "use at least 8 letters, digits or -._~ (openssl rand -hex 24 makes a good one)");
}

bool reader::url(std::string_view key, std::string& out) {
  std::string value;
  if (!text(key, value)) return false;
  const bool https = value.starts_with("https://"), http = value.starts_with("http://");
  const auto rest = std::string_view(value).substr(https ? 8 : http ? 7 : 0);
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto host = host_of(rest.substr(0, slash));
  const auto tail = rest.substr(slash);
  const bool clean =
      std::ranges::all_of(tail, [](char c) { return c > ' ' && c < '\x7f' && c != '?' && c != '#' && c != '\\'; });
  // The value may hold a secret (an inbound webhook's code): it is never shown.
  if ((!https && !http) || host.empty() || !clean) {
    wrong(key, "is not a usable address", "write https://host[:port]/path, without user, query or fragment");
    return false;
  }
  if (http && !is_loopback(host)) {
    wrong(key, "must be https", "write https://; plain http is taken only for localhost, 127.x.x.x and [::1]");
    return false;
  }
  while (value.ends_with('/')) value.pop_back();
  out = std::move(value);
  return true;
}

} // namespace waybill::config
