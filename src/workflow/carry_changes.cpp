// What the deal wants of an order that stands: withdraw it, change it, bring it back, print it.
#include <waybill/fault_point.hpp>
#include <workflow/engine_impl.hpp>
#include <workflow/learn.hpp>

namespace waybill::workflow {

using store::record;

bool hurts_breaker(errc code) {
  switch (code) {
  case errc::unavailable:
  case errc::timeout:
  case errc::outcome_unknown:
  case errc::protocol: return true;
  case errc::bad_input:
  case errc::address:
  case errc::rejected:
  case errc::conflict:
  case errc::not_found:
  case errc::forbidden:
  case errc::throttled:
  case errc::cancelled:
  case errc::internal: return false;
  }
  return false;
}

namespace {

// The carrier has not said no: it could not be asked, or was not understood.
bool is_no_answer(errc code) {
  return is_transient(code) || code == errc::forbidden || code == errc::protocol || code == errc::internal;
}

} // namespace

// Cancel, update, return: what the deal wants of an order that stands.
awaitable<outcome> engine::impl::change_at_carrier(job j, record r, carrier_link* link) {
  const auto self = shared_from_this();
  if (!r.cancel_wanted && !r.wanted) co_return co_await bring_back(std::move(j), std::move(r), link);
  const std::string operation = r.cancel_wanted ? "cancel" : "update";
  result<carrier_order> answer;
  // The wish is told once the carrier has answered; a crash in between repeats it, which changes nothing at the
  // carrier.
  if (r.cancel_wanted) {
    answer = co_await link->api->cancel(r.order_id);
    r.cancel_sent = true;
  } else {
    shipment wish = *r.wanted;
    answer = co_await link->api->update_order(r.order_id, std::move(wish));
    r.update_sent = true;
  }
  fault_point("change.answered");
  learn(link, answer);
  if (answer) co_return co_await store_order(std::move(r), std::move(*answer), link, operation);
  fault f = answer.error();
  r.cancel_sent = r.update_sent = false;
  // An answer that nobody understands to a cancel is not waited for until the next look: a parcel may leave meanwhile.
  if (operation == "cancel" && f.code == errc::protocol && j.attempt + 1 < most_unclear_submits)
    co_return outcome::retry(std::move(f));
  if (is_no_answer(f.code))
    co_return co_await carrier_failed(std::move(j), std::move(r), std::move(f), link, operation);
  if (operation == "cancel" && f.code == errc::not_found) {
    carrier_order gone;
    gone.phase = order_phase::cancelled;
    co_return co_await store_order(std::move(r), std::move(gone), link, "cancelled");
  }
  co_return co_await wish_refused(std::move(r), std::move(f), link, operation);
}

// The way back is an order of its own. The carrier gives the one that is there to whoever asks again, so a crash before
// its answer is noted makes no second one.
awaitable<outcome> engine::impl::bring_back(job j, record r, carrier_link* link) {
  const auto self = shared_from_this();
  const auto chosen = link->account->services.find("return");
  std::string service = chosen == link->account->services.end() ? r.what.service : chosen->second;
  const auto made = co_await link->api->create_return(r.order_id, std::move(service));
  fault_point("change.answered");
  learn(link, made);
  if (!made) {
    fault f = made.error();
    if (is_no_answer(f.code))
      co_return co_await carrier_failed(std::move(j), std::move(r), std::move(f), link, "return");
    co_return co_await wish_refused(std::move(r), std::move(f), link, "return");
  }
  r.return_wanted = false;
  r.return_order_id = made->id;
  r.return_number = made->number;
  r.looked = now();
  std::vector<news> said(1);
  said.front().key = "return_created";
  said.front().values = {{"carrier", title_of(r.account)}, {"number", made->number.empty() ? made->id : made->number}};
  announce(r, said);
  std::vector<store::next_job> jobs;
  plan_look(r, jobs, next_look(r, *link->account, link->api->can(), r.looked));
  auto saved = co_await save(std::move(r), "return", {}, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

awaitable<outcome> engine::impl::wish_refused(record r, fault f, carrier_link* link, std::string operation) {
  const auto self = shared_from_this();
  std::vector<news> said(1);
  said.front().key = operation == "cancel"   ? "cancel_refused"
                     : operation == "update" ? "change_refused"
                                             : "return_refused";
  said.front().values = {{"carrier", title_of(r.account)}, {"reference", r.reference}, {"text", f.what}};
  announce(r, said);
  if (operation == "cancel") r.cancel_wanted = false;
  if (operation == "update") {
    r.refused_fingerprint = fingerprint(*r.wanted);
    r.wanted.reset();
  }
  if (operation == "return") r.return_wanted = false;
  std::vector<store::next_job> jobs;
  plan_look(r, jobs, next_look(r, *link->account, link->api->can(), now()));
  auto saved = co_await save(std::move(r), operation + " refused", f.what, std::move(jobs));
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

awaitable<outcome> engine::impl::print_label(job j) {
  const auto self = shared_from_this();
  const payload p = read_payload(j);
  auto found = co_await s->shipments->find(p.reference);
  if (!found) co_return outcome::retry(found.error());
  if (!*found || (*found)->label_done || (*found)->order_id.empty()) co_return outcome::done();
  record r = std::move(**found);
  carrier_link* link = s->carrier_of(r.account);
  const portal_link* portal = s->portal(r.portal);
  if (link == nullptr || portal == nullptr || portal->settings->fields.label.empty()) co_return outcome::done();
  auto printed = co_await link->api->make_label(r.order_id, label_kind::barcode);
  learn(link, printed);
  if (!printed)
    co_return is_transient(printed.error().code) ? outcome::retry(printed.error()) : outcome::dead(printed.error());
  // The same file again after a crash replaces itself: the field holds one.
  auto attached = co_await portal->crm->attach_file(r.deal, portal->settings->fields.label, printed->file_name,
                                                    std::move(printed->bytes));
  if (!attached)
    co_return is_transient(attached.error().code) ? outcome::retry(attached.error()) : outcome::dead(attached.error());
  fault_point("label.attached");
  r.label_done = true;
  auto saved = co_await save(std::move(r), "label attached");
  if (!saved) co_return after_failed_save(saved.error());
  co_return outcome::done();
}

} // namespace waybill::workflow
