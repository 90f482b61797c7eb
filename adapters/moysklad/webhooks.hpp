// What MoySklad posts to us. Nothing is signed: every notice is a hint, and the order is read back before anything is
// done.
#pragma once
#include <waybill/carrier.hpp>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::moysklad {

// Order ids by the ids of their shipments and returns. Bounded; what it lacks the poll finds.
class document_index {
 public:
  void remember(const std::string& document, const std::string& order);
  const std::string* order_of(const std::string& document) const;

 private:
  std::map<std::string, std::string> orders_;
};

// `account_id`: whose events are taken; empty: anybody's. Faults: bad_input.
result<std::vector<carrier_notice>> read_webhook(const http_request& request, const std::string& account_id,
                                                 const document_index& index);

// What we subscribe to.
struct subscription {
  std::string_view type, action;
  bool fields; // with the names of what changed
};
std::span<const subscription> subscriptions();

// Another address of ours on the same server, of an earlier secret: all but the last segment is the same.
bool is_former(std::string_view url, std::string_view wanted);

} // namespace waybill::moysklad
