// [[carriers]]: the keys that all accounts share, and those that the adapter of the type declares. No carrier is named
// here.
#include <config/reader.hpp>
#include <config/suggest.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace waybill::config {
namespace {

using namespace std::chrono_literals;

bool is_account_id(std::string_view id) {
  return !id.empty() && id.size() <= 32 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(at), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// "+7 (495) 123-45-67" -> "+74951234567"; empty when it is no international number.
std::string international(std::string_view typed) {
  std::string out;
  for (const char c : typed) {
    if (c == ' ' || c == '(' || c == ')' || c == '-') continue;
    if (!(c == '+' && out.empty()) && !(c >= '0' && c <= '9')) return {};
    out += c;
  }
  return out.starts_with('+') && out.size() >= 9 && out.size() <= 16 && out[1] != '0' ? out : std::string{};
}

void read_sender(reader& in, carrier_account& a) {
  in.text("company", a.sender.company);
  in.text("name", a.sender.name);
  if (in.text("phone", a.sender.phone)) {
    a.sender.phone = international(a.sender.phone);
    if (a.sender.phone.empty())
      in.wrong("phone", "is not an international number", "write it with + and the country's code: \"+74951234567\"");
  }
  if (in.text("email", a.sender.email)) {
    const auto at = a.sender.email.find('@');
    if (at == 0 || at == std::string::npos || at + 1 == a.sender.email.size())
      in.wrong("email", "is not an e-mail address", "write name@host");
  }
  in.text("address", a.sender_address);
}

std::string join(std::string_view table, std::string_view key) {
  return table.empty() ? std::string(key) : std::string(table) + "." + std::string(key);
}

// One declared key. False: it is not in the file.
bool read_setting(reader& in, const setting_spec& spec, carrier_account& a) {
  const auto name = join(spec.table, spec.key);
  switch (spec.kind) {
  case setting_kind::text: {
    std::string value;
    const auto allowed = split(spec.allowed, '|');
    if (allowed.empty() ? in.text(spec.key, value) : in.choice(spec.key, value, allowed))
      a.settings[name] = std::move(value);
    break;
  }
  case setting_kind::secret: {
    secret value;
    if (in.text(spec.key, value)) a.settings[name] = std::move(value);
    break;
  }
  case setting_kind::integer: {
    std::int64_t value = 0;
    if (in.integer(spec.key, value, 0, 1'000'000'000'000'000)) a.settings[name] = value;
    break;
  }
  case setting_kind::boolean: {
    bool value = false;
    if (in.boolean(spec.key, value)) a.settings[name] = value;
    break;
  }
  case setting_kind::money: {
    money value;
    if (in.amount(spec.key, value)) a.settings[name] = to_decimal(value);
    break;
  }
  case setting_kind::text_or_integer: {
    std::string value;
    if (in.text_or_integer(spec.key, value)) a.settings[name] = std::move(value);
    break;
  }
  case setting_kind::text_list: {
    std::vector<std::string> value;
    if (in.texts(spec.key, value)) a.settings[name] = std::move(value);
    break;
  }
  }
  return in.present(spec.key);
}

// Keys that are read for every account; an adapter may declare one to demand it or to explain it, and finds its text
// among the settings too. Nothing: the key is the adapter's own.
std::optional<std::string> common_text(const setting_spec& spec, const carrier_account& a) {
  if (spec.table.empty()) {
    if (spec.key == "id") return a.id;
    if (spec.key == "type") return a.type;
    if (spec.key == "base_url") return a.base_url;
    if (spec.key == "webhook_secret" || spec.key == "poll_interval" || spec.key == "concurrency") return std::string{};
  } else if (spec.table == "sender") {
    if (spec.key == "company") return a.sender.company;
    if (spec.key == "name") return a.sender.name;
    if (spec.key == "phone") return a.sender.phone;
    if (spec.key == "email") return a.sender.email;
    if (spec.key == "address") return a.sender_address;
  }
  return {};
}

void read_settings(reader& in, std::string_view table, const carrier_type& type, carrier_account& a) {
  for (const setting_spec& spec : type.settings) {
    if (spec.table != table) continue;
    const auto common = common_text(spec, a);
    const bool there = common ? in.present(spec.key) : read_setting(in, spec, a);
    if (common && !common->empty() && there) a.settings[join(spec.table, spec.key)] = *common;
    if (!there && spec.required)
      in.missing(spec.key, spec.help.empty() ? "an account of this type needs it" : std::string(spec.help));
  }
}

// What the adapter finds wrong with the account as a whole: "key: what is wrong".
void ask_adapter(reader& in, const carrier_type& type, const carrier_account& a) {
  if (type.check == nullptr) return;
  for (const std::string& text : type.check(a)) {
    const auto colon = text.find(": ");
    if (colon == std::string::npos) in.wrong("type", text, {});
    else in.wrong_at(text.substr(0, colon), text.substr(colon + 2));
  }
}

carrier_account read_carrier(reader& in, std::span<const carrier_type* const> types) {
  carrier_account a;
  const auto problems_before = in.problem_count();
  if (!in.text("id", a.id)) in.missing("id", "give the account a name of its own, as routes use it: \"main\"");
  else if (!is_account_id(a.id)) in.wrong("id", "is not a usable id", "use at most 32 of a-z, 0-9, - and _");

  std::vector<std::string> names;
  for (const carrier_type* t : types) names.emplace_back(t->name);
  const carrier_type* type = nullptr;
  if (!in.text("type", a.type)) {
    in.missing("type", "name the carrier's adapter; " + suggest({}, names, "none is built in"));
  } else {
    const auto it = std::ranges::find(types, a.type, [](const carrier_type* t) { return t->name; });
    if (it == types.end())
      in.wrong("type", "\"" + a.type + "\" is not a carrier type", suggest(a.type, names, "no adapter is built in"));
    else type = *it;
  }

  if (!in.url("base_url", a.base_url) && type != nullptr) {
    a.base_url = std::string(type->default_base_url);
    while (a.base_url.ends_with('/')) a.base_url.pop_back();
    if (a.base_url.empty())
      in.missing("base_url", "this type has no common address: write where the system is reached");
  }
  in.text("webhook_secret", a.webhook_secret);
  check_path_secret(in, a.webhook_secret);
  in.duration("poll_interval", a.poll_interval, 1s, 7 * 24h);
  in.integer("concurrency", a.concurrency, 1, 1000);
  if (in.present("settle_time")) in.duration("settle_time", a.settle_time.emplace(0), 0ms, 24h);

  reader sender = in.table("sender");
  read_sender(sender, a);
  reader services = in.table("services");
  for (const std::string& delivery_type : services.keys()) {
    std::string code;
    services.text_or_integer(delivery_type, code);
    a.services[delivery_type] = std::move(code); // also an unusable one, or routes would be blamed for it too
  }
  // Without its type an account's own keys cannot be told from unknown ones.
  if (type == nullptr) return a;

  read_settings(in, "", *type, a);
  read_settings(sender, "sender", *type, a);
  std::set<std::string_view> others;
  for (const setting_spec& spec : type->settings)
    if (!spec.table.empty() && spec.table != "sender" && spec.table != "services") others.insert(spec.table);
  for (const std::string_view table : others) {
    reader t = in.table(table);
    read_settings(t, table, *type, a);
    t.finish();
  }
  sender.finish();
  in.finish();
  if (in.problem_count() == problems_before) ask_adapter(in, *type, a);
  return a;
}

} // namespace

std::vector<carrier_account> read_carriers(reader& root, std::span<const carrier_type* const> types) {
  std::vector<carrier_account> all;
  std::set<std::string> ids;
  for (reader& in : root.tables("carriers")) {
    all.push_back(read_carrier(in, types));
    const std::string& id = all.back().id;
    if (!id.empty() && !ids.insert(id).second)
      in.wrong("id", "\"" + id + "\" is the id of an earlier account", "give each account an id of its own");
  }
  if (all.empty()) root.missing("carriers", "add a [[carriers]] table with an account at a carrier");
  return all;
}

} // namespace waybill::config
