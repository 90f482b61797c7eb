// How an event becomes a line; no I/O here.
#include <telemetry/log.hpp>
#include <waybill/http.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::telemetry {
namespace {

std::string_view name_of(log::level l) {
  switch (l) {
  case log::level::trace: return "trace";
  case log::level::debug: return "debug";
  case log::level::info: return "info";
  case log::level::warn: return "warn";
  case log::level::error: return "error";
  }
  return "error";
}

// 2026-11-21T14:05:48.123Z
void append_time(std::string& out, instant when) {
  const auto second = std::chrono::floor<std::chrono::seconds>(when);
  const auto whole = to_iso(second);
  out.append(whole, 0, whole.size() - 1); // without the Z
  fmt::format_to(std::back_inserter(out), ".{:03}Z", (when - second).count());
}

bool same_tail(std::string_view name, std::string_view word) {
  if (name.size() < word.size()) return false;
  const auto tail = name.substr(name.size() - word.size());
  const bool equal =
      std::ranges::equal(tail, word, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
  return equal && (name.size() == word.size() || name[name.size() - word.size() - 1] == '_' ||
                   name[name.size() - word.size() - 1] == '-');
}

bool is_secret(std::string_view name) {
  static constexpr std::string_view words[] = {"secret", "secrets", "password", "token", "tokens", "authorization"};
  return std::ranges::any_of(words, [&](std::string_view w) { return same_tail(name, w); });
}

// The length of the UTF-8 character at `at`, 0 if there is none.
std::size_t character(std::string_view text, std::size_t at) {
  for (std::size_t n = 1; n <= 4 && at + n <= text.size(); ++n)
    if (is_valid_utf8(text.substr(at, n))) return n;
  return 0;
}

// Between quotes. Escapes are JSON's, also in text lines, so that both kinds can be read back.
void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) {
      const std::size_t n = character(text, i);
      if (n == 0) {
        out += "\xEF\xBF\xBD"; // U+FFFD for bytes that are no text
        ++i;
        continue;
      }
      const auto next = static_cast<unsigned char>(text[i + 1]);
      // C1 controls steer terminals as ESC does; U+2028 and U+2029 end a line for some readers.
      if (byte == 0xC2 && next < 0xA0) fmt::format_to(std::back_inserter(out), "\\u00{:02x}", next);
      else if (byte == 0xE2 && next == 0x80 && (text[i + 2] == '\xA8' || text[i + 2] == '\xA9'))
        out += text[i + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      else out += text.substr(i, n);
      i += n;
      continue;
    }
    if (c == '"' || c == '\\') (out += '\\') += c;
    else if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (byte < 0x20 || byte == 0x7F) fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    else out += c;
    ++i;
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("._-:/+,@#*").contains(c);
  });
}

void append_name(std::string& out, std::string_view name) {
  append_escaped(out, name);
  if (name == "time" || name == "level" || name == "msg") out += '_';
}

} // namespace

std::optional<log::level> level_from(std::string_view name) {
  for (const auto l : {log::level::trace, log::level::debug, log::level::info, log::level::warn, log::level::error})
    if (name_of(l) == name) return l;
  return std::nullopt;
}

std::string format_line(log_format format, instant when, log::level l, std::string_view message,
                        const field_list& fields) {
  std::string out;
  out.reserve(128 + message.size() + fields.size() * 32);
  if (format == log_format::json) {
    out += R"({"time":")";
    append_time(out, when);
    out += R"(","level":")";
    out += name_of(l);
    out += R"(","msg":)";
    append_quoted(out, message);
    for (const auto& [name, value] : fields) {
      if (is_secret(name)) continue;
      out += ",\"";
      append_name(out, name);
      out += "\":";
      append_quoted(out, value);
    }
    out += '}';
    return out;
  }
  append_time(out, when);
  fmt::format_to(std::back_inserter(out), " {:<5} ", name_of(l));
  append_escaped(out, message);
  for (const auto& [name, value] : fields) {
    if (is_secret(name)) continue;
    out += ' ';
    append_name(out, name);
    out += '=';
    if (is_plain(value)) out += value;
    else append_quoted(out, value);
  }
  return out;
}

} // namespace waybill::telemetry
