// What is known of CDEK's tariffs beforehand: which ends are doors, offices or lockers. The contract's own list
// (calculator/alltariffs) is the authority; what is missing here is named by the setting `tariff_modes`.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace waybill::cdek {

// Where one end of the way is.
enum class place { door, office, locker };

struct delivery_mode {
  int number; // CDEK's: 1 door-door ... 10 locker-locker
  place from;
  place to;
};

std::optional<delivery_mode> mode_of(int number);

struct tariff {
  int code;
  int mode;            // 0: has no fixed one
  int order_types;     // bit 1: type 1, bit 2: type 2
  int max_kg;          // 0: not limited here
  int additional_type; // for additional_order_types; 0: none
};

std::span<const tariff> known_tariffs();
const tariff* find_tariff(std::int64_t code);

} // namespace waybill::cdek
