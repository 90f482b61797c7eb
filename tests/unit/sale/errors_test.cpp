// The store's own codes in our taxonomy.
#include <sale/answers.hpp>

#include <gtest/gtest.h>

namespace waybill::sale {
namespace {

struct row {
  const char* code;
  const char* text;
  errc was, becomes;
};

TEST(StoreErrors, NumericCodesAreUnderstood) {
  const row rows[]{
      {"201140400001", "x", errc::rejected, errc::not_found},
      {"201240400001", "x", errc::rejected, errc::not_found},
      {"200540400001", "x", errc::rejected, errc::not_found},
      {"200540400002", "x", errc::rejected, errc::forbidden},
      {"201640400004", "x", errc::rejected, errc::not_found},
      {"201650000002", "x", errc::rejected, errc::not_found},
      {"201650000001", "x", errc::rejected, errc::conflict},
      {"201350000001", "x", errc::rejected, errc::conflict},
      {"201750000003", "x", errc::rejected, errc::conflict},
      {"201250000001", "x", errc::rejected, errc::conflict},
      {"ERROR_HANDLER_ALREADY_EXIST", "x", errc::rejected, errc::conflict},
      {"ERROR_EXTRA_SERVICE_NOT_FOUND", "x", errc::rejected, errc::not_found},
      {"201350000003", "x", errc::rejected, errc::rejected},
      {"200040300020", "x", errc::rejected, errc::forbidden},
      {"100", "Could not find value", errc::rejected, errc::rejected},
      {"0", "Payment has not been found", errc::rejected, errc::not_found},
      {"", "Payment has not been found", errc::rejected, errc::not_found},
      {"0", "Insufficient permissions", errc::rejected, errc::forbidden},
      {"0", "Required fields: deducted", errc::rejected, errc::rejected},
      {"ERROR_DELIVERY_DELETE", "used", errc::rejected, errc::rejected},
      {"201140400001", "x", errc::outcome_unknown, errc::outcome_unknown},
      {"201140400001", "x", errc::throttled, errc::throttled},
  };
  for (const auto& r : rows) {
    fault f;
    f.code = r.was;
    f.what = r.text;
    f.peer_code = r.code;
    EXPECT_EQ(refined(f).code, r.becomes) << r.code << ' ' << r.text;
  }
}

} // namespace
} // namespace waybill::sale
