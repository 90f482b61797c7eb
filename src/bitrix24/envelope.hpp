// Answers of the portal: the envelope of one call and of a batch, with PHP's way of writing maps.
#pragma once
#include <bitrix24/client.hpp>
#include <bitrix24/errors.hpp>

#include <span>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace waybill::bitrix24 {

// What the portal says that a command has cost.
struct cost {
  bool counted{false}; // `operating` was told
  double operating_s{0};
  std::int64_t reset_at{0}; // Unix seconds; 0: not told
  double seconds{0};        // of this command; 0: not told
};

struct verdict {
  enum class kind { answered, refused, not_executed } what{kind::not_executed};
  answer got;
  peer_error error; // with refused
  cost spent;
};

verdict read_single(const boost::json::value& body, int status);
// One verdict per key, same order. protocol: this is no answer of `batch`.
result<std::vector<verdict>> read_batch(const boost::json::value& body, std::span<const std::string> keys);
// Of the whole request, from `time`; 0: not told.
double duration_of(const boost::json::value& body);

} // namespace waybill::bitrix24
