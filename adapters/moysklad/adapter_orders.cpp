// Orders: made, changed, withdrawn.
#include "adapter.hpp"
#include "ids.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>

namespace waybill::moysklad {
namespace {

bool any_posted(const std::vector<json::object>& documents) { return std::ranges::any_of(documents, is_posted); }

std::optional<meaning> meaning_now(const settings& how, const account_facts& facts, const json::object& order) {
  const state_info* state = state_of(facts, document::order, order);
  return state == nullptr ? std::nullopt : std::optional(meaning_of(how, document::order, *state));
}

bool is_withdrawn(const std::optional<meaning>& m) { return m && m->known && m->canonical == status::cancelled; }

} // namespace

awaitable<result<carrier_order>> adapter::create_order(shipment s) {
  const auto fit = check_shipment(how_, s);
  if (!fit) co_return fail(fit.error());
  auto present = co_await look_up(s.reference);
  if (!present) co_return fail(present.error());
  if (*present) co_return co_await align(std::move(**present), std::move(s));

  bool own_number = how_.reference_as_number;
  for (int repairs = 0;;) {
    auto made = co_await make(s, own_number);
    if (made) {
      // A syncId that is known already answers with what is stored, whatever was sent: that may be an older order.
      const auto docs = std::make_shared<order_documents>();
      docs->order = std::move(*made);
      co_return co_await told(docs);
    }
    fault f = made.error();
    if (f.peer_code == "3006" && own_number) { // the account wants numbers to differ, and this one is taken
      own_number = false;
      continue;
    }
    if (!is_stale_reference(f) || repairs++ > 0) co_return fail(std::move(f));
    // Something that we remember is gone there: once more with what is true now.
    co_await directory_.forget();
    co_await goods_.forget(items_of(s));
  }
}

awaitable<result<json::object>> adapter::make(shipment s, bool own_number) {
  const auto facts = co_await directory_.facts();
  if (!facts) co_return fail(facts.error());
  const auto found = co_await goods_.require(items_of(s));
  if (!found) co_return fail(found.error());
  const auto customer = co_await customers_.find_or_make(s.recipient, s.reference);
  if (!customer) co_return fail(customer.error());
  const auto lines = lines_of(how_, **facts, s, *found);
  json::value body = order_body(how_, **facts, s, lines, *customer);
  if (!own_number) body.as_object().erase(wire::title);
  auto made = co_await post(document::order, std::move(body.as_object()), "create_order", false);
  if (!made) co_return fail(made.error());
  const auto sum = kopecks(*made, wire::sum);
  if (sum && *sum == total_of(lines)) co_return made;
  // Stored by an earlier call with other content: brought up to date by its positions.
  const std::string id = lower_ascii(json::text_or(*made, wire::id));
  const auto present = co_await positions_of(document::order, id);
  if (!present) co_return fail(errc::outcome_unknown, "the new order in MoySklad could not be checked");
  auto changed = changed_positions(how_, lines, *present);
  if (!changed) co_return made;
  json::object repair;
  repair[wire::positions] = std::move(*changed);
  auto repaired = co_await put(document::order, id, std::move(repair), "create_order");
  // The order is there: whatever this ended with, it is looked up before anything is repeated.
  if (!repaired) co_return fail(errc::outcome_unknown, repaired.error().what, repaired.error().peer_code);
  co_return repaired;
}

awaitable<result<carrier_order>> adapter::align(json::object order, shipment s) {
  const auto facts = co_await directory_.facts();
  if (!facts) co_return fail(facts.error());
  const std::string id = lower_ascii(json::text_or(order, wire::id));
  auto docs = co_await documents(std::move(order));
  if (!docs) co_return fail(docs.error());
  // Withdrawn by somebody there: the core is told so and decides.
  if (is_withdrawn(meaning_now(how_, **facts, (*docs)->order))) co_return co_await told(std::move(*docs));
  const auto found = co_await goods_.require(items_of(s));
  if (!found) co_return fail(found.error());
  const auto customer = co_await customers_.find_or_make(s.recipient, s.reference);
  if (!customer) co_return fail(customer.error());
  const auto lines = lines_of(how_, **facts, s, *found);
  const auto present = co_await positions_of(document::order, id);
  if (!present) co_return fail(present.error());
  json::object change = changed_order(**facts, how_, s, (*docs)->order, *customer);
  if (auto positions = changed_positions(how_, lines, *present)) change[wire::positions] = std::move(*positions);
  if (change.empty()) co_return co_await told(std::move(*docs));
  if (any_posted((*docs)->demands))
    co_return fail(errc::conflict, "MoySklad has shipped this order already, so it cannot be changed",
                   "moysklad.shipped");
  auto changed = co_await put(document::order, id, std::move(change), "update_order");
  if (!changed) {
    if (is_stale_reference(changed.error())) {
      co_await directory_.forget();
      co_await goods_.forget(items_of(s));
      co_return fail(to_be_repeated(changed.error()));
    }
    co_return fail(changed.error());
  }
  (*docs)->order = std::move(*changed);
  co_return co_await told(std::move(*docs));
}

awaitable<result<carrier_order>> adapter::update_order(std::string id, shipment s) {
  const auto fit = check_shipment(how_, s);
  if (!fit) co_return fail(fit.error());
  auto present = co_await get(document::order, id);
  if (!present) co_return fail(present.error());
  const auto facts = co_await directory_.facts();
  if (!facts) co_return fail(facts.error());
  const auto now_is = meaning_now(how_, **facts, *present);
  if (is_withdrawn(now_is))
    co_return fail(errc::conflict, "the order is cancelled in MoySklad, so it cannot be changed", "moysklad.cancelled");
  if (now_is && now_is->known && is_final(now_is->canonical))
    co_return fail(errc::conflict, "the order is closed in MoySklad, so it cannot be changed", "moysklad.closed");
  co_return co_await align(std::move(*present), std::move(s));
}

awaitable<result<carrier_order>> adapter::cancel(std::string id) {
  auto present = co_await get(document::order, id);
  if (!present) co_return fail(present.error());
  const auto facts = co_await directory_.facts();
  if (!facts) co_return fail(facts.error());
  id = lower_ascii(json::text_or(*present, wire::id));
  auto docs = co_await documents(std::move(*present));
  if (!docs) co_return fail(docs.error());
  if (any_posted((*docs)->demands))
    co_return fail(errc::conflict, "MoySklad has shipped this order already: a return is what is needed now",
                   "moysklad.shipped");
  const auto now_is = meaning_now(how_, **facts, (*docs)->order);
  if (now_is && now_is->known && now_is->canonical == status::delivered)
    co_return fail(errc::conflict, "the order is delivered in MoySklad: a return is what is needed now",
                   "moysklad.closed");
  json::object change;
  if (!is_withdrawn(now_is)) {
    const auto wanted = state_for(how_, document::order, status::cancelled);
    const state_info* state = wanted ? (*facts)->state_named(document::order, wanted->name) : nullptr;
    if (state == nullptr) {
      co_await directory_.forget(); // it may just have been made
      co_return fail(errc::forbidden,
                     "orders in MoySklad have no state for a cancellation: add «Отменен», or name yours in "
                     "states.cancelled",
                     "moysklad.settings");
    }
    change[wire::state] = state_link(wire::order, state->id);
  }
  // What is reserved for nobody could be sold.
  if (kopecks((*docs)->order, "reservedSum").value_or(1) != 0) {
    const auto positions = co_await positions_of(document::order, id);
    if (!positions) co_return fail(positions.error());
    const bool held = std::ranges::any_of(*positions, [](const json::value& p) {
      return p.is_object() && thousandths(p.get_object(), wire::reserve).value_or(0) != 0;
    });
    if (held) change[wire::positions] = unreserved(*positions);
  }
  if (!change.empty()) {
    auto changed = co_await put(document::order, id, std::move(change), "cancel");
    if (!changed) {
      if (is_stale_reference(changed.error())) {
        co_await directory_.forget();
        co_return fail(to_be_repeated(changed.error()));
      }
      co_return fail(changed.error());
    }
    (*docs)->order = std::move(*changed);
  }
  auto out = co_await told(std::move(*docs));
  // The account may read its state of cancellations as something else; we know what was done.
  if (out) out->phase = order_phase::cancelled;
  co_return out;
}

} // namespace waybill::moysklad
