#include <redis/connection.hpp>

#include <array>
#include <cstddef>

#include <openssl/evp.h>

namespace waybill::redis {

script::script(std::string_view text) : text_(text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha1(), nullptr);
  constexpr std::string_view hex = "0123456789abcdef";
  sha1_.reserve(std::size_t{length} * 2);
  for (unsigned int i = 0; i < length; ++i) {
    sha1_ += hex[digest[i] >> 4U];
    sha1_ += hex[digest[i] & 0xFU];
  }
}

} // namespace waybill::redis
