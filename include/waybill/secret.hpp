// A secret that cannot be printed by accident: no conversion, no <<, formats as ***.
#pragma once
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace waybill {

class secret {
 public:
  secret() = default;
  explicit secret(std::string value) : value_(std::move(value)) {}
  // The one door to the text; every use is found by searching for it.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// Equality in time that depends on the lengths only (inbound tokens). An empty expectation never matches.
bool constant_time_equal(std::string_view given, std::string_view expected);

} // namespace waybill

template <> struct fmt::formatter<waybill::secret> : fmt::formatter<std::string_view> {
  auto format(const waybill::secret&, fmt::format_context& ctx) const {
    return fmt::formatter<std::string_view>::format("***", ctx);
  }
};
