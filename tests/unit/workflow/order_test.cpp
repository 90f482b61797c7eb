#include <workflow/order.hpp>

#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::workflow;
using store::phase;
using store::record;

instant at(int minutes) { return instant{std::chrono::minutes(minutes)}; }

tracking_event event(status s, int minutes, std::string code = {}, bool known = true) {
  tracking_event e;
  e.canonical = s;
  e.code = code.empty() ? std::string(to_string(s)) : std::move(code);
  e.when = at(minutes);
  e.known = known;
  return e;
}

record in(phase p) {
  record r;
  r.reference = "B24-main-7";
  r.state = p;
  r.created = at(0);
  return r;
}

carrier_order active(std::vector<tracking_event> events = {}) {
  carrier_order o;
  o.id = "uuid-1";
  o.number = "1001";
  o.phase = order_phase::active;
  o.events = std::move(events);
  return o;
}

bool says(const applied& a, std::string_view key) {
  return std::ranges::any_of(a.said, [&](const news& n) { return n.key == key; });
}

TEST(order, acceptance_confirms_and_is_told_once) {
  record r = in(phase::submitted);
  const auto first = apply_order(r, active({event(status::created, 1)}), "C");
  EXPECT_EQ(r.state, phase::confirmed);
  EXPECT_EQ(r.order_id, "uuid-1");
  EXPECT_EQ(r.number, "1001");
  EXPECT_TRUE(r.write_due);
  EXPECT_TRUE(says(first, "order_created"));
  EXPECT_FALSE(says(first, "status"));
  r.write_due = false;
  const auto again = apply_order(r, active({event(status::created, 1)}), "C");
  EXPECT_FALSE(again.changed);
  EXPECT_TRUE(again.said.empty());
  EXPECT_FALSE(r.write_due);
}

TEST(order, refusal_goes_to_its_owner_and_frees_the_order_id) {
  const struct {
    errc code;
    std::string_view key;
    store::owner whose;
  } rows[] = {{errc::address, "bad_address", store::owner::manager},
              {errc::rejected, "carrier_refused", store::owner::manager},
              {errc::conflict, "duplicate_number", store::owner::manager},
              {errc::forbidden, "carrier_access", store::owner::operator_},
              {errc::protocol, "carrier_protocol", store::owner::operator_}};
  for (const auto& row : rows) {
    record r = in(phase::submitted);
    r.order_id = "uuid-0";
    carrier_order o;
    o.id = "uuid-0";
    o.phase = order_phase::refused;
    o.refusal = fault{row.code, "no", {}, "code"};
    const auto a = apply_order(r, o, "C");
    EXPECT_TRUE(a.changed);
    EXPECT_EQ(r.state, phase::needs_attention);
    EXPECT_EQ(r.trouble_now->key, row.key);
    EXPECT_EQ(r.trouble_now->whose, row.whose);
    EXPECT_TRUE(r.order_id.empty());
  }
}

TEST(order, a_late_refused_twin_does_not_undo_a_confirmed_order) {
  record r = in(phase::confirmed);
  r.order_id = "uuid-1";
  carrier_order twin;
  twin.id = "uuid-2";
  twin.phase = order_phase::refused;
  twin.refusal = fault{errc::conflict, "not unique", {}, ""};
  apply_order(r, twin, "C");
  EXPECT_EQ(r.state, phase::confirmed);
  EXPECT_EQ(r.order_id, "uuid-1");
}

TEST(order, status_never_goes_back) {
  record r = in(phase::submitted);
  apply_order(r, active({event(status::created, 1), event(status::in_transit, 5)}), "C");
  EXPECT_EQ(r.latest, status::in_transit);
  const auto late = apply_order(r, active({event(status::accepted, 3)}), "C");
  EXPECT_EQ(r.latest, status::in_transit);
  EXPECT_FALSE(says(late, "status"));
  const auto twice = apply_order(r, active({event(status::in_transit, 5)}), "C");
  EXPECT_FALSE(says(twice, "status"));
  EXPECT_EQ(r.events.size(), 3U);
}

