// Phones as people type them. Only what is certainly a number becomes one; everything else is for a person to mend.
#include <mapping/mapping.hpp>
#include <mapping/text.hpp>

#include <algorithm>
#include <array>

namespace waybill::mapping {
namespace {

// Numbering of the neighbours: length is without the country's code, trunk is what is dialled before it at home.
struct plan {
  std::string_view country, code;
  std::size_t length;
  std::string_view trunk;
};
constexpr std::array<plan, 10> plans{{{"BY", "375", 9, "80"},
                                      {"UA", "380", 9, "0"},
                                      {"AM", "374", 8, "0"},
                                      {"KG", "996", 9, "0"},
                                      {"UZ", "998", 9, "8"},
                                      {"TJ", "992", 9, "8"},
                                      {"TM", "993", 8, "8"},
                                      {"AZ", "994", 9, "0"},
                                      {"GE", "995", 9, "0"},
                                      {"MD", "373", 8, "0"}}};

// Area codes of zone 7 begin with 3, 4, 8, 9 (Russia) or 6, 7 (Kazakhstan).
bool is_zone_seven(std::string_view national) {
  return national.size() == 10 && national[0] >= '3' && national != std::string(10, national[0]);
}

// "+" was typed, or an international prefix dialled.
std::string international(std::string_view d) {
  if (d.starts_with("7")) {
    // "+7 8 912 ...": the home prefix was left in.
    if (d.size() == 12 && d[1] == '8') d.remove_prefix(1);
    return d.size() == 11 && is_zone_seven(d.substr(1)) ? "+7" + std::string(d.substr(1)) : std::string{};
  }
  // "+8 912 ...": no country's code begins with 83 or 89, so the home prefix is meant.
  if (d.size() == 11 && (d.starts_with("89") || d.starts_with("83"))) return "+7" + std::string(d.substr(1));
  for (const plan& p : plans)
    if (d.starts_with(p.code)) return d.size() == p.code.size() + p.length ? "+" + std::string(d) : std::string{};
  return d.size() >= 8 && d.size() <= 15 && d[0] != '0' ? "+" + std::string(d) : std::string{};
}

// Ten digits without any prefix, dialled inside zone 7. What looks like eleven with one forgotten is refused.
bool is_bare_zone_seven(std::string_view d) {
  if (!is_zone_seven(d)) return false;
  if (d[0] == '9' || d[0] == '3' || d[0] == '4') return true;
  if (d[0] == '8') return d[1] != '9' && d[1] != '0';
  constexpr std::array<std::string_view, 5> kazakh{"70", "71", "72", "747", "77"};
  return std::ranges::any_of(kazakh, [&](std::string_view k) { return d.starts_with(k); });
}

std::string without_plus(std::string_view d, std::string_view country) {
  if (d.starts_with("00")) return international(d.substr(2));
  if (d.starts_with("810") && d.size() > 11) return international(d.substr(3));
  for (const plan& p : plans)
    if (d.starts_with(p.code) && d.size() == p.code.size() + p.length) return "+" + std::string(d);
  for (const plan& p : plans) {
    if (p.country != country) continue;
    if (d.size() == p.length && d[0] != '0') return "+" + std::string(p.code) + std::string(d);
    if (d.size() == p.length + p.trunk.size() && d.starts_with(p.trunk))
      return "+" + std::string(p.code) + std::string(d.substr(p.trunk.size()));
    return {};
  }
  // "8 029 123-45-67": so they write it in Belarus; no Russian code begins with 0.
  if (d.size() == 11 && d.starts_with("80") && (d[2] == '1' || d[2] == '2' || d[2] == '3' || d[2] == '4'))
    return "+375" + std::string(d.substr(2));
  if (d.size() == 11 && (d[0] == '8' || d[0] == '7') && is_zone_seven(d.substr(1)))
    return "+7" + std::string(d.substr(1));
  if (d.size() == 12 && d.starts_with("78") && is_zone_seven(d.substr(2))) return "+7" + std::string(d.substr(2));
  if (is_bare_zone_seven(d)) return "+7" + std::string(d);
  return {};
}

// Groups of digits as typed, until something that no number holds.
struct candidate {
  bool plus{false};
  std::vector<std::string> groups; // by spaces
  bool empty() const { return groups.empty(); }
};

std::string joined(const std::vector<std::string>& groups, std::size_t from, std::size_t to) {
  std::string all;
  for (std::size_t i = from; i < to; ++i) all += groups[i];
  return all;
}

// One number, or several that only spaces part ("8 912 ... 8 921 ...").
std::vector<std::string> numbers_of(const candidate& c, std::string_view country) {
  std::vector<std::string> found;
  std::size_t from = 0;
  while (from < c.groups.size()) {
    const bool plus = c.plus && from == 0;
    const auto read = [&](std::size_t to) {
      const auto digits = joined(c.groups, from, to);
      if (digits.empty() || digits.size() > 20) return std::string{};
      return plus ? international(digits) : without_plus(digits, country);
    };
    if (auto whole = read(c.groups.size()); !whole.empty()) {
      found.push_back(std::move(whole));
      break;
    }
    std::string part;
    std::size_t to = from + 1;
    for (; to < c.groups.size() && part.empty(); ++to) part = read(to);
    if (part.empty()) break;
    // A cut in the middle of a longer run of digits is only certain when the rest begins like a number.
    const std::string& next = c.groups[to - 1];
    if (next[0] != '8' && next[0] != '7') break;
    found.push_back(std::move(part));
    from = to - 1;
  }
  return found;
}

// "доб. 123", "ext 5", "#7": its digits, and how much of the text it takes.
std::pair<std::string, std::size_t> extension_at(std::string_view text) {
  constexpr std::array<std::string_view, 13> marks{
      "добавочный", "добав", "доб", "внутренний", "внутр", "вн", "extension", "extn", "ext", "x", "х", "#", "№"};
  for (const std::string_view mark : marks) {
    if (!text.starts_with(mark)) continue;
    std::size_t i = mark.size();
    while (i < text.size() && i < mark.size() + 6 &&
           (text[i] == ' ' || text[i] == '.' || text[i] == ':' || text[i] == '-'))
      ++i;
    auto end = i;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end > i && end - i <= 6) return {std::string(text.substr(i, end - i)), end};
  }
  return {{}, 0};
}

class finder {
 public:
  finder(std::string_view text, std::string_view country)
      : text_(lower(simplified(text.substr(0, 1000)))), country_(country) {}

