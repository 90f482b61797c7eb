// Private to the engine's own .cpp files: its members, split by what they do.
#pragma once
#include <mapping/mapping.hpp>
#include <workflow/desired.hpp>
#include <workflow/engine.hpp>
#include <workflow/jobs.hpp>
#include <workflow/money.hpp>
#include <workflow/texts.hpp>

#include <optional>
#include <string>
#include <vector>

namespace waybill::workflow {

using queue::job;
using queue::job_context;
using queue::outcome;
using context_ptr = std::shared_ptr<job_context>;

// How long to wait when another worker changed the shipment under us: it is about to finish.
inline constexpr std::chrono::milliseconds collision_pause{100};

// A carrier that answers nonsense this often is the operator's business.
inline constexpr std::int64_t most_unclear_submits = 5;

struct parcels_at_hand; // of parcels_job.cpp
struct parcel_content {
  mapping::mapped what;
  std::vector<store::cash_payment> cash;
};

// After this our answer to a call of the portal has reached it.
inline constexpr std::chrono::milliseconds answer_is_there{3'000};

struct engine::impl : std::enable_shared_from_this<engine::impl> {
  std::shared_ptr<services> s;

  // ---- deal.cpp: what a deal asks for
  awaitable<outcome> look_at_deal(job j);
  awaitable<outcome> ship(job j, bitrix24::deal d, std::optional<store::record> current, bool forced);
  awaitable<outcome> plan(job j, bitrix24::deal d, mapping::mapped m, std::optional<store::record> current,
                          std::vector<store::cash_payment> cash);
  awaitable<outcome> plan_record(job j, store::record r, mapping::mapped m);
  awaitable<outcome> change(job j, bitrix24::deal d, mapping::mapped m, store::record r,
                            std::vector<store::cash_payment> cash);
  // `move`: the stamp of the deal's move that asks, so that a later event of the same deal does not ask again what was
  // refused; empty: a person asks.
  awaitable<outcome> cancel_shipment(std::optional<store::record> current, std::string move, std::string trace);
  awaitable<outcome> return_shipment(std::optional<store::record> current, std::string move, std::string trace);
  awaitable<outcome> quote(job j);

  // ---- parcels_job.cpp: a deal whose shipments in the store are several parcels. Nothing: it is one.
  awaitable<std::optional<outcome>> look_at_parcels(job j, bitrix24::deal d, config::trigger_action action);
  awaitable<std::optional<outcome>> ship_parcels(job j, bitrix24::deal d, std::vector<store::record> all);
  awaitable<outcome> ship_parcel(job j, std::shared_ptr<parcels_at_hand> at, std::int64_t shipment);
  awaitable<outcome> leave_parcel(std::shared_ptr<parcels_at_hand> at, store::record* whole, std::int64_t shipment);
  awaitable<result<std::shared_ptr<parcels_at_hand>>> read_parcels(const portal_link* portal, bitrix24::deal d,
                                                                   std::vector<sale::deal_delivery> ours,
                                                                   std::vector<store::record> all);
  awaitable<result<parcel_content>> content_of(const portal_link* portal, std::shared_ptr<parcels_at_hand> at,
                                               std::int64_t shipment, std::string mine);
  // The deal's shipments on our delivery service.
  awaitable<result<std::vector<sale::deal_delivery>>> own_shipments(const portal_link* portal, std::int64_t deal);

  // ---- store_told.cpp: the store's shipments in step with their parcel
  awaitable<result<store::record>> write_shipments(const portal_link* portal, store::record r);

  // ---- carry.cpp: the next step at the carrier
  awaitable<outcome> carry(job j, context_ptr context);
  awaitable<outcome> submit(job j, context_ptr context, store::record r, carrier_link* link);
  awaitable<outcome> settle(job j, context_ptr context, store::record r, carrier_link* link);
  awaitable<outcome> change_at_carrier(job j, store::record r, carrier_link* link);
  awaitable<outcome> bring_back(job j, store::record r, carrier_link* link);
  // The carrier's no to what the deal wants: said to the manager, and the wish is dropped.
  awaitable<outcome> wish_refused(store::record r, fault f, carrier_link* link, std::string operation);
  awaitable<outcome> look(job j, store::record r, carrier_link* link);
  awaitable<outcome> print_label(job j);

  // ---- carry_twin.cpp: two creates of one number, and the carrier keeps the other one
  // What a notice names, if it is ours and lives.
  awaitable<result<std::optional<carrier_order>>> named_order(store::record r, carrier_link* link);
  // Keeps the name. An outcome when that has settled the job; else it goes on with `r`, which outlives this.
  awaitable<std::optional<outcome>> follow_name(store::record* r, std::string order_id, carrier_link* link);
  // The one that made our order a double, if anybody knows it.
  awaitable<result<std::optional<carrier_order>>> living_twin(store::record r, carrier_link* link);
  awaitable<outcome> adopt(store::record r, carrier_order o, carrier_link* link);

  // ---- carry.cpp, common
  // After an answer of the carrier: stores what it says, plans the next look and the write-back.
  awaitable<outcome> store_order(store::record r, carrier_order o, carrier_link* link, std::string note);
  // A fault of a call that changed nothing or nothing that matters: retried, or the shipment gets into trouble.
  awaitable<outcome> carrier_failed(job j, store::record r, fault f, carrier_link* link, std::string operation);
  awaitable<outcome> into_trouble(store::record r, store::trouble t, std::string note);

  // ---- write_back.cpp: the portal in step with a shipment
  awaitable<outcome> write_back(job j);
  awaitable<outcome> tell_request_alone(const portal_link* portal, store::record r);
  // The outbox of a shop order without a deal, each line once.
  awaitable<result<store::record>> message_lines(const portal_link* portal, store::record r);
  awaitable<result<store::record>> tell(const portal_link* portal, store::record r);

  // ---- request.cpp: what managers order by the portal's delivery form
  awaitable<outcome> join_request(job j);
  awaitable<outcome> change_by_form(job j, store::kept_request k, store::record r);
  awaitable<outcome> cancel_request(job j);
  awaitable<outcome> forget_request(job j);

  // ---- request_told.cpp: what the form's request is told
  awaitable<result<store::record>> settle_cancel(const portal_link* portal, store::record r);
  awaitable<result<store::record>> update_request(const portal_link* portal, store::record r);
  awaitable<result<store::record>> message_once(const portal_link* portal, store::record r, std::string subject,
                                                std::string body, std::string semantic);

  // ---- money_job.cpp: the portal's store in step with what the carrier took
  awaitable<outcome> settle_money(job j);
  awaitable<result<store::record>> settle_cash(const portal_link* portal, store::record r);
  // What all parcels that share the payments of this one have collected; nothing: some of them are still on their way.
  awaitable<result<std::optional<money>>> collected_together(store::record r);
  awaitable<result<std::vector<sale::crm_payment>>> payments_there(const portal_link* portal, store::record r);
  awaitable<result<void>> note_document(const portal_link* portal, store::record r, std::int64_t payment);
  awaitable<result<store::record>> take_back(const portal_link* portal, store::record r,
                                             std::vector<sale::crm_payment> there);
  // What the carrier shall collect for the deal's (or the order's) payments, without those of its other parcels.
  awaitable<result<std::optional<cash_plan>>> plan_cash_of(const portal_link* portal, std::int64_t deal,
                                                           std::int64_t order, std::string but_of);
  // A line about the money, unless it was the last one already.
  void say_of_money(store::record& r, std::string key, text_values values) const;

  // ---- part.cpp: a parcel that was taken in part
  awaitable<result<std::optional<store::record>>> fit_payments(const portal_link* portal, store::record r,
                                                               std::vector<sale::crm_payment> there);
  awaitable<result<void>> fit_shipments(const portal_link* portal, store::record r);

  // ---- cost.cpp, cost_invoice.cpp, cost_payment.cpp: where the cost of delivery goes
  awaitable<result<store::record>> settle_cost_invoice(const portal_link* portal, store::record r);
  // News of the deal: it may have an invoice by now.
  awaitable<result<void>> look_for_invoice(const portal_link* portal, std::int64_t deal, std::string trace);
  awaitable<result<store::record>> settle_cost_row(const portal_link* portal, store::record r);
  awaitable<result<store::record>> settle_cost_payment(const portal_link* portal, store::record r);
  awaitable<result<std::vector<std::int64_t>>> shipments_to_pay(const portal_link* portal, store::record r);
  awaitable<result<store::record>> bill_shipment(const portal_link* portal, store::record r, std::int64_t shipment,
                                                 std::optional<money> wanted);
  awaitable<result<store::record>> put_cost(const portal_link* portal, store::record r, std::int64_t order,
                                            std::int64_t shipment, money price);
  awaitable<result<store::record>> tell_link(const portal_link* portal, store::record r);
  awaitable<result<store::record>> unbill(const portal_link* portal, store::record r, std::int64_t shipment);
  awaitable<result<store::record>> choose_payment(const portal_link* portal, store::record r,
                                                  std::vector<sale::payment> payments);
  awaitable<result<store::record>> withdraw_cost(const portal_link* portal, store::record r);

  // ---- companions.cpp: systems beside the carrier (a warehouse, an ERP)
  awaitable<outcome> tell_companions(job j);
  awaitable<outcome> tell_companion(store::record main, std::string account, bool forced);
  awaitable<outcome> tell_progress(job j, store::record r, carrier_link* link);
  awaitable<outcome> write_companion(const portal_link* portal, store::record r);
  // Whether some account is to know of the deals' stages.
  bool stages_matter() const;
  // Keeps the deal's stage, for those who are to know of it.
  awaitable<result<store::record>> note_stage(store::record r, std::string stage);

  // ---- goods.cpp: weights and sizes that the catalogue lacks, from a system that has them
  awaitable<bitrix24::deal_bundle> with_goods(const portal_link* portal, bitrix24::deal_bundle bundle);

  // ---- feed.cpp: what a carrier hands out about all orders of an account
  awaitable<outcome> read_feed(job j);

  // ---- sweep.cpp
  awaitable<outcome> sweep(job j);
  awaitable<result<bool>> take_up(store::record r);

  // ---- engine.cpp: common
  // Renders news for the portal and puts them into the outbox.
  void announce(store::record& r, const std::vector<news>& said) const;
  // One transition; schedules the next look and the write-back when the record asks for them.
  awaitable<result<store::record>> save(store::record r, std::string note, std::string detail = {},
                                        std::vector<store::next_job> more = {});
  // The same without queueing a write-back: for the write-back itself.
  awaitable<result<store::record>> save_quietly(store::record r, std::string note);
  // Plans the next look of `r` by its state; `at_least` delays it (a peer's Retry-After).
  void plan_look(store::record& r, std::vector<store::next_job>& jobs, std::chrono::milliseconds wait) const;
  std::string title_of(std::string_view account) const;
};

// The carrier's own lookup by our number can be relied on.
bool looks_up(const capabilities& can);
// An order of our number that is not the one which the record holds, at a time when that one may not be.
bool names_another_order(const store::record& r, const std::string& order_id);

// After so long without news of what is still to be done the sweep takes a shipment up.
inline constexpr std::chrono::minutes patience{30};

// Of what the systems beside the carrier are to know of a shipment.
std::string companions_digest(const store::record& main);

// The mapping numbers parcels from 1; the carrier wants numbers that are ours.
void own(shipment& what, const std::string& reference);

// The delivery request's own status and properties say it already.
bool is_told_by_request(std::string_view key);

// A failed save: a collision runs the job again soon, everything else is retried.
outcome after_failed_save(const fault& f);

} // namespace waybill::workflow
