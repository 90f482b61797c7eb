// Instants, durations and sums as peers and people write them: what is read prints and reads back as the same value.
#include "fuzz.hpp"

#include <waybill/money.hpp>
#include <waybill/time.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waybill;
  const auto text = fuzz::text_of(data, size);

  if (const auto when = parse_instant(text)) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*when);
    const auto again = parse_instant(to_iso(*when));
    fuzz::must(again && *again == seconds);
    fuzz::must(parse_instant(to_date(*when)).has_value());
  }
  if (const auto duration = parse_duration(text)) {
    fuzz::must(duration->count() >= 0);
    fuzz::must(parse_duration(to_text(*duration)) == duration);
  }
  if (const auto minor = parse_minor(text)) {
    const auto again = parse_minor(to_decimal(*minor));
    fuzz::must(again && *again == *minor);
    (void)proportion(*minor, 20, 120);
  }
  return 0;
}
