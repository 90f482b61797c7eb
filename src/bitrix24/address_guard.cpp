#include <bitrix24/address_guard.hpp>

#include <algorithm>

namespace waybill::bitrix24 {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// At least two labels of letters, digits and hyphens; the last one is no number and no private zone.
bool is_public_name(std::string_view host) {
  if (host.size() > 253 || !host.contains('.')) return false;
  std::string_view label, rest = host;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('.'), rest.size());
    label = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; })) return false;
  }
  if (host.back() == '.' || !is_letter(label.front())) return false;
  return label != "localhost" && label != "local" && label != "internal" && label != "lan" && label != "home" &&
         label != "localdomain" && label != "test" && label != "invalid" && label != "onion";
}

} // namespace

std::optional<web_address> parse_address(std::string_view url) {
  web_address a;
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return {};
  a.scheme = url.substr(0, colon);
  std::ranges::transform(a.scheme, a.scheme.begin(), lower);
  if (a.scheme != "https" && a.scheme != "http") return {};
  if (std::ranges::any_of(url, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\'; }))
    return {};
  url.remove_prefix(colon + 3);
  const auto end = std::min(url.find_first_of("/?#"), url.size());
  auto authority = url.substr(0, end);
  if (authority.contains('@') || authority.contains('[')) return {};
  if (const auto at = authority.find(':'); at != std::string_view::npos) {
    a.port = authority.substr(at + 1);
    authority = authority.substr(0, at);
    if (a.port.empty() || a.port.size() > 5 || !std::ranges::all_of(a.port, is_digit)) return {};
  }
  if (authority.empty()) return {};
  a.host = authority;
  std::ranges::transform(a.host, a.host.begin(), lower);
  url.remove_prefix(end);
  a.path = url.substr(0, std::min(url.find_first_of("?#"), url.size()));
  if (a.path.empty()) a.path = "/";
  return a;
}

bool may_be_portal(const web_address& where, bool trial) {
  if (trial && (where.host == "127.0.0.1" || where.host == "localhost")) return true;
  return where.scheme == "https" && (where.port.empty() || where.port == "443") && is_public_name(where.host);
}

} // namespace waybill::bitrix24
