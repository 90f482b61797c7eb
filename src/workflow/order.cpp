#include <workflow/order.hpp>

#include <algorithm>
#include <tuple>

namespace waybill::workflow {
namespace {

using store::phase;
using store::record;

constexpr std::size_t most_events = 100;

// Of two events at one moment the later step of a parcel's life is the newer.
int rank(status s) { return static_cast<int>(s); }

template <class T> void take(T& ours, const T& theirs, bool& changed) {
  if (theirs == T{} || ours == theirs) return;
  ours = theirs;
  changed = true;
}

void accept_change(record& r, const carrier_order& o, const std::string& title, applied& out) {
  const text_values who{{"carrier", title}, {"reference", r.reference}};
  const auto with = [&](std::string text) {
    text_values all = who;
    all.emplace_back("text", std::move(text));
    return all;
  };
  if (o.change_pending) return;
  if (r.cancel_sent && o.change_refused) {
    r.cancel_sent = r.cancel_wanted = false;
    out.said.push_back({"cancel_refused", with(o.change_refused->what)});
    out.changed = true;
  } else if (r.update_sent && o.change_refused) {
    r.refused_fingerprint = fingerprint(*r.wanted);
    r.wanted.reset();
    r.update_sent = false;
    out.said.push_back({"change_refused", with(o.change_refused->what)});
    out.changed = true;
  } else if (r.update_sent && r.wanted) {
    r.what = std::move(*r.wanted);
    r.wanted.reset();
    r.fingerprint = fingerprint(r.what);
    r.update_sent = false;
    out.said.push_back({"order_changed", who});
    out.changed = true;
  }
}

} // namespace

bool merge_events(record& r, const std::vector<tracking_event>& events) {
  for (const tracking_event& e : events) {
    const bool there = std::ranges::any_of(
        r.events, [&](const tracking_event& have) { return have.code == e.code && have.when == e.when; });
    if (!there) r.events.push_back(e);
  }
  std::ranges::sort(r.events, [](const tracking_event& a, const tracking_event& b) {
    return std::tuple(a.when, rank(a.canonical), std::string_view(a.code)) <
           std::tuple(b.when, rank(b.canonical), std::string_view(b.code));
  });
  if (r.events.size() > most_events) r.events.erase(r.events.begin(), r.events.end() - most_events);
  const auto newest =
      std::ranges::find_if(r.events.rbegin(), r.events.rend(), [](const tracking_event& e) { return e.known; });
  if (newest == r.events.rend()) return false;
  // A truncated or partial list must not turn time back.
  if (r.latest && newest->when < r.latest_at) return false;
  const bool moved = r.latest != newest->canonical;
  r.latest = newest->canonical;
  r.latest_at = newest->when;
  r.latest_text = newest->text;
  if (!newest->place.empty()) r.latest_text += " (" + newest->place + ")";
  return moved;
}

applied apply_order(record& r, const carrier_order& o, const std::string& title) {
  applied out;
  const text_values who{{"carrier", title}, {"reference", r.reference}};
  const auto tell = [&](std::string key, text_values more = {}) {
    more.insert(more.begin(), who.begin(), who.end());
    out.said.push_back({std::move(key), std::move(more)});
  };
  if (r.order_id.empty() && !o.id.empty() && o.phase != order_phase::refused) {
    r.order_id = o.id;
    out.changed = true;
  }

  r.unclear = false; // the carrier has spoken of this very order
  switch (o.phase) {
  case order_phase::refused:
    if (r.state == phase::submitting || r.state == phase::submitted) {
      r.trouble_now = trouble_of(r, o.refusal, title);
      r.state = phase::needs_attention;
      r.order_id.clear(); // no order came of it: the next try is a new one
      r.write_due = out.changed = true;
    }
    return out;
  case order_phase::cancelled:
    r.latest = status::cancelled;
    r.latest_at = std::max(r.latest_at, o.events.empty() ? r.latest_at : o.events.back().when);
    if (r.state != phase::closed) {
      r.state = phase::closed;
      r.cancel_wanted = r.cancel_sent = false;
      tell("status", {{"status", "@status:cancelled"}, {"text", ""}});
      r.write_due = out.changed = true;
    }
    return out;
  case order_phase::pending:
    if (r.state == phase::submitting) {
      r.state = phase::submitted;
      out.changed = true;
    }
    ++r.looks_pending;
    return out;
  case order_phase::active: break;
  }

  bool facts = false;
  const bool had_number = !r.number.empty();
  take(r.number, o.number, facts);
  take(r.tracking_url, o.tracking_url, facts);
  take(r.planned_date, o.planned_date, facts);
  take(r.return_order_id, o.return_order_id, facts);
  take(r.return_number, o.return_number, facts);
  if (o.cost && r.cost != o.cost) r.cost = o.cost, facts = true;
  if (o.collected && r.collected != o.collected) r.collected = o.collected, facts = true;
  if (!o.kept_until.empty() && r.kept_until != o.kept_until) {
    r.kept_until = o.kept_until;
    facts = true;
  }
  take(r.handed_over, o.handed_over, facts);
  if (facts) r.write_due = out.changed = true;

  if (r.state == phase::submitting || r.state == phase::submitted || r.state == phase::planned) {
    r.state = phase::confirmed;
    r.looks_pending = 0;
    r.trouble_now.reset();
    r.write_due = out.changed = true;
    tell(r.number.empty() ? "order_created_without_number" : "order_created", {{"number", r.number}});
  } else if (!had_number && !r.number.empty()) {
    tell("number_assigned", {{"number", r.number}});
  }
  if (!o.pickup_point.empty() && o.pickup_point != r.pickup_point) {
    const bool replaced = !r.what.pickup_point.empty() && o.pickup_point != r.what.pickup_point;
    r.pickup_point = o.pickup_point;
    out.changed = true;
    if (replaced) tell("point_replaced", {{"point", o.pickup_point}});
  }
  for (const std::string& warning : o.warnings) {
    if (std::ranges::find(r.warnings, warning) != r.warnings.end()) continue;
    r.warnings.push_back(warning);
    r.write_due = out.changed = true;
    tell("carrier_warning", {{"text", warning}});
  }
  accept_change(r, o, title, out);

  const auto events_before = r.events.size();
  const auto latest_before = r.latest;
  if (merge_events(r, o.events)) {
    r.write_due = out.changed = true;
    // The order's creation has been told above; what moves is worth a line each time.
    if (*r.latest != status::created || (latest_before && *latest_before != status::created))
      tell("status", {{"status", "@status:" + std::string(to_string(*r.latest))}, {"text", r.latest_text}});
  }
  if (r.events.size() != events_before) out.changed = true;
  if (r.latest && is_final(*r.latest)) {
    if (r.state != phase::closed) out.changed = true;
    r.state = phase::closed;
    r.cancel_wanted = r.cancel_sent = false;
  } else if (r.state == phase::closed) {
    r.state = phase::confirmed; // the carrier took a final status back
    out.changed = true;
  }
  return out;
}

namespace {

// Delivered, and on its way back as another order. After two months nobody brings it in any more.
bool awaits_way_back(const record& r, instant at) {
  const bool taken = r.latest == status::delivered || r.latest == status::partially_delivered;
  return taken && !r.return_order_id.empty() && at - r.latest_at < std::chrono::hours{24 * 60};
}

} // namespace

std::chrono::milliseconds next_look(const record& r, const carrier_account& account, const capabilities& can,
                                    instant at) {
  using namespace std::chrono;
  switch (r.state) {
  case phase::closed:
    if (!awaits_way_back(r, at)) return milliseconds{0};
    break;
  case phase::planned:
  case phase::submitting: return seconds{30};
  case phase::needs_attention:
    // The operator's troubles are tried again by themselves; the manager's wait for the deal.
    return r.trouble_now && r.trouble_now->whose == store::owner::operator_ ? milliseconds{minutes{15}}
                                                                            : milliseconds{0};
  case phase::submitted: {
    // 1, 1, 2, 3, 5, 8 ... times the carrier's own first look, then every ten minutes.
    std::int64_t a = 1, b = 1;
    for (std::int64_t i = 1; i < std::min<std::int64_t>(r.looks_pending, 12); ++i) {
      const auto next = a + b;
      a = b;
      b = next;
    }
    return std::min<milliseconds>(can.first_look_after * a, minutes{10});
  }
  case phase::confirmed: break;
  }
  if (r.cancel_sent || r.update_sent) return std::max<milliseconds>(can.first_look_after, milliseconds{200});
  // Dense while it moves, sparse when it does not; and half as dense where webhooks announce what is new.
  const auto quiet = at - std::max({r.latest_at, r.created});
  int factor = quiet < hours{6} ? 1 : quiet < hours{24} ? 2 : quiet < hours{72} ? 4 : 8;
  if (r.latest == status::out_for_delivery || r.latest == status::ready_for_pickup) factor = std::min(factor, 2);
  if (can.webhooks && !account.webhook_secret.empty()) factor *= 2;
  return std::min<milliseconds>(account.poll_interval * factor,
                                std::max<milliseconds>(hours{12}, account.poll_interval));
}

store::trouble trouble_of(const record& r, const fault& f, const std::string& title) {
  store::trouble t;
  t.code = f.code;
  t.peer_code = f.peer_code;
  t.peer_text = f.what;
  t.fingerprint = r.fingerprint;
  t.values = {{"carrier", title}, {"reference", r.reference}};
  switch (f.code) {
  case errc::address: t.key = "bad_address"; break;
  case errc::bad_input:
  case errc::rejected:
  case errc::not_found: t.key = "carrier_refused"; break;
  case errc::conflict: t.key = "duplicate_number"; break;
  case errc::outcome_unknown: t.key = "outcome_unknown"; break;
  case errc::forbidden:
    t.key = "carrier_access";
    t.whose = store::owner::operator_;
    break;
  case errc::throttled:
  case errc::unavailable:
  case errc::timeout:
  case errc::cancelled:
    t.key = "carrier_unreachable";
    t.whose = store::owner::operator_;
    break;
  case errc::protocol:
  case errc::internal:
    t.key = "carrier_protocol";
    t.whose = store::owner::operator_;
    break;
  }
  return t;
}

} // namespace waybill::workflow
