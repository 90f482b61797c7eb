// Parts out of one line of text, as far as they are certain: a part that may be wrong is left to the carrier's own
// parser, which gets the whole line.
#include <mapping/address_words.hpp>
#include <mapping/mapping.hpp>
#include <mapping/text.hpp>

#include <algorithm>

namespace waybill::mapping {
namespace {

using enum address_word;

bool begins_with_digit(std::string_view s) { return !s.empty() && s[0] >= '0' && s[0] <= '9'; }

// "14", "14а", "14/2", "10-12", "7А/3": digits first, and few letters.
bool is_house_number(std::string_view s) {
  if (!begins_with_digit(s) || s.size() > 10) return false;
  int letters = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    if ((c >= '0' && c <= '9') || c == '/' || (c == '-' && i + 1 < s.size() && begins_with_digit(s.substr(i + 1)))) {
      continue;
    }
    const bool latin = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!latin && c < 0x80) return false;
    if (latin || c >= 0xC0) ++letters;
  }
  return letters <= 1;
}

struct token {
  std::string text; // as typed
  address_word mark{none};
};

// Words of one part between commas; "д.14", "кв4", "г.Тверь" come apart.
std::vector<token> tokens_of(std::string_view part) {
  std::vector<std::string> raw;
  for (const std::string& piece : split(part, ' ')) {
    std::string_view rest = piece;
    while (!rest.empty()) {
      // A dot ends an abbreviation: "ул.Ленина"; inside numbers and behind single capitals (initials) it stays.
      auto end = rest.find('.');
      if (end != std::string_view::npos &&
          address_word_of(folded(rest.substr(0, end)), begins_with_digit(rest.substr(end + 1))) != none) {
        raw.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end + 1);
        continue;
      }
      // "д14", "корп2": letters that are a mark, then digits.
      end = rest.find_first_of("0123456789");
      if (end != std::string_view::npos && end > 0) {
        const auto what = address_word_of(folded(rest.substr(0, end)), true);
        if (what == house || what == block || what == building || what == flat) {
          raw.emplace_back(rest.substr(0, end));
          rest.remove_prefix(end);
          continue;
        }
      }
      // "14к2", "14стр1": a number, a mark, a number.
      end = rest.find_first_not_of("0123456789/");
      if (end != std::string_view::npos && end > 0) {
        const auto next = rest.find_first_of("0123456789", end);
        if (next != std::string_view::npos) {
          const auto what = address_word_of(folded(rest.substr(end, next - end)), true);
          if (what == block || what == building) {
            raw.emplace_back(rest.substr(0, end));
            raw.emplace_back(rest.substr(end, next - end));
            rest.remove_prefix(next);
            continue;
          }
        }
      }
      raw.emplace_back(rest);
      break;
    }
  }
  std::vector<token> all;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i].empty()) continue;
    const bool number_follows = i + 1 < raw.size() && begins_with_digit(raw[i + 1]);
    auto plain = folded(raw[i]);
    while (plain.ends_with('.')) plain.pop_back();
    all.push_back({.text = raw[i], .mark = address_word_of(plain, number_follows)});
  }
  return all;
}

std::string join(const std::vector<token>& tokens, bool with_marks) {
  std::string out;
  for (const token& t : tokens) {
    if (!with_marks && t.mark != none) continue;
    if (!out.empty()) out += ' ';
    out += t.text;
  }
  return out;
}

bool has(const std::vector<token>& tokens, address_word mark) {
  return std::ranges::find(tokens, mark, &token::mark) != tokens.end();
}

bool is_name(std::string_view text) {
  // Letters (not ASCII only), spaces and dashes, the first one a Cyrillic capital.
  if (text.size() < 4 || text.size() > 60) return false;
  const auto first = text.substr(0, 2);
  if (lower(first) == first || static_cast<unsigned char>(first[0]) < 0x80) return false;
  return std::ranges::all_of(text,
                             [](char c) { return static_cast<unsigned char>(c) >= 0x80 || c == ' ' || c == '-'; });
}

