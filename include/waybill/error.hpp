// The one taxonomy of failures. It answers a single question: what happens next.
#pragma once
#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace waybill {

enum class errc {
  // final: do not retry, show to a person
  bad_input, // our data lacks or breaks something; the manager mends it in the CRM
  address,   // the carrier does not recognise a place or a pickup point; the manager mends it in the CRM
  rejected,  // the peer understood and refused
  conflict,  // the peer's state forbids it (too late, a duplicate)
  not_found,
  forbidden, // credentials, rights, scopes, plan: the operator's business
  // retry later
  throttled, // retry_after says when, if the peer told
  unavailable,
  timeout,
  cancelled,
  outcome_unknown, // sent, and no answer: look before repeating
  // a peer or we broke a promise: alert the operator
  protocol,
  internal,
};

std::string_view to_string(errc code);
// Unknown names become errc::internal: they come only from our own stored records.
errc errc_from(std::string_view name);

// True for the kinds that a later attempt may heal by itself.
// Which of several faults leads, the lowest first: what a person can mend stands before what time mends.
int rank(errc code);
bool is_transient(errc code);

// What went wrong. `what` is one sentence for people; it never holds a secret or customer data.
// `code` is the peer's own error code where there is one, for tables of remedies and for metrics.
struct fault {
  errc code{errc::internal};
  std::string what;
  std::chrono::milliseconds retry_after{0};
  std::string peer_code;
};

template <class T> struct [[nodiscard]] result : std::expected<T, fault> {
  using std::expected<T, fault>::expected;
};

// co_return fail(errc::timeout, "...") reads better than three words of std::unexpected.
inline std::unexpected<fault> fail(errc code, std::string what, std::string peer_code = {},
                                   std::chrono::milliseconds retry_after = {}) {
  fault f{code, std::move(what), retry_after, std::move(peer_code)};
  return std::unexpected<fault>(std::move(f));
}
inline std::unexpected<fault> fail(fault f) { return std::unexpected<fault>(std::move(f)); }

} // namespace waybill
