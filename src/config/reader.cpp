#include <config/expand.hpp>
#include <config/reader.hpp>
#include <config/suggest.hpp>
#include <waybill/time.hpp>

#include <algorithm>
#include <limits>

namespace waybill::config {

void scope::add(int line, std::string key, std::string what, std::string remedy) {
  problem p{.file = file, .line = line, .key = std::move(key), .what = std::move(what), .remedy = std::move(remedy)};
  problems.push_back(std::move(p));
}

reader::reader(scope& where, const node* table, std::string path, int line)
    : scope_(&where), table_(table), path_(std::move(path)), line_(line) {}

const member* reader::find(std::string_view key) const {
  if (table_ == nullptr) return nullptr;
  const auto it = std::ranges::find(table_->table, key, &member::key);
  return it == table_->table.end() ? nullptr : &*it;
}

const node* reader::take(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
  const member* m = find(key);
  return m == nullptr ? nullptr : &m->value;
}

int reader::line_of(std::string_view key) const {
  const member* m = find(key);
  return m == nullptr ? line_ : m->line;
}

std::string reader::path_of(std::string_view key) const {
  // A key that holds other characters is quoted, as in TOML.
  const bool bare = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  std::string name = bare ? std::string(key) : "\"" + std::string(key) + "\"";
  return path_.empty() ? name : path_ + "." + name;
}

void reader::wrong(std::string_view key, std::string what, std::string remedy) {
  if (!spoiled(key)) spoiled_.emplace_back(key);
  scope_->add(line_of(key), path_of(key), std::move(what), std::move(remedy));
}

void reader::wrong_at(std::string_view dotted, std::string what) {
  const auto dot = dotted.find('.');
  const member* m = dot == std::string_view::npos ? nullptr : find(dotted.substr(0, dot));
  if (m == nullptr || m->value.what != node::kind::table) return wrong(dotted, std::move(what), {});
  const auto key = dotted.substr(0, dot);
  reader inner(*scope_, &m->value, path_of(key), std::max(m->value.line, m->line));
  inner.wrong_at(dotted.substr(dot + 1), std::move(what));
}

void reader::missing(std::string_view key, std::string remedy) {
  if (spoiled(key)) return;
  wrong(key, "is missing", std::move(remedy));
}

bool reader::spoiled(std::string_view key) const { return std::ranges::find(spoiled_, key) != spoiled_.end(); }

bool reader::present(std::string_view key) { return take(key) != nullptr; }

std::vector<std::string> reader::keys() const {
  std::vector<std::string> names;
  if (table_ != nullptr)
    for (const member& m : table_->table) names.push_back(m.key);
  return names;
}

bool reader::wrong_type(std::string_view key, const node& n, std::string_view wanted, std::string_view example) {
  wrong(key, "must be " + std::string(wanted) + ", not " + describe(n),
        "write it as in " + std::string(key) + " = " + std::string(example));
  return false;
}

std::optional<std::string> reader::expanded(std::string_view key, const node& n, const std::string& full_path) {
  auto value = expand(n.text, scope_->env, scope_->folder);
  if (value) return std::move(*value);
  if (!spoiled(key)) spoiled_.emplace_back(key);
  for (expansion_failure& f : value.error()) scope_->add(n.line, full_path, std::move(f.what), std::move(f.remedy));
  return {};
}

bool reader::text(std::string_view key, std::string& out, bool may_be_empty) {
  const node* n = take(key);
  if (n == nullptr) return false;
  if (n->what != node::kind::text) return wrong_type(key, *n, "a string", "\"...\"");
  auto value = expanded(key, *n, path_of(key));
  if (!value) return false;
  if (value->empty() && !may_be_empty) {
    wrong(key, "is empty",
          n->text.empty() ? "give it a value, or leave the key out if it is optional"
                          : "what it refers to is set, but to an empty text");
    return false;
  }
  out = std::move(*value);
  return true;
}

bool reader::text(std::string_view key, secret& out) {
  std::string plain;
  if (!text(key, plain)) return false;
  out = secret(std::move(plain));
  return true;
}

bool reader::choice(std::string_view key, std::string& out, const std::vector<std::string>& allowed) {
  std::string value;
  if (!text(key, value)) return false;
  if (std::ranges::find(allowed, value) == allowed.end()) {
    std::string list;
    for (const std::string& a : allowed) list += (list.empty() ? "\"" : ", \"") + a + "\"";
    const auto near = nearest(value, allowed);
    wrong(key, "must be one of " + list, near.empty() ? "choose one of them" : "did you mean \"" + near + "\"?");
    return false;
  }
  out = std::move(value);
  return true;
}

bool reader::texts(std::string_view key, std::vector<std::string>& out) {
  const node* n = take(key);
  if (n == nullptr) return false;
  if (n->what != node::kind::list) return wrong_type(key, *n, "a list of strings", "[\"...\", \"...\"]");
  std::vector<std::string> values;
  bool good = true;
  for (std::size_t i = 0; i < n->list.size(); ++i) {
    const node& element = n->list[i];
    const auto element_path = path_of(key) + "[" + std::to_string(i) + "]";
    if (element.what != node::kind::text) {
      scope_->add(element.line, element_path, "must be a string, not " + describe(element), "put it into quotes");
      good = false;
      continue;
    }
    auto value = expanded(key, element, element_path);
    if (value && value->empty()) {
      scope_->add(element.line, element_path, "is empty", "give it a value, or take it out of the list");
      value.reset();
    }
    if (value) values.push_back(std::move(*value));
    else good = false;
  }
  if (!good) {
    if (!spoiled(key)) spoiled_.emplace_back(key);
    return false;
  }
  out = std::move(values);
  return true;
}

bool reader::texts(std::string_view key, std::vector<secret>& out) {
  std::vector<std::string> plain;
  if (!texts(key, plain)) return false;
  out.clear();
  for (std::string& one : plain) out.emplace_back(std::move(one));
  return true;
}

bool reader::boolean(std::string_view key, bool& out) {
  const node* n = take(key);
  if (n == nullptr) return false;
  if (n->what != node::kind::boolean) return wrong_type(key, *n, "true or false", "true");
  out = n->boolean;
  return true;
}

bool reader::integer(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max) {
  const node* n = take(key);
  if (n == nullptr) return false;
  if (n->what != node::kind::integer)
    return wrong_type(key, *n, "an integer", std::to_string(std::clamp<std::int64_t>(10, min, max)));
  if (n->integer < min || n->integer > max) {
    const bool unbounded = max == std::numeric_limits<std::int64_t>::max();
    wrong(key, std::to_string(n->integer) + " is out of range",
          unbounded ? "write at least " + std::to_string(min)
                    : "write a number from " + std::to_string(min) + " to " + std::to_string(max));
    return false;
  }
  out = n->integer;
  return true;
}

bool reader::duration(std::string_view key, milliseconds& out, milliseconds min, milliseconds max) {
  const node* n = take(key);
  if (n == nullptr) return false;
  if (n->what != node::kind::text) return wrong_type(key, *n, "a duration in quotes", "\"30s\"");
  std::string literal;
  if (!text(key, literal)) return false;
  const auto value = parse_duration(literal);
  if (!value) {
    wrong(key, "is not a duration", "write an integer with a unit: \"250ms\", \"30s\", \"15m\", \"2h\" or \"7d\"");
    return false;
  }
  if (*value < min || *value > max) {
    wrong(key, waybill::to_text(*value) + " is out of range",
          "write a duration from " + waybill::to_text(min) + " to " + waybill::to_text(max));
    return false;
  }
  out = *value;
  return true;
}

bool reader::amount(std::string_view key, money& out) {
  const node* n = take(key);
  if (n == nullptr) return false;
  if (n->what != node::kind::text) return wrong_type(key, *n, "an amount in quotes", "\"350.00\"");
  std::string literal;
  if (!text(key, literal)) return false;
  // What a table of prices may hold: digits and at most two decimals; exponents and rounding are for peers.
  const auto dot = std::min(literal.find('.'), literal.size());
  const auto whole = std::string_view(literal).substr(0, dot);
  const auto part = dot < literal.size() ? std::string_view(literal).substr(dot + 1) : std::string_view("0");
  const auto digits = [](std::string_view s) {
    return !s.empty() && std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!digits(whole) || whole.size() > 12 || !digits(part) || part.size() > 2) {
    wrong(key, "is not an amount of money", "write digits with at most two decimals behind a dot: \"350.00\"");
    return false;
  }
  out.minor = parse_minor(literal).value_or(0);
  return true;
}

bool reader::path(std::string_view key, std::filesystem::path& out) {
  std::string value;
  if (!text(key, value)) return false;
  if (value.contains('\0')) {
    wrong(key, "is not a path", "write the path of a file or folder");
    return false;
  }
  out = resolve(scope_->folder, value);
  return true;
}

bool reader::text_or_integer(std::string_view key, std::string& out) {
  const node* n = take(key);
  if (n == nullptr) return false;
  if (n->what == node::kind::integer) {
    out = std::to_string(n->integer);
    return true;
  }
  if (n->what != node::kind::text) return wrong_type(key, *n, "a string or an integer", "\"...\"");
  return text(key, out);
}

reader reader::table(std::string_view key) {
  const node* n = take(key);
  if (n != nullptr && n->what != node::kind::table) {
    wrong(key, "must be a table, not " + describe(*n), "write it as a table: [" + path_of(key) + "]");
    n = nullptr;
  }
  return {*scope_, n, path_of(key), n == nullptr ? line_ : std::max(n->line, 1)};
}

std::vector<reader> reader::tables(std::string_view key) {
  std::vector<reader> all;
  const node* n = take(key);
  if (n == nullptr) return all;
  if (n->what == node::kind::table) {
    // The commonest slip: one bracket too few.
    wrong(key, "must be a list of tables", "write two brackets: [[" + std::string(key) + "]]");
    return all;
  }
  if (n->what != node::kind::list) {
    wrong(key, "must be a list of tables, not " + describe(*n), "write [[" + std::string(key) + "]] before its keys");
    return all;
  }
  for (std::size_t i = 0; i < n->list.size(); ++i) {
    const node& element = n->list[i];
    auto element_path = path_of(key) + "[" + std::to_string(i) + "]";
    if (element.what != node::kind::table)
      scope_->add(element.line, element_path, "must be a table, not " + describe(element),
                  "write [[" + std::string(key) + "]] before its keys");
    else all.emplace_back(*scope_, &element, std::move(element_path), element.line);
  }
  return all;
}

void reader::finish() {
  if (table_ == nullptr) return;
  for (const member& m : table_->table) {
    if (std::ranges::find(known_, m.key) != known_.end()) continue;
    scope_->add(m.line, path_of(m.key), "is not a known key",
                suggest(m.key, known_, "take it out: nothing is known here"));
  }
}

} // namespace waybill::config
