#include <waybill/money.hpp>
#include <waybill/soap.hpp>

#include <utility>

#include <fmt/format.h>

namespace waybill::soap {

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    case '\'': out += "&apos;"; break;
    default: out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c; break;
    }
  }
  return out;
}

std::string decimal(std::int64_t value, int places) {
  const bool negative = value < 0;
  std::string digits =
      std::to_string(negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value));
  const auto after = static_cast<std::size_t>(places > 0 ? places : 0);
  if (digits.size() <= after) digits.insert(0, after + 1 - digits.size(), '0');
  std::string whole = digits.substr(0, digits.size() - after), fraction = digits.substr(digits.size() - after);
  while (fraction.ends_with('0')) fraction.pop_back();
  return (negative ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction);
}

writer& writer::open(std::string_view name) {
  fmt::format_to(std::back_inserter(text_), "<{}>", name);
  open_.emplace_back(name);
  return *this;
}

writer& writer::close() {
  if (open_.empty()) return *this;
  fmt::format_to(std::back_inserter(text_), "</{}>", open_.back());
  open_.pop_back();
  return *this;
}

writer& writer::put(std::string_view name, std::string_view value) {
  if (!value.empty()) fmt::format_to(std::back_inserter(text_), "<{0}>{1}</{0}>", name, escaped(value));
  return *this;
}

writer& writer::put_integer(std::string_view name, std::int64_t value) { return put(name, std::to_string(value)); }
writer& writer::put_boolean(std::string_view name, bool value) { return put(name, value ? "true" : "false"); }
writer& writer::put_scaled(std::string_view name, std::int64_t value, int places) {
  return put(name, decimal(value, places));
}
writer& writer::put_money(std::string_view name, std::int64_t minor) { return put(name, to_decimal(minor)); }

std::string writer::take() {
  while (!open_.empty()) close();
  return std::exchange(text_, {});
}

std::string envelope(std::string_view space, std::string_view operation, std::string_view children) {
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<soap:Envelope xmlns:soap=\"{}\"><soap:Body><ns:{} xmlns:ns=\"{}\">{}</ns:{}></soap:Body>"
                     "</soap:Envelope>",
                     envelope_namespace, operation, escaped(space), children, operation);
}

std::string fault_envelope(const fault_to_say& f) {
  std::string detail;
  if (!f.kind.empty())
    detail = fmt::format("<detail><ns:{0} xmlns:ns=\"{1}\">{2}</ns:{0}></detail>", f.kind, escaped(f.space),
                         f.detail_children);
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<soap:Envelope xmlns:soap=\"{}\"><soap:Body><soap:Fault><faultcode>soap:{}</faultcode>"
                     "<faultstring>{}</faultstring>{}</soap:Fault></soap:Body></soap:Envelope>",
                     envelope_namespace, escaped(f.code), escaped(f.text), detail);
}

} // namespace waybill::soap