TEST(order, every_order_of_arrival_ends_the_same) {
  std::vector<tracking_event> all{event(status::created, 1), event(status::accepted, 2), event(status::in_transit, 3),
                                  event(status::ready_for_pickup, 9), event(status::delivered, 12)};
  std::ranges::sort(all, {}, &tracking_event::code);
  do {
    record r = in(phase::submitted);
    for (const auto& e : all) apply_order(r, active({e}), "C");
    ASSERT_EQ(r.latest, status::delivered);
    ASSERT_EQ(r.state, phase::closed);
    ASSERT_EQ(r.events.size(), all.size());
  } while (std::ranges::next_permutation(all, {}, &tracking_event::code).found);
}

TEST(order, an_unknown_code_is_recorded_and_moves_nothing) {
  record r = in(phase::confirmed);
  r.number = "1001";
  apply_order(r, active({event(status::in_transit, 5)}), "C");
  const auto a = apply_order(r, active({event(status::problem, 6, "NEW_CODE", false)}), "C");
  EXPECT_EQ(r.latest, status::in_transit);
  EXPECT_EQ(r.events.size(), 2U);
  EXPECT_FALSE(says(a, "status"));
}

TEST(order, a_final_status_taken_back_reopens) {
  record r = in(phase::confirmed);
  apply_order(r, active({event(status::delivered, 5)}), "C");
  EXPECT_EQ(r.state, phase::closed);
  apply_order(r, active({event(status::returning, 8)}), "C");
  EXPECT_EQ(r.state, phase::confirmed);
  EXPECT_EQ(r.latest, status::returning);
}

TEST(order, replaced_point_and_warnings_are_told_once) {
  record r = in(phase::submitted);
  r.what.pickup_point = "SPB12";
  carrier_order o = active();
  o.pickup_point = "SPB99";
  o.warnings = {"point changed"};
  const auto a = apply_order(r, o, "C");
  EXPECT_TRUE(says(a, "point_replaced"));
  EXPECT_TRUE(says(a, "carrier_warning"));
  EXPECT_TRUE(apply_order(r, o, "C").said.empty());
}

TEST(order, an_update_is_settled_either_way) {
  for (const bool refused : {false, true}) {
    record r = in(phase::confirmed);
    r.number = "1001";
    r.wanted.emplace().comment = "new";
    r.update_sent = true;
    const std::string wish = fingerprint(*r.wanted);
    carrier_order o = active();
    o.change_pending = true;
    apply_order(r, o, "C");
    EXPECT_TRUE(r.wanted);
    o.change_pending = false;
    if (refused) o.change_refused = fault{errc::conflict, "too late", {}, ""};
    const auto a = apply_order(r, o, "C");
    EXPECT_FALSE(r.wanted);
    EXPECT_EQ(r.fingerprint == wish, !refused);
    EXPECT_EQ(r.refused_fingerprint == wish, refused);
    EXPECT_TRUE(says(a, refused ? "change_refused" : "order_changed"));
  }
}

TEST(order, schedule_is_dense_while_it_moves_and_sparse_when_it_does_not) {
  using namespace std::chrono;
  carrier_account account;
  account.poll_interval = minutes(15);
  capabilities can;
  record r = in(phase::confirmed);
  r.latest = status::in_transit;
  r.latest_at = at(0);
  EXPECT_EQ(next_look(r, account, can, at(60)), minutes(15));
  EXPECT_EQ(next_look(r, account, can, at(60 * 10)), minutes(30));
  EXPECT_EQ(next_look(r, account, can, at(60 * 48)), minutes(60));
  EXPECT_EQ(next_look(r, account, can, at(60 * 24 * 30)), minutes(120));
  can.webhooks = true;
  account.webhook_secret = secret("x");
  EXPECT_EQ(next_look(r, account, can, at(60)), minutes(30));
  r.state = phase::closed;
  EXPECT_EQ(next_look(r, account, can, at(60)), milliseconds(0));
  r.state = phase::submitted;
  can.first_look_after = seconds(2);
  r.looks_pending = 1;
  EXPECT_EQ(next_look(r, account, can, at(0)), seconds(2));
  r.looks_pending = 6;
  EXPECT_EQ(next_look(r, account, can, at(0)), seconds(16));
  r.looks_pending = 1000;
  EXPECT_LE(next_look(r, account, can, at(0)), minutes(10));
}

} // namespace
