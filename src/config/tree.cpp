#include <config/tree.hpp>

#include <algorithm>
#include <tuple>

#include <toml++/toml.h>

namespace waybill::config {
namespace {

int line_of(const toml::source_region& where) { return static_cast<int>(where.begin.line); }

node convert(const toml::node& from) {
  node to;
  to.line = line_of(from.source());
  if (const auto* s = from.as_string()) {
    to.what = node::kind::text;
    to.text = s->get();
  } else if (const auto* n = from.as_integer()) {
    to.what = node::kind::integer;
    to.integer = n->get();
  } else if (const auto* b = from.as_boolean()) {
    to.what = node::kind::boolean;
    to.boolean = b->get();
  } else if (const auto* a = from.as_array()) {
    to.what = node::kind::list;
    for (const auto& element : *a) to.list.push_back(convert(element));
  } else if (const auto* t = from.as_table()) {
    to.what = node::kind::table;
    for (const auto& [key, value] : *t) {
      member m{.key = std::string(key.str()), .line = line_of(key.source()), .value = convert(value)};
      to.table.push_back(std::move(m));
    }
    const auto earlier = [](const member& x, const member& y) {
      return std::tie(x.line, x.key) < std::tie(y.line, y.key);
    };
    std::ranges::sort(to.table, earlier);
  } else {
    to.what = node::kind::other;
    to.text = from.is_floating_point() ? "a number with a fraction" : "a date or time";
  }
  return to;
}

// The library follows dotted keys by recursion: thousands of parts in one key would take the stack.
int overlong_key(std::string_view text) {
  constexpr int most_dots = 200;
  int line = 1, dots = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      dots = 0;
    } else if (c == '.' && ++dots > most_dots) {
      return line;
    }
  }
  return 0;
}

} // namespace

std::string describe(const node& n) {
  switch (n.what) {
  case node::kind::text: return "a string";
  case node::kind::integer: return "an integer";
  case node::kind::boolean: return "true or false";
  case node::kind::list: return "a list";
  case node::kind::table: return "a table";
  case node::kind::other: return n.text;
  }
  return "something else";
}

std::expected<node, problem> parse_tree(std::string_view text, const std::string& file_name) {
  if (const int line = overlong_key(text); line > 0) {
    problem p{.file = file_name,
              .line = line,
              .key = {},
              .what = "holds more than 200 dots in one line",
              .remedy = "no key has so many parts; break a long text into lines with \"\"\""};
    return std::unexpected(std::move(p));
  }
  try {
    const toml::table root = toml::parse(text, std::string_view(file_name));
    return convert(root);
  } catch (const toml::parse_error& e) {
    problem p{.file = file_name,
              .line = line_of(e.source()),
              .key = {},
              .what = "not valid TOML: " + std::string(e.description()),
              .remedy = "mend the syntax at this place (values of keys are strings in quotes, integers, true or false, "
                        "lists in brackets); the rest is checked after it"};
    return std::unexpected(std::move(p));
  }
}

} // namespace waybill::config
