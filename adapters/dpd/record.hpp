// What we keep of an order in the account's cache: the identity that is fixed before DPD hears of it, and what was
// learnt.
#pragma once
#include <waybill/carrier.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::dpd {

struct box {
  std::string number;
  std::int64_t weight_g{0}, length_mm{0}, width_mm{0}, height_mm{0};
  friend bool operator==(const box&, const box&) = default;
};

struct order_record {
  enum class step {
    open,      // may have been sent: only DPD knows
    refused,   // DPD said no; nothing stands there
    made,      // DPD has it
    cancelled, // withdrawn
  };
  std::string reference;          // ours
  std::string number;             // orderNumberInternal
  std::string date;               // datePickup, YYYY-MM-DD: with the number the order's identity
  std::vector<std::string> dates; // earlier ones under which it may have been sent
  step state{step::open};
  bool to_point{false};
  std::string dpd;        // DPD's own number; empty: none yet
  std::string rest;       // digest of all that cannot be changed later
  std::vector<box> boxes; // as DPD has them
};

std::string to_text(const order_record& r);
std::optional<order_record> record_from(const std::string& text);

// Ours when it is short enough, else its head and a digest: always the same, at most 20 characters.
std::string order_number(const std::string& reference);

// The records of one account. Faults: unavailable, since nothing was sent to DPD.
class records {
 public:
  explicit records(std::shared_ptr<carrier_cache> cache) : cache_(std::move(cache)) {}
  awaitable<result<std::optional<order_record>>> find(std::string number);
  awaitable<result<void>> keep(order_record r);
  // Our number of DPD's; empty: unknown.
  awaitable<result<std::string>> by_dpd_number(std::string dpd);

 private:
  std::shared_ptr<carrier_cache> cache_;
};

} // namespace waybill::dpd
