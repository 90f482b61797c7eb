#include "php.hpp"

#include <waybill/http.hpp>

#include <algorithm>
#include <vector>

namespace waybill::test {
namespace {

namespace bj = boost::json;

bj::value listed(bj::value v) {
  auto* o = v.if_object();
  if (o == nullptr) return v;
  bool in_order = true;
  std::size_t i = 0;
  for (auto& m : *o) {
    in_order = in_order && std::string_view(m.key().data(), m.key().size()) == std::to_string(i++);
    m.value() = listed(std::move(m.value()));
  }
  if (!in_order) return v;
  bj::array a;
  for (auto& m : *o) a.push_back(std::move(m.value()));
  return a;
}

} // namespace

bj::object php_parse_str(std::string_view query) {
  bj::object root;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size()); // the first one, encoded ones do not count
    const auto key = percent_decode(pair.substr(0, equals), true).value();
    const auto value =
        percent_decode(equals < pair.size() ? pair.substr(equals + 1) : std::string_view{}, true).value();
    auto bracket = std::min(key.find('['), key.size());
    std::string base = key.substr(0, bracket);
    std::ranges::replace_if(base, [](char c) { return c == '.' || c == ' '; }, '_');
    std::vector<std::string> path{base};
    while (bracket < key.size() && key[bracket] == '[') {
      const auto close = key.find(']', bracket);
      if (close == std::string::npos) break;
      path.push_back(key.substr(bracket + 1, close - bracket - 1));
      bracket = close + 1;
    }
    bj::object* at = &root;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      auto& next = (*at)[path[i].empty() ? std::to_string(at->size()) : path[i]];
      if (!next.is_object()) next = bj::object{};
      at = &next.get_object();
    }
    (*at)[path.back().empty() ? std::to_string(at->size()) : path.back()] = value;
  }
  for (auto& m : root) m.value() = listed(std::move(m.value()));
  return root;
}

std::pair<std::string, bj::object> php_command(std::string_view command) {
  const auto hash = std::min(command.find('#'), command.size());
  command = command.substr(0, hash);
  const auto mark = std::min(command.find('?'), command.size());
  return {std::string(command.substr(0, mark)),
          php_parse_str(mark < command.size() ? command.substr(mark + 1) : std::string_view{})};
}

} // namespace waybill::test
