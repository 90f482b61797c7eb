#include "ids.hpp"

#include "wire.hpp"

#include <waybill/text.hpp>

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <openssl/sha.h>

namespace waybill::moysklad {
namespace {

using namespace std::chrono_literals;

// Moscow has kept +03:00 since 2014, without summer time.
constexpr auto moscow_offset = 3h;

// b3c3a0de-3b0e-5c55-9a6c-6d4f0c1f2b7a: chosen once; a change would make every document anew.
constexpr std::array<unsigned char, 16> our_namespace{0xb3, 0xc3, 0xa0, 0xde, 0x3b, 0x0e, 0x5c, 0x55,
                                                      0x9a, 0x6c, 0x6d, 0x4f, 0x0c, 0x1f, 0x2b, 0x7a};

constexpr int most_digits = 15;

std::optional<std::int64_t> power_of_ten(int n) {
  if (n < 0 || n > most_digits) return {};
  std::int64_t p = 1;
  for (int i = 0; i < n; ++i) p *= 10;
  return p;
}

std::optional<std::int64_t> in_units(const json::object& o, std::string_view key, int power) {
  const auto text = json::text(o, key);
  return text ? scaled(*text, power) : std::nullopt;
}

} // namespace

std::string stable_uuid(std::string_view name) {
  std::string text(reinterpret_cast<const char*>(our_namespace.data()), our_namespace.size());
  text += name;
  std::array<unsigned char, SHA_DIGEST_LENGTH> h{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), h.data()); // what UUIDv5 is made of
  h[6] = static_cast<unsigned char>((h[6] & 0x0FU) | 0x50U);
  h[8] = static_cast<unsigned char>((h[8] & 0x3FU) | 0x80U);
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    fmt::format_to(std::back_inserter(out), "{:02x}", h[i]);
  }
  return out;
}

std::string sync_id(std::string_view kind, std::string_view reference) {
  return stable_uuid(fmt::format("{}|{}", kind, reference));
}

json::object link_to(std::string_view path, std::string_view type, std::string_view id) {
  json::object meta;
  meta[wire::href] = fmt::format("{}/entity/{}/{}", wire::public_root, path, id);
  meta[wire::type] = type;
  meta[wire::media_type] = "application/json";
  json::object out;
  out[wire::meta] = std::move(meta);
  return out;
}

json::object link_to(std::string_view type, std::string_view id) { return link_to(type, type, id); }

json::object state_link(std::string_view document, std::string_view id) {
  return link_to(fmt::format("{}/metadata/states", document), "state", id);
}

std::string id_in_href(std::string_view href) {
  href = href.substr(0, href.find_first_of("?#"));
  const auto slash = href.rfind('/');
  const auto tail = slash == std::string_view::npos ? href : href.substr(slash + 1);
  return is_uuid(tail) ? lower_ascii(tail) : std::string();
}

std::string linked_id(const json::object& o, std::string_view key) {
  const auto* link = json::child(o, key);
  const auto* meta = link == nullptr ? nullptr : json::child(*link, wire::meta);
  return meta == nullptr ? std::string() : id_in_href(json::text_or(*meta, wire::href));
}

std::string linked_type(const json::object& o, std::string_view key) {
  const auto* link = json::child(o, key);
  const auto* meta = link == nullptr ? nullptr : json::child(*link, wire::meta);
  return meta == nullptr ? std::string() : clean_code(json::text_or(*meta, wire::type));
}

std::vector<std::string> linked_ids(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  const auto* all = json::list(o, key);
  if (all == nullptr) return out;
  for (const auto& each : *all)
    if (const auto* one = each.if_object())
      if (const auto* meta = json::child(*one, wire::meta))
        if (auto id = id_in_href(json::text_or(*meta, wire::href)); !id.empty()) out.push_back(std::move(id));
  return out;
}

std::optional<instant> moscow_time(std::string_view text) {
  if (text.size() > 23 || text.find_first_of("Zz+") != std::string_view::npos) return {};
  const auto when = parse_instant(text);
  if (!when) return {};
  return *when - moscow_offset;
}

std::string to_moscow(instant when) {
  std::string text = to_iso(when + moscow_offset);
  text[10] = ' ';
  text.pop_back(); // Z
  return text;
}

std::optional<std::int64_t> scaled(std::string_view literal, int power) {
  bool minus = false;
  if (!literal.empty() && (literal.front() == '-' || literal.front() == '+')) {
    minus = literal.front() == '-';
    literal.remove_prefix(1);
  }
  std::string digits;
  int fraction = 0;
  bool point = false, any = false;
  std::size_t i = 0;
  for (; i < literal.size(); ++i) {
    const char c = literal[i];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (digits.size() > 40) return {};
      if (c != '0' || !digits.empty()) digits += c;
      fraction += point ? 1 : 0;
    } else {
      break;
    }
  }
  if (!any) return {};
  if (i < literal.size()) {
    if (literal[i] != 'e' && literal[i] != 'E') return {};
    auto text = literal.substr(i + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    int exponent = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (ec != std::errc{} || end != text.data() + text.size() || exponent > 40 || exponent < -40) return {};
    power += exponent;
  }
  const int shift = power - fraction; // the digits times 10^shift
  bool up = false;
  if (shift < 0) {
    const auto cut = static_cast<std::size_t>(-shift);
    up = digits.size() >= cut && cut > 0 && digits[digits.size() - cut] >= '5';
    digits.resize(digits.size() > cut ? digits.size() - cut : 0);
  } else if (!digits.empty()) {
    digits.append(static_cast<std::size_t>(shift), '0');
  }
  if (digits.size() > most_digits) return {};
  std::int64_t n = 0;
  for (const char c : digits) n = n * 10 + (c - '0');
  n += up ? 1 : 0;
  return minus ? -n : n;
}

std::optional<std::int64_t> kopecks(const json::object& o, std::string_view key) { return in_units(o, key, 0); }
std::optional<std::int64_t> thousandths(const json::object& o, std::string_view key) { return in_units(o, key, 3); }

json::value decimal_of(std::int64_t units, int digits) {
  const auto scale = power_of_ten(digits).value_or(1);
  if (units % scale == 0) return units / scale;
  const bool minus = units < 0;
  const auto size = minus ? -units : units;
  std::string text = fmt::format("{}{}.{:0{}}", minus ? "-" : "", size / scale, size % scale, digits);
  while (text.back() == '0') text.pop_back();
  return json::decimal(text);
}

} // namespace waybill::moysklad