// Reads the parts from left to right and remembers what stood just before.
class reader {
 public:
  address run(std::string_view text) {
    out_.raw = std::string(trim(text));
    const auto parts = split(out_.raw, ',');
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].empty()) continue;
      const bool last = i + 1 == parts.size();
      read(parts[i], last ? std::string_view{} : std::string_view(parts[i + 1]));
    }
    if (out_.city.empty() && !federal_.empty()) out_.city = federal_;
    return std::move(out_);
  }

 private:
  enum class seen { nothing, place, street, house, flat };

  void read(std::string_view part, std::string_view next) {
    auto tokens = tokens_of(part);
    take_postal_code(tokens);
    take_numbers(tokens);
    if (tokens.empty()) return;
    const auto text = join(tokens, true);
    const auto plain = folded(text);
    if (auto code = country_of(plain); !code.empty()) {
      out_.country_code = std::move(code);
      return;
    }
    if (auto city = federal_city(plain); !city.empty()) {
      federal_ = std::move(city);
      before_ = seen::place;
      return;
    }
    if (has(tokens, region)) {
      if (out_.region.empty()) out_.region = text;
      before_ = seen::place;
      return;
    }
    if (has(tokens, district)) return;
    if (has(tokens, street) || has(tokens, quarter)) return take_street(tokens);
    if (has(tokens, city)) return take_city(tokens);
    if (tokens.size() == 1 && is_house_number(text)) return take_bare_number(text);
    take_unmarked(tokens, text, next);
  }

  // Six digits at either end of a part.
  void take_postal_code(std::vector<token>& tokens) {
    const auto fits = [&](const token& t) {
      return t.text.size() == 6 && is_digits(t.text) && out_.postal_code.empty();
    };
    if (!tokens.empty() && fits(tokens.front())) {
      out_.postal_code = tokens.front().text;
      tokens.erase(tokens.begin());
    } else if (!tokens.empty() && fits(tokens.back()) &&
               (tokens.size() < 2 || tokens[tokens.size() - 2].mark == none)) {
      out_.postal_code = tokens.back().text;
      tokens.pop_back();
    }
  }

  // House, block, building, flat with their marks, wherever they stand in the part.
  void take_numbers(std::vector<token>& tokens) {
    std::vector<token> rest;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const auto mark = tokens[i].mark;
      const bool number = i + 1 < tokens.size() && begins_with_digit(tokens[i + 1].text);
      if (!number || (mark != house && mark != block && mark != building && mark != flat && mark != entrance)) {
        rest.push_back(std::move(tokens[i]));
        continue;
      }
      std::string value = std::move(tokens[++i].text);
      while (value.ends_with('.')) value.pop_back();
      // "д 14 а": the letter belongs to the number.
      if (mark == house && i + 1 < tokens.size() && tokens[i + 1].mark == none &&
          is_house_number(value + tokens[i + 1].text) && !begins_with_digit(tokens[i + 1].text))
        value += tokens[++i].text;
      if (mark == house) {
        // "ул. Ленина 5 ... д 7" does not happen; the first one counts.
        if (out_.house.empty()) out_.house = std::move(value);
        before_ = seen::house;
      } else if (mark == flat) {
        if (out_.flat.empty()) out_.flat = std::move(value);
        before_ = seen::flat;
      } else if (mark != entrance) {
        // "ул Советская 14 к 2": the bare number before the block is the house.
        if (out_.house.empty() && !rest.empty() && is_house_number(rest.back().text) && rest.back().mark == none) {
          out_.house = std::move(rest.back().text);
          rest.pop_back();
        }
        out_.house += (mark == block ? "к" : "с") + value;
        before_ = seen::house;
      }
    }
    tokens = std::move(rest);
  }

  void take_street(std::vector<token>& tokens) {
    // "ул. Ленина 5": a number at the end is the house, but "мкр 5" is a name.
    if (out_.house.empty() && tokens.size() > 2 && tokens.back().mark == none && is_house_number(tokens.back().text) &&
        !has(tokens, quarter)) {
      out_.house = std::move(tokens.back().text);
      tokens.pop_back();
      before_ = seen::house;
    }
    // "г Тверь ул Советская": the city stands in the same part.
    const auto at = std::ranges::find_if(tokens, [](const token& t) { return t.mark == street || t.mark == quarter; });
    const auto town = std::ranges::find(tokens.begin(), at, city, &token::mark);
    if (town != at && at != tokens.end()) {
      std::vector<token> first(tokens.begin(), at);
      tokens.erase(tokens.begin(), at);
      take_city(first);
    }
    if (out_.street.empty()) out_.street = join(tokens, true);
    else if (!has(tokens, quarter) && quarter_only_) out_.street += ", " + join(tokens, true);
    quarter_only_ = has(tokens, quarter) && !has(tokens, street);
    if (before_ != seen::house && before_ != seen::flat) before_ = seen::street;
  }

  void take_city(const std::vector<token>& tokens) {
    auto name = join(tokens, false);
    if (name.empty() || begins_with_digit(name)) return;
    if (auto whole = federal_city(folded(name)); !whole.empty()) name = std::move(whole);
    // A village after its town ("г Тверь, п Сахарово") is where the street is.
    out_.city = std::move(name);
    before_ = seen::place;
  }

  void take_bare_number(const std::string& text) {
    if (before_ == seen::street && out_.house.empty()) {
      out_.house = text;
      before_ = seen::house;
    } else if (before_ == seen::house && out_.flat.empty() && is_digits(text) && text.size() <= 4) {
      out_.flat = text;
      before_ = seen::flat;
    }
  }

  // Words without any mark: only their place can tell what they are.
  void take_unmarked(std::vector<token>& tokens, const std::string& text, std::string_view next) {
    const bool city_known = !out_.city.empty() || !federal_.empty();
    const auto following = tokens_of(next);
    const bool street_follows = has(following, street) || has(following, quarter);
    if (!city_known && is_name(text) &&
        ((street_follows && out_.street.empty()) || before_ == seen::house || before_ == seen::flat)) {
      out_.city = text;
      before_ = seen::place;
      return;
    }
    if (!city_known || !out_.street.empty() || before_ != seen::place) return;
    // "Москва, Тверская 7" and "Москва, Тверская, 7"
    if (out_.house.empty() && tokens.size() > 1 && is_house_number(tokens.back().text)) {
      auto number = std::move(tokens.back().text);
      tokens.pop_back();
      if (!is_name(join(tokens, true))) return;
      out_.street = join(tokens, true);
      out_.house = std::move(number);
      before_ = seen::house;
    } else if (is_name(text) && !following.empty() &&
               (begins_with_digit(following[0].text) || following[0].mark == house)) {
      out_.street = text;
      before_ = seen::street;
    }
  }

  address out_;
  std::string federal_; // may still turn out to be the region of a smaller town
  seen before_{seen::nothing};
  bool quarter_only_{false};
};

} // namespace

address parse_address_text(std::string_view text) { return reader{}.run(simplified(text.substr(0, 2000))); }

} // namespace waybill::mapping
