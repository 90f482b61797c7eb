#include <waybill/text.hpp>

#include <algorithm>

namespace waybill {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
bool mail_char(char c) { return digit(c) || letter(c) || c == '.' || c == '_' || c == '-' || c == '+'; }

// Phones and numbers of documents are long runs of digits, at times with blanks, dashes and brackets between them.
std::string without_phones(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (!digit(text[i])) {
      out += text[i++];
      continue;
    }
    std::size_t end = i, last = i, count = 0;
    while (end < text.size() &&
           (digit(text[end]) ||
            ((text[end] == ' ' || text[end] == '-' || text[end] == '(' || text[end] == ')') && end - last < 3))) {
      if (digit(text[end])) {
        ++count;
        last = end;
      }
      ++end;
    }
    const auto run = text.substr(i, last - i + 1);
    out += count >= 9 ? std::string("***") : std::string(run);
    i = last + 1;
  }
  return out;
}

std::string without_mail(std::string_view text) {
  std::string out(text);
  for (auto at = out.find('@'); at != std::string::npos; at = out.find('@', at)) {
    auto begin = at, end = at + 1;
    while (begin > 0 && mail_char(out[begin - 1])) --begin;
    while (end < out.size() && mail_char(out[end])) ++end;
    out.replace(begin, end - begin, "***");
    at = begin;
  }
  return out;
}

} // namespace

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continuation(c); }));
}

std::string shortened(std::string_view text, std::size_t most) {
  std::size_t seen = 0, i = 0;
  for (; i < text.size(); ++i)
    if (!continuation(text[i]) && seen++ == most) break;
  return std::string(text.substr(0, i));
}

std::string harmless(std::string_view peer_text, std::size_t most) {
  std::string line;
  for (const char c : peer_text.substr(0, 8 * most)) {
    const bool blank = static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
    if (blank && (line.empty() || line.back() == ' ')) continue;
    line += blank ? ' ' : c;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return shortened(without_mail(without_phones(line)), most);
}

std::string clean_code(std::string_view code) {
  std::string out;
  for (const char c : code)
    if ((digit(c) || letter(c) || c == '_' || c == '.' || c == '-') && out.size() < 80) out += c;
  return out;
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string lower_text(std::string_view text) {
  std::string out = lower_ascii(text);
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    const auto lead = static_cast<unsigned char>(out[i]);
    if (lead != 0xD0U && lead != 0xD1U) continue;
    const auto tail = static_cast<unsigned char>(out[i + 1]);
    if (lead == 0xD0U && tail >= 0x90U && tail <= 0x9FU) { // А to П
      out[i + 1] = static_cast<char>(tail + 0x20U);
    } else if (lead == 0xD0U && tail >= 0xA0U && tail <= 0xAFU) { // Р to Я
      out[i] = static_cast<char>(0xD1);
      out[i + 1] = static_cast<char>(tail - 0x20U);
    } else if ((lead == 0xD0U && tail == 0x81U) || (lead == 0xD1U && tail == 0x91U)) { // Ё, ё
      out[i] = static_cast<char>(0xD0);
      out[i + 1] = static_cast<char>(0xB5);
    }
    ++i;
  }
  return out;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !(digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return false;
  }
  return true;
}

bool is_e164(std::string_view phone) {
  return phone.size() >= 8 && phone.size() <= 16 && phone.front() == '+' && phone[1] != '0' &&
         std::ranges::all_of(phone.substr(1), digit);
}

bool is_reference(std::string_view text) {
  return !text.empty() && text.size() <= 40 && text.front() != ' ' && text.back() != ' ' &&
         std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::string concat(std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  std::string out;
  out.reserve(size);
  for (const auto piece : pieces) out += piece;
  return out;
}

void append_hex(std::string& out, std::uint64_t value, int digits) {
  constexpr std::string_view hex = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += hex[(value >> static_cast<unsigned>(shift)) & 0xFU];
}

} // namespace waybill
