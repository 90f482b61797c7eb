#include <waybill/encoding.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

#include <openssl/sha.h>

namespace waybill {
namespace {

constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base32_letters = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

} // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = (held << 8U | static_cast<unsigned char>(c)) & 0xFFFFFFU;
    for (bits += 8; bits >= 6; bits -= 6) out += base64_letters[(held >> static_cast<unsigned>(bits - 6)) & 63U];
  }
  if (bits > 0) out += base64_letters[(held << static_cast<unsigned>(6 - bits)) & 63U];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t held = 0;
  std::size_t letters = 0, padding = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    if (c == '=') {
      if (++padding > 2) return {};
      continue;
    }
    const auto value = base64_letters.find(c);
    if (value == std::string_view::npos || padding > 0) return {};
    ++letters;
    held = (held << 6U | static_cast<std::uint32_t>(value)) & 0xFFFFFFU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>((held >> static_cast<unsigned>(bits)) & 0xFFU);
  }
  if (letters % 4 == 1) return {};
  return out;
}

std::string short_digest(std::string_view text, std::size_t length) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const unsigned char byte : hash) {
    held = (held << 8U | byte) & 0xFFFFU;
    for (bits += 8; bits >= 5; bits -= 5) out += base32_letters[(held >> static_cast<unsigned>(bits - 5)) & 31U];
  }
  out.resize(std::min(out.size(), length));
  return out;
}

} // namespace waybill
