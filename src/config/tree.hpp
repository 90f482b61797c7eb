// A TOML document as plain values with their lines. Only tree.cpp knows the TOML library.
#pragma once
#include <config/config.hpp>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::config {

struct member;

// One value of the document.
struct node {
  enum class kind { text, integer, boolean, list, table, other };
  kind what{kind::table};
  int line{0};
  std::string text; // of a text; of `other`: what it is ("a date")
  std::int64_t integer{0};
  bool boolean{false};
  std::vector<node> list;
  std::vector<member> table; // in the order of the file's lines
};

struct member {
  std::string key;
  int line{0}; // of the key
  node value;
};

// What a value is, for messages: "a string", "an integer", ...
std::string describe(const node& n);

// Nothing but the syntax is checked here; the problem is the first broken place.
std::expected<node, problem> parse_tree(std::string_view text, const std::string& file_name);

} // namespace waybill::config
