#include <waybill/secret.hpp>

#include <openssl/crypto.h>

namespace waybill {

bool constant_time_equal(std::string_view given, std::string_view expected) {
  if (expected.empty() || given.size() != expected.size()) return false;
  return CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0;
}

} // namespace waybill
