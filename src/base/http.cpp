#include <waybill/http.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <boost/json.hpp>

namespace waybill {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

bool unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

} // namespace

const std::string* find_header(const http_headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (std::ranges::equal(key, name, [](char a, char b) { return lower(a) == lower(b); })) return &value;
  return nullptr;
}

http_response json_response(int status, std::string body) {
  http_response r;
  r.status = status;
  r.headers.emplace_back("Content-Type", "application/json");
  r.body = std::move(body);
  return r;
}

http_response error_response(int status, std::string_view code, std::string_view message) {
  return json_response(status, boost::json::serialize(boost::json::object{{"error", code}, {"message", message}}));
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out;
}

// Every byte of every form and path passes here: whole stretches are taken at once.
namespace {

// Puts what `text` says into `out`; false: the percent-encoding is broken. `beyond_ascii` gets the bits of all bytes.
bool decode_into(std::string& out, std::string_view text, bool plus_is_space, unsigned& beyond_ascii) {
  bool sound = true;
  unsigned bits = 0;
  out.resize_and_overwrite(text.size(), [&](char* to, std::size_t) {
    const char* const begin = to;
    const char *from = text.data(), *const end = from + text.size();
    while (from != end) {
      char c = *from++;
      if (c == '%') {
        const int high = end - from > 1 ? hex(from[0]) : -1, low = end - from > 1 ? hex(from[1]) : -1;
        if (high < 0 || low < 0) {
          sound = false;
          break;
        }
        c = static_cast<char>(high * 16 + low);
        from += 2;
      } else if (c == '+' && plus_is_space) {
        c = ' ';
      }
      bits |= static_cast<unsigned char>(c);
      *to++ = c;
    }
    return static_cast<std::size_t>(to - begin);
  });
  beyond_ascii |= bits;
  return sound;
}

} // namespace

result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  unsigned bits = 0;
  if (!decode_into(out, text, plus_is_space, bits)) return fail(errc::bad_input, "broken percent-encoding");
  return out;
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    // Eight letters of ASCII at a time.
    std::uint64_t eight = 0;
    for (; i + sizeof eight <= text.size(); i += sizeof eight) {
      std::memcpy(&eight, text.data() + i, sizeof eight);
      if ((eight & 0x8080808080808080U) != 0) break;
    }
    if (i == text.size()) return true;
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const unsigned char c = byte(i);
    if (c < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(i + k) & 0xC0U) != 0x80) return false;
    const unsigned char second = byte(i + 1);
    // Overlong forms, surrogates and what lies past U+10FFFF.
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F) || (c == 0xF0 && second < 0x90) ||
        (c == 0xF4 && second > 0x8F))
      return false;
    i += length;
  }
  return true;
}

result<form_fields> parse_form(std::string_view body, std::size_t max_fields) {
  form_fields fields;
  fields.reserve(std::min<std::size_t>(max_fields, 16));
  while (!body.empty()) {
    const auto end = std::min(body.find('&'), body.size());
    const auto pair = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (pair.empty()) continue;
    if (fields.size() == max_fields) return fail(errc::bad_input, "too many form fields");
    const auto equals = std::min(pair.find('='), pair.size());
    auto& [key, value] = fields.emplace_back();
    unsigned bits = 0;
    if (!decode_into(key, pair.substr(0, equals), true, bits) ||
        !decode_into(value, equals < pair.size() ? pair.substr(equals + 1) : std::string_view{}, true, bits))
      return fail(errc::bad_input, "broken percent-encoding");
    if (bits > 0x7F && (!is_valid_utf8(key) || !is_valid_utf8(value)))
      return fail(errc::bad_input, "form field is not valid UTF-8");
  }
  return fields;
}

const std::string* find_field(const form_fields& fields, std::string_view name) {
  for (auto it = fields.rbegin(); it != fields.rend(); ++it)
    if (it->first == name) return &it->second;
  return nullptr;
}

std::string encode_form(const form_fields& fields) {
  std::string out;
  for (const auto& [key, value] : fields) {
    if (!out.empty()) out += '&';
    out += percent_encode(key);
    out += '=';
    out += percent_encode(value);
  }
  return out;
}

std::vector<std::string> path_segments(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    if (path.front() == '/') path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    if (end > 0) out.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return out;
}

} // namespace waybill
