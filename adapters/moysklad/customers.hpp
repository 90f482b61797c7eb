// The customer of a deal among MoySklad's counterparties: found by our own key, phone or e-mail, else made.
#pragma once
#include "client.hpp"

#include <waybill/shipment.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::moysklad {

// Our external code of a customer: stable for a phone, else an e-mail, else this one reference. Tells neither.
std::string customer_key(const party& who, const std::string& reference);
// How people type a phone, the usual ways: MoySklad compares texts.
std::vector<std::string> phone_spellings(const std::string& e164);
json::value customer_body(const party& who, const std::string& reference);
// Of several that share a phone or an e-mail: the only one, or the only one of this name. Ids, lower case.
std::optional<std::string> choose_customer(const json::array& rows, const party& who);

class customers {
 public:
  explicit customers(std::shared_ptr<client> api) : api_(std::move(api)) {}
  // The id. Repeating it, also after a lost answer, makes no second one.
  awaitable<result<std::string>> find_or_make(party who, std::string reference);

 private:
  awaitable<result<json::array>> ask(std::string filter);

  std::shared_ptr<client> api_;
};

} // namespace waybill::moysklad