  std::vector<phone> run() {
    for (std::size_t i = 0; i < text_.size();) i += step(i);
    flush();
    return std::move(found_);
  }

 private:
  std::size_t step(std::size_t i) {
    const char c = text_[i];
    if (c >= '0' && c <= '9') {
      if (new_group_ || current_.empty()) current_.groups.emplace_back();
      new_group_ = false;
      current_.groups.back() += c;
      open_ = false;
      return 1;
    }
    if (c == ' ') {
      new_group_ = true;
      return 1;
    }
    if (c == '-' || c == '(' || c == ')' || c == '.') return 1;
    if (c == '+') {
      flush();
      current_.plus = true;
      return 1;
    }
    if (!current_.empty() || open_) {
      const auto [digits, taken] = extension_at(std::string_view(text_).substr(i));
      if (taken > 0) {
        flush();
        if (open_) found_.back().extension = digits;
        open_ = false;
        return taken;
      }
    }
    flush();
    if (c != ',' && c != ';') open_ = false;
    return 1;
  }

  void flush() {
    for (std::string& number : numbers_of(current_, country_)) {
      const auto same = std::ranges::find(found_, number, &phone::e164);
      open_ = same == found_.end();
      if (open_) found_.push_back({.e164 = std::move(number), .extension = {}});
    }
    current_ = {};
    new_group_ = false;
  }

  std::string text_;
  std::string_view country_;
  candidate current_;
  bool new_group_{false};
  bool open_{false}; // an extension that comes now belongs to the last number
  std::vector<phone> found_;
};

} // namespace

std::vector<phone> find_phones(std::string_view text, std::string_view default_country) {
  return finder(text, default_country).run();
}

std::optional<phone> normalize_phone(std::string_view typed, std::string_view default_country) {
  auto all = find_phones(typed, default_country);
  if (all.empty()) return {};
  return std::move(all.front());
}

} // namespace waybill::mapping
