#include <http/proxy.hpp>
#include <waybill/http.hpp>

#include <charconv>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <openssl/evp.h>

namespace waybill::http {
namespace {

namespace ip = asio::ip;

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

result<std::optional<proxy>> read(const std::string& name, std::string text) {
  std::optional<proxy> none;
  if (text.empty()) return none;
  const auto wrong = [&] { return fail(errc::bad_input, name + " must read http://[user:password@]host:port"); };
  if (!text.contains("://")) text = "http://" + text;
  proxy out;
  const auto start = text.find("://") + 3;
  const auto end = std::min(text.find_first_of("/?#", start), text.size());
  const auto at = text.rfind('@', end);
  if (at != std::string::npos && at >= start && at < end) {
    const auto credentials = percent_decode(std::string_view(text).substr(start, at - start));
    if (!credentials) return wrong();
    out.authorization = "Basic " + base64(credentials->contains(':') ? *credentials : *credentials + ":");
    text.erase(start, at + 1 - start);
  }
  const auto parsed = parse_url(text);
  if (!parsed || parsed->tls) return wrong();
  out.host = parsed->host;
  out.port = parsed->port;
  return std::optional<proxy>(std::move(out));
}

std::string first_of(const proxy_rules::variable& get, const char* lower, const char* upper) {
  for (const char* name : {lower, upper})
    if (const char* text = get(name); text != nullptr && *text != '\0') return text;
  return {};
}

bool is_in_network(const ip::address& a, const std::string& network) {
  boost::system::error_code ec;
  if (a.is_v4()) {
    const auto net = ip::make_network_v4(network, ec);
    return !ec && net.canonical() == ip::network_v4(a.to_v4(), net.prefix_length()).canonical();
  }
  const auto net = ip::make_network_v6(network, ec);
  return !ec && net.canonical() == ip::network_v6(a.to_v6(), net.prefix_length()).canonical();
}

} // namespace

result<proxy_rules> proxy_rules::from(const variable& get) {
  proxy_rules out;
  auto https = read("HTTPS_PROXY", first_of(get, "https_proxy", "HTTPS_PROXY"));
  if (!https) return fail(https.error());
  auto http = read("HTTP_PROXY", first_of(get, "http_proxy", "HTTP_PROXY"));
  if (!http) return fail(http.error());
  out.https_ = std::move(*https);
  out.http_ = std::move(*http);
  std::string item;
  for (const char c : first_of(get, "no_proxy", "NO_PROXY") + ",") {
    if (c == ',' || c == ' ' || c == '\t') {
      if (!item.empty()) out.exceptions_.push_back(std::move(item));
      item.clear();
    } else {
      item += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

const proxy* proxy_rules::pick(const url& to) const {
  const auto& chosen = to.tls ? https_ : http_;
  return chosen && !is_excepted(to) ? &*chosen : nullptr;
}

// "*"; "example.com" and ".example.com" with everything below; an address; a network "10.0.0.0/8"; each but the last
// with an optional ":port".
bool proxy_rules::is_excepted(const url& to) const {
  boost::system::error_code ec;
  const auto address = ip::make_address(to.host, ec);
  const bool literal = !ec;
  if (to.host == "localhost" || (literal && address.is_loopback())) return true;
  for (std::string_view rule : exceptions_) {
    if (rule == "*") return true;
    if (rule.contains('/')) {
      if (literal && is_in_network(address, std::string(rule))) return true;
      continue;
    }
    const bool bracketed = rule.starts_with('[');
    const auto colon = rule.rfind(':');
    if (colon != std::string_view::npos && (bracketed ? colon > rule.find(']') : rule.find(':') == colon)) {
      std::uint16_t port = 0;
      std::from_chars(rule.data() + colon + 1, rule.data() + rule.size(), port);
      if (port != to.port) continue;
      rule = rule.substr(0, colon);
    }
    if (bracketed) rule = rule.substr(1, rule.find(']') - 1);
    if (rule.starts_with("*.")) rule.remove_prefix(1);
    if (rule.starts_with('.')) rule.remove_prefix(1);
    if (rule.empty()) continue;
    if (to.host == rule) return true;
    if (!literal && to.host.size() > rule.size() && to.host.ends_with(rule) &&
        to.host[to.host.size() - rule.size() - 1] == '.')
      return true;
  }
  return false;
}

} // namespace waybill::http
