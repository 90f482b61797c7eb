#include <config/suggest.hpp>

#include <algorithm>

namespace waybill::config {
namespace {

constexpr std::size_t longest = 80; // a name that is longer is nobody's misspelling

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

} // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  if (a.size() > longest || b.size() > longest) return std::max(a.size(), b.size());
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + differs});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

std::string nearest(std::string_view typed, const std::vector<std::string>& names) {
  const std::string* best = nullptr;
  std::size_t best_distance = 0;
  for (const std::string& name : names) {
    const auto distance = edit_distance(typed, name);
    // A third of the letters may be wrong, but never all of a short name.
    if (distance > std::max<std::size_t>(1, std::max(typed.size(), name.size()) / 3) || distance >= name.size())
      continue;
    if (best == nullptr || distance < best_distance) {
      best = &name;
      best_distance = distance;
    }
  }
  if (best != nullptr) return *best;
  // "logging" for "log".
  for (const std::string& name : names)
    if (std::min(name.size(), typed.size()) >= 3 && (typed.starts_with(name) || name.starts_with(typed))) return name;
  return {};
}

std::string suggest(std::string_view typed, const std::vector<std::string>& names, std::string_view none_known) {
  if (const auto near = nearest(typed, names); !near.empty()) return "did you mean \"" + near + "\"?";
  if (names.empty()) return std::string(none_known);
  std::string list = "known here: ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += ", ";
    list += names[i];
  }
  return list;
}

} // namespace waybill::config
