#include <http/core.hpp>

#include <charconv>

#include <boost/asio/ip/address.hpp>

namespace waybill::http {

result<tcp::endpoint> parse_listen(std::string_view text) {
  const auto wrong = [&] {
    return fail(errc::bad_input,
                "\"" + std::string(text) + "\" is not an address to listen on; write 127.0.0.1:8080 or [::1]:8080");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  auto host = text.substr(0, colon);
  const auto number = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), port);
  if (error != std::errc{} || end != number.data() + number.size()) return wrong();
  if (host.empty() || host == "*") return tcp::endpoint{asio::ip::address_v6::any(), port};
  if (host == "localhost") return tcp::endpoint{asio::ip::address_v4::loopback(), port};
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(std::string(host), ec);
  if (ec || address.is_v6() != bracketed) return wrong();
  return tcp::endpoint{address, port};
}

} // namespace waybill::http
