// A command of `batch`, written by us and read back by PHP's rules: every value arrives as it was, in its order.
#include "fuzz.hpp"

#include <bitrix24/command.hpp>
#include <sandbox/php.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace {
using namespace waybill;

// Names as Bitrix24 has them, filters' operators too. Others mean something to PHP ('[', '.', ' ') and never come from
// us.
bool plain(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' || c == '%' || c == '=' ||
           c == '>' || c == '!';
  });
}

// False: holds something whose spelling is not promised (strange names, decimals).
bool leaves(const json::value& v, std::vector<std::string>& out, int depth = 0) {
  if (depth > 8) return false;
  if (const auto* o = v.if_object())
    return std::ranges::all_of(
        *o, [&](const auto& member) { return plain(member.key()) && leaves(member.value(), out, depth + 1); });
  if (const auto* a = v.if_array())
    return std::ranges::all_of(*a, [&](const json::value& inner) { return leaves(inner, out, depth + 1); });
  if (v.is_null()) return true;
  if (v.is_bool()) out.push_back(v.get_bool() ? "1" : "0");
  else if (v.is_string() && v.get_string().starts_with(json::decimal_mark)) return false;
  else out.push_back(json::as_text(v).value_or(v.is_string() ? std::string(v.get_string()) : std::string()));
  return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto v = json::parse(fuzz::text_of(data, size), 16 * 1024);
  if (!v || !v->is_object()) return 0;
  (void)bitrix24::holds_reference(*v);
  (void)bitrix24::needs_json(v->get_object());
  const std::string text = bitrix24::encode_command("crm.item.update", v->get_object());
  fuzz::must(std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '#'; }));

  std::vector<std::string> sent, arrived;
  if (!leaves(*v, sent)) return 0;
  const auto command = sandbox::php::parse_command(text);
  fuzz::must(command.method == "crm.item.update");
  (void)leaves(sandbox::php::parse_str(command.query), arrived);
  fuzz::must(sent == arrived);
  return 0;
}
