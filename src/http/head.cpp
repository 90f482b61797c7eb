#include <http/core.hpp>

#include <algorithm>
#include <charconv>

#include <boost/beast/http/status.hpp>

namespace waybill::http {
namespace {

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

bool same(std::string_view a, std::string_view lower) {
  return std::ranges::equal(a, lower,
                            [](char x, char y) { return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y; });
}

// A handler that copies a caller's text into a header must not let the caller write headers of his own.
bool is_clean(std::string_view text) {
  return std::ranges::none_of(text,
                              [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; });
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == ':' || c == '\x7f';
  });
}

} // namespace

bool append_head(std::string& out, const http_response& answer, const head_options& how) {
  const auto start = out.size();
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(answer.status));
  out += ' ';
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(answer.status));
  out.append(reason.data(), reason.size());
  out += "\r\nDate: ";
  out += how.date;
  const std::string* claimed = nullptr;
  for (const auto& [name, value] : answer.headers) {
    if (!is_name(name) || !is_clean(value)) {
      out.resize(start);
      return false;
    }
    if (same(name, "content-length")) {
      claimed = &value;
      continue;
    }
    if (same(name, "connection") || same(name, "transfer-encoding") || same(name, "date")) continue;
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  if (answer.status != 204 && answer.status != 304) {
    out += "\r\nContent-Length: ";
    // The answer to HEAD tells the length that GET would have.
    const bool is_length = claimed != nullptr && !claimed->empty() &&
                           std::ranges::all_of(*claimed, [](char c) { return c >= '0' && c <= '9'; });
    if (how.to_head && answer.body.empty() && is_length) out += *claimed;
    else append_number(out, answer.body.size());
  }
  if (!how.keep) out += "\r\nConnection: close";
  else if (how.http_1_0) out += "\r\nConnection: keep-alive";
  out += "\r\n\r\n";
  return true;
}

} // namespace waybill::http
