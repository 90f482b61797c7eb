#include <cli/commands.hpp>
#include <waybill/carrier.hpp>

#include <iostream>

#include <boost/version.hpp>
#include <fmt/core.h>
#include <openssl/crypto.h>

namespace waybill::cli {

int version() {
  std::cout << "waybill " << WAYBILL_VERSION << "\n"
#ifdef __clang__
            << "compiler: clang " << __clang_version__ << "\n"
#else
            << "compiler: gcc " << __VERSION__ << "\n"
#endif
            << fmt::format("libraries: Boost {}.{}.{}, {}, fmt {}.{}.{}\n", BOOST_VERSION / 100000,
                           BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100, OpenSSL_version(OPENSSL_VERSION),
                           FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)
            << "carriers:";
  for (const carrier_type* t : carrier_types()) std::cout << " " << t->name;
  std::cout << "\n";
  return 0;
}

} // namespace waybill::cli
