#include <http/resolve.hpp>
#include <http/url.hpp>

#include <algorithm>
#include <charconv>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace waybill::http {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool within(const asio::ip::address_v4& a, std::uint32_t network, unsigned bits) {
  return (a.to_uint() >> (32 - bits)) == (network >> (32 - bits));
}

bool is_public(const asio::ip::address_v4& a) {
  struct range {
    std::uint32_t network;
    unsigned bits;
  };
  // IANA's special-purpose registry.
  static constexpr range closed[] = {
      {0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
      {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0586300, 24}, {0xC0A80000, 16},
      {0xC6120000, 15}, {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 3},
  };
  return std::ranges::none_of(closed, [&](const range& r) { return within(a, r.network, r.bits); });
}

bool is_public(const asio::ip::address_v6& a) {
  if (a.is_v4_mapped()) return is_public(asio::ip::make_address_v4(asio::ip::v4_mapped, a));
  const auto b = a.to_bytes();
  const auto embedded = [&](std::size_t at) { return asio::ip::address_v4({b[at], b[at + 1], b[at + 2], b[at + 3]}); };
  if (b[0] == 0x00 && b[1] == 0x64 && b[2] == 0xFF && b[3] == 0x9B) return is_public(embedded(12)); // NAT64
  if ((b[0] & 0xE0) != 0x20) return false;                                        // only 2000::/3 is routed
  if (b[0] == 0x20 && b[1] == 0x02) return is_public(embedded(2));                // 6to4
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] < 0x02) return false;                  // Teredo and the like
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0D && b[3] == 0xB8) return false; // documentation
  return true;
}

bool is_label(std::string_view text) {
  const auto letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 63 && letter_or_digit(text.front()) && letter_or_digit(text.back()) &&
         std::ranges::all_of(text, [&](char c) { return letter_or_digit(c) || c == '-'; });
}

} // namespace

std::string url::authority() const {
  std::string out = host.contains(':') ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

result<url> parse_url(std::string_view text) {
  if (text.size() > 64 * 1024) return fail(errc::bad_input, "a url is too long");
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return fail(errc::bad_input, "a url is not valid");
  const auto& view = *parsed;
  url out;
  const std::string scheme = lower({view.scheme().data(), view.scheme().size()});
  if (scheme != "https" && scheme != "http") return fail(errc::bad_input, "a url must begin with https:// or http://");
  out.tls = scheme == "https";
  if (!view.has_authority() || view.encoded_host().empty()) return fail(errc::bad_input, "a url names no host");
  if (view.has_userinfo()) return fail(errc::bad_input, "a url must not hold a user or password");
  const auto name = view.encoded_host();
  out.host = lower({name.data(), name.size()});
  if (out.host.front() == '[') out.host = out.host.substr(1, out.host.size() - 2);
  if (out.host.contains('%')) return fail(errc::bad_input, "a url's host is not a name or an address");
  out.port = out.tls ? 443 : 80;
  if (view.has_port() && !view.port().empty()) {
    const std::string_view digits{view.port().data(), view.port().size()};
    const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (error != std::errc{} || last != digits.data() + digits.size() || out.port == 0)
      return fail(errc::bad_input, "a url's port is out of range");
  }
  // As written, not normalised: signatures and secrets in paths are compared byte by byte.
  auto rest = text.substr(text.find("://") + 3);
  rest.remove_prefix(std::min(rest.find_first_of("/?#"), rest.size()));
  rest = rest.substr(0, rest.find('#'));
  if (!rest.starts_with('/')) out.target = "/";
  out.target += rest;
  return out;
}

result<std::string> check_portal_host(std::string_view text) {
  const auto wrong = [](const char* why) {
    return fail(errc::bad_input, std::string("the portal's address is refused: ") + why);
  };
  const bool bare = !text.contains("://");
  if (bare && text.find_first_of("/?#@:\\") != std::string_view::npos) return wrong("it is not a name");
  const std::string whole = bare ? "https://" + std::string(text) + "/" : std::string(text);
  const auto parsed = parse_url(whole);
  if (!parsed) return wrong("it is not a valid url");
  if (!parsed->tls) return wrong("only https will do");
  const std::string& host = parsed->host;
  const auto start = whole.find("://") + 3;
  const auto authority = std::string_view(whole).substr(start, whole.find_first_of("/?#", start) - start);
  if (authority.size() != host.size()) return wrong("it must not name a port");
  if (host.size() > 253) return wrong("it is too long");
  std::string_view rest = host, last;
  int labels = 0;
  while (true) {
    const auto dot = rest.find('.');
    last = rest.substr(0, dot);
    if (!is_label(last)) return wrong("it is not a name");
    ++labels;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  // 10.0.0.1, but also 0x7f.1 and 2130706433, which resolvers take for addresses: no such thing ends in a letter-led
  // label.
  if (last.front() >= '0' && last.front() <= '9') return wrong("it is an address and not a name");
  static constexpr std::string_view local[] = {"localhost", "local", "internal", "localdomain", "lan",
                                               "home",      "arpa",  "intranet", "corp"};
  if (labels < 2 || std::ranges::find(local, last) != std::end(local)) return wrong("it is a name of a local network");
  return host;
}

bool is_public_address(std::string_view text) {
  boost::system::error_code ec;
  const auto a = asio::ip::make_address(std::string(text), ec);
  if (ec) return false;
  return a.is_v4() ? is_public(a.to_v4()) : is_public(a.to_v6());
}

awaitable<result<std::vector<std::string>>> resolve_public(std::string host, std::chrono::milliseconds limit) {
  auto found = co_await resolve(host, 443, std::chrono::steady_clock::now() + limit);
  if (!found) co_return fail(found.error());
  std::vector<std::string> out;
  for (const auto& endpoint : *found) {
    out.push_back(endpoint.address().to_string());
    if (!is_public_address(out.back()))
      co_return fail(errc::forbidden, host + " leads to an address of a private network");
  }
  co_return out;
}

} // namespace waybill::http
