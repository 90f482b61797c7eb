// Form bodies and percent-encoding: what is understood survives being written and read again.
#include "fuzz.hpp"

#include <waybill/http.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waybill;
  const auto text = fuzz::text_of(data, size);

  if (const auto fields = parse_form(text, 200)) {
    fuzz::must(fields->size() <= 200);
    for (const auto& [name, value] : *fields) {
      fuzz::must(is_valid_utf8(name) && is_valid_utf8(value));
      fuzz::must(find_field(*fields, name) != nullptr);
    }
    const auto again = parse_form(encode_form(*fields), 200);
    fuzz::must(again && *again == *fields);
  }

  const auto decoded = percent_decode(percent_encode(text));
  fuzz::must(is_valid_utf8(text) ? decoded && *decoded == text : true);
  (void)percent_decode(text);
  (void)percent_decode(text, true);
  return 0;
}
