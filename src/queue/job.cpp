// Jobs as compact JSON. Written by hand because it is on the hot path; read by Boost.JSON with limits.
#include <queue/job.hpp>
#include <queue/keys.hpp>
#include <waybill/http.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace waybill::queue {
namespace {

namespace bj = boost::json;

constexpr std::size_t longest_encoded = 512 * 1024;
constexpr std::size_t longest_note = 500;
constexpr std::size_t most_notes = 20;

bool plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; });
}

// Bytes that are not UTF-8 become '?': one bad byte must not make a stored job unreadable.
void escape(std::string& out, std::string_view text) {
  if (plain(text)) {
    out += text;
    return;
  }
  const bool valid = is_valid_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += byte >= 0x80 && !valid ? '?' : c;
    }
  }
}

void field(std::string& out, std::string_view name, std::string_view text) {
  out += name;
  escape(out, text);
}

// At most `most` bytes, not cutting through a character.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80) --most;
  return text.substr(0, most);
}

void number(std::string& out, std::string_view name, std::int64_t n) {
  out += name;
  const fmt::format_int digits(n);
  out.append(digits.data(), digits.size());
}

std::int64_t millis(instant when) { return when.time_since_epoch().count(); }

bool read(const bj::object& o, std::string_view name, std::size_t most, std::string& out) {
  const auto* v = o.if_contains(name);
  if (v == nullptr) return true;
  const auto* s = v->if_string();
  if (s == nullptr || s->size() > most) return false;
  out.assign(s->data(), s->size());
  return true;
}

bool read(const bj::object& o, std::string_view name, std::int64_t& out) {
  const auto* v = o.if_contains(name);
  if (v == nullptr) return true;
  if (!v->is_int64()) return false;
  out = v->get_int64();
  return true;
}

// [[ms, "code", "what"], ...]; broken notes are left out, they are only for people.
std::vector<attempt_note> notes(const bj::object& o) {
  std::vector<attempt_note> all;
  const auto* v = o.if_contains("h");
  const auto* list = v == nullptr ? nullptr : v->if_array();
  if (list == nullptr) return all;
  for (const auto& entry : *list) {
    const auto* parts = entry.if_array();
    if (parts == nullptr || parts->size() != 3 || !(*parts)[0].is_int64()) continue;
    const auto *code = (*parts)[1].if_string(), *what = (*parts)[2].if_string();
    if (code == nullptr || what == nullptr) continue;
    attempt_note n;
    n.when = instant{std::chrono::milliseconds{(*parts)[0].get_int64()}};
    n.code = errc_from({code->data(), code->size()});
    n.what = cut({what->data(), what->size()}, longest_note);
    all.push_back(std::move(n));
    if (all.size() == most_notes) break;
  }
  return all;
}

} // namespace

std::string_view lock_text(std::string_view encoded) {
  constexpr std::string_view head = R"({"k":")";
  if (!encoded.starts_with(head)) return {};
  encoded.remove_prefix(head.size());
  const auto end = encoded.find('"');
  return end == std::string_view::npos ? std::string_view{} : encoded.substr(0, end);
}

// The key comes first: scripts find it there without a JSON parser.
std::string encode(const job& j) {
  std::string out;
  out.reserve(160 + j.key.size() + j.lane.size() + j.kind.size() + j.payload.size() * 5 / 4 + j.trace.size());
  field(out, R"({"k":")", j.key);
  field(out, R"(","l":")", j.lane);
  field(out, R"(","t":")", j.kind);
  field(out, R"(","i":")", j.id);
  field(out, R"(","r":")", j.trace);
  field(out, R"(","p":")", j.payload);
  number(out, R"(","a":)", j.attempt);
  number(out, R"(,"c":)", millis(j.created));
  if (!j.history.empty()) {
    const std::size_t skip = j.history.size() > most_notes ? j.history.size() - most_notes : 0;
    std::string_view separator = R"(,"h":[)";
    for (std::size_t i = skip; i < j.history.size(); ++i) {
      const attempt_note& n = j.history[i];
      out += separator;
      number(out, "[", millis(n.when));
      field(out, ",\"", to_string(n.code));
      field(out, "\",\"", cut(n.what, longest_note));
      out += "\"]";
      separator = ",";
    }
    out += ']';
  }
  out += '}';
  return out;
}

result<job> decode(std::string_view text) {
  if (text.size() > longest_encoded) return fail(errc::protocol, "the stored job is too large");
  std::array<unsigned char, 2048> stack{};
  bj::monotonic_resource memory(stack.data(), stack.size());
  bj::error_code ec;
  bj::parse_options how;
  how.max_depth = 4;
  const bj::value v = bj::parse({text.data(), text.size()}, ec, &memory, how);
  const auto* o = ec ? nullptr : v.if_object();
  if (o == nullptr) return fail(errc::protocol, "the stored job is no JSON object");
  job j;
  std::int64_t created = 0;
  const bool sound = read(*o, "k", 1024, j.key) && read(*o, "l", 256, j.lane) && read(*o, "t", 128, j.kind) &&
                     read(*o, "i", 128, j.id) && read(*o, "r", 256, j.trace) && read(*o, "p", 128 * 1024, j.payload) &&
                     read(*o, "a", j.attempt) && read(*o, "c", created);
  if (!sound) return fail(errc::protocol, "the stored job has a field of a wrong type or size");
  if (j.id.empty() || j.kind.empty() || j.attempt < 0)
    return fail(errc::protocol, "the stored job lacks its id or kind");
  // Far from any overflow of what is later computed with it.
  constexpr std::int64_t year_3000 = 32'503'680'000'000;
  if (created < 0 || created > year_3000) return fail(errc::protocol, "the stored job has an impossible date");
  j.created = instant{std::chrono::milliseconds{created}};
  j.history = notes(*o);
  return j;
}

} // namespace waybill::queue
