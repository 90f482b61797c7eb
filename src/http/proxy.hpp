// HTTPS_PROXY, HTTP_PROXY and NO_PROXY, read as curl and Go read them.
#pragma once
#include <http/url.hpp>
#include <waybill/error.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::http {

struct proxy {
  std::string host;
  std::uint16_t port{0};
  std::string authorization; // value of Proxy-Authorization, may be empty
};

class proxy_rules {
 public:
  using variable = std::function<const char*(const char*)>;
  proxy_rules() = default; // no proxy at all
  // bad_input when a variable holds something else than http://[user:password@]host[:port].
  static result<proxy_rules> from(const variable& get);
  // nullptr: connect directly. This machine itself is never asked for through a proxy.
  const proxy* pick(const url& to) const;

 private:
  bool is_excepted(const url& to) const;
  std::optional<proxy> http_, https_;
  std::vector<std::string> exceptions_; // lower case
};

} // namespace waybill::http
