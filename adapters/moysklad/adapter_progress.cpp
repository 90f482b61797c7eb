// What has become of a shipment elsewhere, written into MoySklad's documents. Everything is compared first, so that
// telling it twice, also after a lost answer, changes nothing.
#include "adapter.hpp"
#include "ids.hpp"
#include "wire.hpp"

#include <waybill/log.hpp>
#include <waybill/text.hpp>

#include <algorithm>

namespace waybill::moysklad {
namespace {

using namespace std::chrono_literals;

constexpr auto marks_live = std::chrono::hours(24 * 60);

fault misconfigured(std::string what) { return {errc::forbidden, std::move(what), {}, "moysklad.settings"}; }

// The goods have left the warehouse with this status.
bool has_left(status s, status from) {
  switch (s) {
  case status::created:
  case status::problem:
  case status::cancelled: return false;
  case status::accepted:
  case status::in_transit:
  case status::ready_for_pickup:
  case status::out_for_delivery:
  case status::delivered:
  case status::partially_delivered:
  case status::returning:
  case status::returned:
  case status::lost: break;
  }
  return progress_of(s) >= progress_of(from);
}

bool comes_back(const progress& p, const std::optional<status>& from) {
  if (!p.reached || !from) return false;
  if (*p.reached == status::returned) return true;
  return *p.reached == status::returning && *from == status::returning;
}

// A state to be written into a document; nothing: none, or it is there. A fault: the account lacks what was named.
result<const state_info*> state_to_write(const account_facts& facts, document d,
                                         const std::optional<wanted_state>& wanted, const std::string& setting) {
  if (!wanted) return nullptr;
  const state_info* state = facts.state_named(d, wanted->name);
  if (state == nullptr && wanted->configured)
    return fail(
        misconfigured(setting + ": MoySklad has no state \"" + wanted->name + "\" of " + std::string(type_of(d))));
  return state;
}

// What the carriage is known by, as long as the field allows.
std::string document_number(const progress& p) { return shortened(p.number, 255); }

} // namespace

struct adapter::telling {
  progress what;
  directory::facts_ptr facts;
  documents_ptr docs;
  std::string id, reference;
  bool reread{false};           // the order has changed by what was made from it
  std::optional<fault> trouble; // said at the end: one missing name must not stop the rest
  std::vector<std::string> missing;
};

// The shipment document, once the carrier has the parcel.
awaitable<result<void>> adapter::ship(std::shared_ptr<telling> t) {
  const bool wanted = how_.demand_on && t->what.reached && has_left(*t->what.reached, *how_.demand_on);
  if (!wanted || !t->docs->demands.empty()) co_return result<void>{}; // people's own count as well, drafts too
  const auto positions = co_await positions_of(document::order, t->id);
  if (!positions) co_return fail(positions.error());
  auto body = demand_body(*t->facts, t->docs->order, *positions, t->reference);
  if (!body) co_return result<void>{};
  if (!body->contains(wire::store))
    co_return fail(misconfigured("sender.store: a shipment in MoySklad needs a warehouse"));
  if (!t->what.number.empty()) (*body)[wire::document_number] = document_number(t->what);
  const auto state =
      state_to_write(*t->facts, document::demand, state_for(how_, document::demand, *t->what.reached), "demand_states");
  if (!state) t->trouble = state.error();
  else if (*state != nullptr) (*body)[wire::state] = state_link(wire::demand, (*state)->id);
  auto attributes = changed_attributes(how_, *t->facts, document::demand, facts_of(t->what), json::object());
  if (!attributes.empty()) (*body)[wire::attributes] = std::move(attributes);
  auto made = co_await post(document::demand, std::move(*body), "create_demand", true);
  if (!made) co_return fail(made.error());
  index_.remember(lower_ascii(json::text_or(*made, wire::id)), t->id);
  t->docs->demands.push_back(std::move(*made));
  t->reread = true;
  co_return result<void>{};
}

// Tracking, carrier and state on every posted shipment of the order.
awaitable<result<void>> adapter::mark_shipments(std::shared_ptr<telling> t) {
  for (std::size_t i = 0; i < t->docs->demands.size(); ++i) {
    const json::object& now_is = t->docs->demands[i];
    if (!is_posted(now_is)) continue;
    json::object change;
    if (const std::string number = document_number(t->what);
        !number.empty() && json::text_or(now_is, wire::document_number) != number)
      change[wire::document_number] = number;
    auto attributes = changed_attributes(how_, *t->facts, document::demand, facts_of(t->what), now_is);
    if (!attributes.empty()) change[wire::attributes] = std::move(attributes);
    if (t->what.reached && *t->what.reached != status::created) {
      const auto state = state_to_write(*t->facts, document::demand,
                                        state_for(how_, document::demand, *t->what.reached), "demand_states");
      if (!state) t->trouble = state.error();
      const state_info* present = state_of(*t->facts, document::demand, now_is);
      if (state && *state != nullptr && (present == nullptr || present->id != (*state)->id)) {
        const auto has =
            present == nullptr ? meaning{status::created, false} : meaning_of(how_, document::demand, *present);
        if (!has.known || progress_of(has.canonical) <= progress_of(*t->what.reached))
          change[wire::state] = state_link(wire::demand, (*state)->id);
      }
    }
    if (change.empty()) continue;
    const std::string id = lower_ascii(json::text_or(now_is, wire::id));
    auto changed = co_await put(document::demand, id, std::move(change), "update_demand");
    if (!changed) co_return fail(changed.error());
    t->docs->demands[i] = std::move(*changed);
  }
  co_return result<void>{};
}

// The return document of each shipment that comes back.
awaitable<result<void>> adapter::take_back(std::shared_ptr<telling> t) {
  if (!comes_back(t->what, how_.return_on)) co_return result<void>{};
  const auto state = state_to_write(*t->facts, document::sales_return,
                                    state_for(how_, document::sales_return, *t->what.reached), "return_states");
  if (!state) t->trouble = state.error();
  const state_info* wanted = state ? *state : nullptr;
  for (const json::object& demand : t->docs->demands) {
    if (!is_posted(demand) || !linked_ids(demand, wire::returns).empty()) continue;
    const std::string id = lower_ascii(json::text_or(demand, wire::id));
    const auto positions = co_await positions_of(document::demand, id);
    if (!positions) co_return fail(positions.error());
    auto body = return_body(demand, *positions, t->reference);
    if (!body) continue;
    // A second shipment of one order has a return of its own.
    (*body)[wire::sync_id] = sync_id(wire::sales_return, t->reference + "|" + id);
    if (wanted != nullptr) (*body)[wire::state] = state_link(wire::sales_return, wanted->id);
    auto made = co_await post(document::sales_return, std::move(*body), "create_return", true);
    if (!made) co_return fail(made.error());
    index_.remember(lower_ascii(json::text_or(*made, wire::id)), t->id);
    t->docs->returns.push_back(std::move(*made));
    t->reread = true;
  }
  if (wanted == nullptr) co_return result<void>{};
  for (std::size_t i = 0; i < t->docs->returns.size(); ++i) {
    const json::object& now_is = t->docs->returns[i];
    const state_info* present = state_of(*t->facts, document::sales_return, now_is);
    if (!is_posted(now_is) || (present != nullptr && present->id == wanted->id)) continue;
    // What people have closed stays closed.
    if (present != nullptr && present->kind == "Successful") continue;
    json::object change;
    change[wire::state] = state_link(wire::sales_return, wanted->id);
    const std::string id = lower_ascii(json::text_or(now_is, wire::id));
    auto changed = co_await put(document::sales_return, id, std::move(change), "update_return");
    if (!changed) co_return fail(changed.error());
    t->docs->returns[i] = std::move(*changed);
  }
  co_return result<void>{};
}

awaitable<result<void>> adapter::mark_order(std::shared_ptr<telling> t) {
  const progress& p = t->what;
  json::object change;
  auto attributes = changed_attributes(how_, *t->facts, document::order, facts_of(p), t->docs->order, &t->missing);
  if (!attributes.empty()) change[wire::attributes] = std::move(attributes);

  // The parcel's own status speaks first; before it moves, the deal's stage.
  std::optional<wanted_state> wanted;
  std::string setting = "states";
  if (p.reached && *p.reached != status::created) wanted = state_for(how_, document::order, *p.reached);
  // A parcel that the carrier withdrew may be sent anew: the order itself is cancelled by cancel() only.
  if (p.reached == status::cancelled && wanted && !wanted->configured) wanted.reset();
  if (!wanted)
    if (const auto it = how_.deal_states.find(p.stage); it != how_.deal_states.end()) {
      wanted = wanted_state{it->second, true};
      setting = "deal_states";
    }
  const auto state = state_to_write(*t->facts, document::order, wanted, setting);
  if (!state) t->trouble = state.error();
  // Each state is written once: what people choose afterwards stays.
  const std::string key = "told:" + t->id;
  std::string told_now;
  if (state && *state != nullptr) {
    const std::string before = co_await marks_.get(key);
    const state_info* present = state_of(*t->facts, document::order, t->docs->order);
    const bool there = present != nullptr && present->id == (*state)->id;
    const auto has = present == nullptr ? meaning{status::created, false} : meaning_of(how_, document::order, *present);
    const auto means = meaning_of(how_, document::order, **state);
    const bool behind = has.known && means.known && progress_of(means.canonical) < progress_of(has.canonical);
    if (before != (*state)->id) told_now = (*state)->id;
    if (!there && !behind && before != (*state)->id) change[wire::state] = state_link(wire::order, (*state)->id);
  }
  if (!change.empty()) {
    auto changed = co_await put(document::order, t->id, std::move(change), "update_order");
    if (!changed) co_return fail(changed.error());
    t->docs->order = std::move(*changed);
    t->reread = false;
  }
  if (!told_now.empty()) co_await marks_.set(key, std::move(told_now), marks_live);
  co_return result<void>{};
}

awaitable<result<carrier_order>> adapter::tell_progress(std::string id, progress p) {
  auto present = co_await get(document::order, std::move(id));
  if (!present) co_return fail(present.error());
  const auto facts = co_await directory_.facts();
  if (!facts) co_return fail(facts.error());
  const auto t = std::make_shared<telling>();
  t->what = std::move(p);
  t->facts = *facts;
  t->id = lower_ascii(json::text_or(*present, wire::id));
  t->reference = json::text_or(*present, wire::external_code);
  if (!is_reference(t->reference)) t->reference = t->id;
  auto docs = co_await documents(std::move(*present));
  if (!docs) co_return fail(docs.error());
  t->docs = std::move(*docs);
  const state_info* state = state_of(*t->facts, document::order, t->docs->order);
  if (state != nullptr && meaning_of(how_, document::order, *state).canonical == status::cancelled &&
      t->docs->demands.empty())
    co_return co_await told(t->docs); // withdrawn there: nothing is shipped for it any more

  auto done = co_await ship(t);
  if (done) done = co_await mark_shipments(t);
  if (done) done = co_await take_back(t);
  // The order learns its number also when the warehouse cannot ship.
  auto marked = co_await mark_order(t);
  const bool stale = (!done && is_stale_reference(done.error())) || (!marked && is_stale_reference(marked.error()));
  if (stale) {
    co_await directory_.forget();
    co_return fail(to_be_repeated(!done ? done.error() : marked.error()));
  }
  if (!done) co_return fail(done.error());
  if (!marked) co_return fail(marked.error());
  if (!t->missing.empty())
    log::warn("an additional field of MoySklad's orders is missing, or of a kind that is not filled",
              {{"field", shortened(t->missing.front(), 80)}});
  if (t->trouble) {
    co_await directory_.forget(); // it may have been added meanwhile
    co_return fail(*t->trouble);
  }
  if (t->reread) {
    auto again = co_await get(document::order, t->id);
    if (!again) co_return fail(again.error());
    t->docs->order = std::move(*again);
  }
  co_return co_await told(t->docs);
}

} // namespace waybill::moysklad
