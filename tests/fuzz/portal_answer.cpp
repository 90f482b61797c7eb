// What a portal answers: the envelopes of single calls and of batches, and every record that we read out of them.
#include "fuzz.hpp"

#include <bitrix24/envelope.hpp>
#include <bitrix24/values.hpp>
#include <waybill/json.hpp>

#include <array>
#include <string>

namespace {
using namespace waybill;

void read_records(const json::value& v) {
  for (const std::string_view wrapper : {"", "items", "productRows", "products", "fields"})
    for (const json::object* record : bitrix24::records(v, wrapper)) {
      fuzz::must(record != nullptr);
      (void)bitrix24::read_deal(*record);
      (void)bitrix24::read_row(*record);
      (void)bitrix24::read_contact(*record);
      (void)bitrix24::read_company(*record);
      (void)bitrix24::read_product(*record);
      (void)bitrix24::read_stage(*record);
      (void)bitrix24::read_comment(*record);
      (void)bitrix24::read_address(*record);
      (void)bitrix24::read_enumeration(*record);
      for (const auto& [key, value] : *record) {
        (void)bitrix24::enumeration_ids(&value);
        (void)bitrix24::is_blank(&value);
      }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = json::parse(fuzz::text_of(data, size), 64 * 1024);
  if (!body) return 0;

  for (const int status : {200, 401, 403, 429, 503}) {
    const auto verdict = bitrix24::read_single(*body, status);
    if (verdict.what == bitrix24::verdict::kind::answered) read_records(verdict.got.result);
  }
  const std::array<std::string, 3> keys{"a", "b", "rows"};
  if (const auto verdicts = bitrix24::read_batch(*body, keys)) {
    fuzz::must(verdicts->size() == keys.size());
    for (const auto& verdict : *verdicts) read_records(verdict.got.result);
  }
  (void)bitrix24::duration_of(*body);
  read_records(*body);
  return 0;
}
