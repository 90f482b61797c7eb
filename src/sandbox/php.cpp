#include <sandbox/php.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

namespace waybill::sandbox::php {
namespace {

constexpr std::size_t most_variables =
    10'000;                             // max_input_vars as the vendor recommends it; the rest is dropped silently
constexpr std::size_t most_levels = 64; // max_input_nesting_level

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The next index that `$a[] = ..` would take.
std::string next_index(const json::object& o) {
  std::int64_t next = 0;
  for (const auto& [key, value] : o) {
    std::int64_t n = 0;
    const auto [end, ec] = std::from_chars(key.data(), key.data() + key.size(), n);
    if (ec == std::errc{} && end == key.data() + key.size()) next = std::max(next, n + 1);
  }
  return std::to_string(next);
}

struct name_parts {
  std::string first;
  std::vector<std::string> indexes; // "" is the append operator
};

// "a[b][]" taken apart as php_register_variable does it.
name_parts split_name(std::string name) {
  name_parts parts;
  name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
  const auto bracket = std::min(name.find('['), name.size());
  parts.first = name.substr(0, bracket);
  std::ranges::replace_if(parts.first, [](char c) { return c == ' ' || c == '.'; }, '_');
  std::size_t at = bracket;
  while (at < name.size() && name[at] == '[') {
    const auto close = name.find(']', at);
    if (close == std::string::npos) {
      // Never closed: at the first level the rest joins the name, deeper it is dropped.
      if (parts.indexes.empty()) parts.first += '_' + name.substr(at + 1);
      break;
    }
    parts.indexes.push_back(name.substr(at + 1, close - at - 1));
    at = close + 1;
  }
  if (parts.indexes.size() > most_levels) parts.first.clear();
  return parts;
}

void set(json::object& into, const name_parts& name, std::string value) {
  json::object* at = &into;
  std::string key = name.first;
  for (const auto& index : name.indexes) {
    json::value& inner = (*at)[key];
    if (!inner.is_object()) inner = json::object{};
    at = &inner.get_object();
    key = index.empty() ? next_index(*at) : index;
  }
  (*at)[key] = json::value(std::move(value));
}

void collapse(json::value& v) {
  if (auto* o = v.if_object()) {
    for (auto& member : *o) collapse(member.value());
    v = as_array(std::move(*o));
  } else if (auto* a = v.if_array()) {
    for (auto& member : *a) collapse(member);
  }
}

// The member of a PHP array by key, whichever JSON form it has.
const json::value* member(const json::value& v, std::string_view key) {
  if (const auto* o = v.if_object()) return o->if_contains(key);
  const auto* a = v.if_array();
  if (a == nullptr) return nullptr;
  std::size_t index = 0;
  const auto [end, ec] = std::from_chars(key.data(), key.data() + key.size(), index);
  return ec == std::errc{} && end == key.data() + key.size() && index < a->size() ? &(*a)[index] : nullptr;
}

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

struct reference {
  std::size_t begin, end;
  const json::value* found;
};

// The next reference at or after `from`.
std::optional<reference> find_reference(std::string_view text, std::size_t from, const json::object& data) {
  for (auto at = text.find('$', from); at != std::string_view::npos; at = text.find('$', at + 1)) {
    auto end = at + 1;
    std::string root;
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0) root += lower(text[end++]);
    const auto* level = data.if_contains(root);
    if (level == nullptr || end >= text.size() || text[end] != '[') continue;
    bool lost = false;
    while (end < text.size() && text[end] == '[') {
      const auto close = text.find(']', end);
      if (close == std::string_view::npos) break;
      if (!lost) {
        const auto* deeper = member(*level, text.substr(end + 1, close - end - 1));
        if (deeper != nullptr) level = deeper;
        else lost = true;
      }
      end = close + 1;
    }
    return reference{at, end, level};
  }
  return {};
}

json::value substituted_text(const std::string& text, const json::object& data) {
  auto ref = find_reference(text, 0, data);
  if (!ref) return json::value(text);
  if (ref->begin == 0 && ref->end == text.size()) return *ref->found; // alone: keeps its type, arrays stay arrays
  std::string out;
  std::size_t from = 0;
  for (; ref; ref = find_reference(text, from, data)) {
    out += text.substr(from, ref->begin - from);
    out += scalar(*ref->found).value_or("Array");
    from = ref->end;
  }
  return json::value(out + text.substr(from));
}

} // namespace

std::string url_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

json::object parse_str(std::string_view text) {
  json::object out;
  std::size_t count = 0;
  while (!text.empty() && count < most_variables) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    ++count;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = split_name(url_decode(pair.substr(0, equals)));
    if (name.first.empty()) continue;
    set(out, name, url_decode(equals < pair.size() ? pair.substr(equals + 1) : std::string_view{}));
  }
  for (auto& member : out) collapse(member.value());
  return out;
}

json::value as_array(json::object map) {
  std::size_t expected = 0;
  for (const auto& [key, value] : map)
    if (std::string_view(key) != std::to_string(expected++)) return map;
  json::array list;
  for (auto& member : map) list.push_back(std::move(member.value()));
  return list;
}

json::value normalised(json::value v) {
  collapse(v);
  return v;
}

command parse_command(std::string_view text) {
  std::string clean(text.substr(0, text.find('#')));
  std::ranges::replace_if(clean, [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }, '_');
  const auto question = std::min(clean.find('?'), clean.size());
  return {clean.substr(0, question), question < clean.size() ? clean.substr(question + 1) : std::string{}};
}

json::value substituted(json::value v, const json::object& data) {
  if (auto* o = v.if_object()) {
    for (auto& member : *o) member.value() = substituted(std::move(member.value()), data);
  } else if (auto* a = v.if_array()) {
    for (auto& member : *a) member = substituted(std::move(member), data);
  } else if (const auto* s = v.if_string()) {
    return substituted_text(std::string(s->data(), s->size()), data);
  }
  return v;
}

std::optional<std::string> scalar(const json::value& v) {
  if (v.is_null()) return "";
  if (v.is_bool()) return v.get_bool() ? "1" : "";
  if (v.is_int64()) return std::to_string(v.get_int64());
  if (const auto* s = v.if_string()) {
    std::string_view t(s->data(), s->size());
    if (!t.empty() && t.front() == json::decimal_mark) t.remove_prefix(1);
    return std::string(t);
  }
  return {};
}

bool is_empty(const json::value* v) {
  if (v == nullptr) return true;
  if (const auto* o = v->if_object()) return o->empty();
  if (const auto* a = v->if_array()) return a->empty();
  const auto t = scalar(*v);
  return !t || t->empty() || *t == "0";
}

bool is_true(const json::value* v) { return !is_empty(v); }

} // namespace waybill::sandbox::php
