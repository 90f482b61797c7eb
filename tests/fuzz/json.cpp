// JSON of peers: what parses prints and parses to the same text, and no reader falls over any value.
#include "fuzz.hpp"

#include <waybill/json.hpp>

#include <string>

namespace {
using namespace waybill;

void read_everything(const json::value& v, int depth = 0) {
  (void)json::as_text(v);
  (void)json::as_integer(v);
  (void)json::as_minor(v);
  (void)json::at_path(v, "result.items.0.id");
  fuzz::must(!v.is_double());
  fuzz::must(depth <= 32);
  if (const auto* o = v.if_object()) {
    for (const auto& [key, inner] : *o) {
      (void)json::find(*o, key);
      (void)json::text(*o, key);
      (void)json::integer(*o, key);
      (void)json::boolean(*o, key);
      (void)json::minor(*o, key);
      (void)json::real(*o, key);
      (void)json::child(*o, key);
      (void)json::list(*o, key);
      (void)json::require_text(*o, key);
      (void)json::require_integer(*o, key);
      read_everything(inner, depth + 1);
    }
  } else if (const auto* a = v.if_array()) {
    for (const auto& inner : *a) read_everything(inner, depth + 1);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto v = json::parse(fuzz::text_of(data, size), 64 * 1024);
  if (!v) return 0;
  read_everything(*v);
  const auto printed = json::serialize(*v);
  const auto again = json::parse(printed, std::size_t{1} << 20);
  fuzz::must(again.has_value());
  fuzz::must(json::serialize(*again) == printed);
  return 0;
}
