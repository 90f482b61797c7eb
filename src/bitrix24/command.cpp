#include <bitrix24/command.hpp>
#include <waybill/http.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

void put(std::string& out, const std::string& key, std::string_view value) {
  if (!out.empty()) out += '&';
  out += key;
  out += '=';
  out += percent_encode(value);
}

std::string below(const std::string& key, std::string_view member) {
  return key.empty() ? percent_encode(member) : key + "%5B" + percent_encode(member) + "%5D";
}

void append(std::string& out, const std::string& key, const bj::value& v) {
  switch (v.kind()) {
  case bj::kind::null: return;
  case bj::kind::bool_: put(out, key, v.get_bool() ? "1" : "0"); return;
  case bj::kind::int64: put(out, key, std::to_string(v.get_int64())); return;
  case bj::kind::uint64: put(out, key, std::to_string(v.get_uint64())); return;
  case bj::kind::double_: put(out, key, fmt::format("{}", v.get_double())); return;
  case bj::kind::string: {
    std::string_view text{v.get_string().data(), v.get_string().size()};
    if (!text.empty() && text.front() == json::decimal_mark) text.remove_prefix(1);
    put(out, key, text);
    return;
  }
  case bj::kind::array: {
    std::size_t index = 0;
    for (const auto& member : v.get_array()) append(out, below(key, std::to_string(index++)), member);
    return;
  }
  case bj::kind::object:
    for (const auto& [name, member] : v.get_object()) append(out, below(key, {name.data(), name.size()}), member);
    return;
  }
}

bool names_result(std::string_view text) {
  static constexpr std::array<std::string_view, 5> roots{"$result[", "$total[", "$next[", "$error[", "$time["};
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; };
  for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1))
    for (const auto root : roots)
      if (text.size() - at >= root.size() && std::ranges::equal(text.substr(at, root.size()), root, same)) return true;
  return false;
}

bool clears(const bj::value& v) {
  if (v.is_null()) return true;
  if (const auto* a = v.if_array()) return a->empty() || std::ranges::any_of(*a, clears);
  if (const auto* o = v.if_object())
    return o->empty() || std::ranges::any_of(*o, [](const auto& member) { return clears(member.value()); });
  return false;
}

} // namespace

std::string build_query(const bj::object& params) {
  std::string out;
  for (const auto& [name, member] : params) append(out, below({}, {name.data(), name.size()}), member);
  return out;
}

std::string encode_command(std::string_view method, const bj::object& params) {
  const auto query = build_query(params);
  return query.empty() ? std::string(method) : fmt::format("{}?{}", method, query);
}

bool holds_reference(const bj::value& v) {
  if (const auto* s = v.if_string()) return names_result({s->data(), s->size()});
  if (const auto* a = v.if_array()) return std::ranges::any_of(*a, holds_reference);
  if (const auto* o = v.if_object())
    return std::ranges::any_of(
        *o, [](const auto& m) { return names_result({m.key().data(), m.key().size()}) || holds_reference(m.value()); });
  return false;
}

bool needs_json(const bj::object& params) {
  return std::ranges::any_of(params, [](const auto& m) {
    const auto* o = m.value().if_object();
    return o != nullptr && std::ranges::any_of(*o, [](const auto& inner) { return clears(inner.value()); });
  });
}

} // namespace waybill::bitrix24
