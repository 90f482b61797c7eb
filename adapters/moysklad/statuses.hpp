// States of documents against the canonical statuses. States are the account's own; they are told apart by name.
#pragma once
#include "settings.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace waybill::moysklad {

enum class document { order, demand, sales_return };
std::string_view type_of(document d);

// One state of a document type, as the account has it.
struct state_info {
  std::string id, name, kind; // kind: Regular | Successful | Unsuccessful
  friend bool operator==(const state_info&, const state_info&) = default;
};

struct default_row {
  std::string_view name;
  status of_order, of_demand;
};
// What the states of a new account mean.
std::span<const default_row> default_rows();

struct meaning {
  status canonical{status::created};
  bool known{true}; // false: a state that says nothing to us
};
meaning meaning_of(const settings& how, document d, const state_info& s);

// The state to be written for a status; nothing: none. `configured` false: a default that an account may lack.
struct wanted_state {
  std::string name;
  bool configured{false};
};
std::optional<wanted_state> state_for(const settings& how, document d, status s);

// How far a parcel is: what is behind must not overwrite what is ahead.
int progress_of(status s);
// For people, Russian.
std::string_view words_for(status s);

} // namespace waybill::moysklad
