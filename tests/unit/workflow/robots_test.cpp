// The automation rule "create shipment": whatever comes of the deal, the portal's rule gets one answer.
#include "stand_in.hpp"

#include <workflow/robots.hpp>

namespace {

using namespace waybill;
using namespace waybill::workflow;
using queue::outcome;
using store::phase;
using store::record;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct Robots : workflow::test::StandIn {
  static constexpr std::int64_t deal = 759;

  // A start of the rule as the portal keeps it, and the job that its call makes.
  queue::job started(const std::string& token, std::string service = {}, std::string comment = {}) {
    sandbox::robot_run r;
    r.token = token;
    r.code = "create_shipment";
    r.deal = deal;
    r.awaited = true;
    stand_in().robot_runs.push_back(std::move(r));
    robot_call c;
    c.portal = "main";
    c.deal = deal;
    c.event_token = token;
    c.service = std::move(service);
    c.comment = std::move(comment);
    return robot_job(c, "trace");
  }
  const sandbox::robot_run& run_of(const std::string& token) {
    return *std::ranges::find(stand_in().robot_runs, token, &sandbox::robot_run::token);
  }
  std::string returned(const std::string& token, const char* name) {
    return json::text_or(run_of(token).returned, name);
  }
  record stored(phase state, std::string number = {}) {
    record r;
    r.portal = "main";
    r.deal = deal;
    r.reference = "B24-main-759";
    r.state = state;
    r.order_id = number.empty() ? std::string{} : "order-" + number;
    r.number = std::move(number);
    store::history_entry entry;
    entry.what = "test";
    auto saved = run(services->shipments->transition(std::move(r), std::move(entry)));
    EXPECT_TRUE(saved);
    return saved ? *saved : record{};
  }
  // What the look at the deal does is not tried here: it makes a shipment, or none.
  awaitable<outcome> look_once(queue::job j, std::optional<phase> makes) {
    looked.push_back(std::move(j));
    if (!makes) co_return outcome::done();
    record r;
    r.portal = "main";
    r.deal = deal;
    r.reference = "B24-main-759";
    r.state = *makes;
    store::history_entry entry;
    entry.what = "test";
    auto saved = co_await services->shipments->transition(std::move(r), std::move(entry));
    EXPECT_TRUE(saved);
    co_return outcome::done();
  }
  outcome run_rule(queue::job j, std::optional<phase> makes = {}) {
    deal_look with = [this, makes](queue::job d) { return look_once(std::move(d), makes); };
    return run(run_robot(services, std::move(j), std::move(with)));
  }
  result<void> answer(record r) { return run(answer_robots(services, std::move(r))); }
  robot_note note() { return *run(robot_note_of(services, "main", deal)); }

  std::vector<queue::job> looked;
};

TEST_F(Robots, the_rule_waits_until_the_order_is_confirmed) {
  EXPECT_EQ(run_rule(started("token-1", "courier", "Звонить заранее"), phase::planned).kind, outcome::what::done);
  ASSERT_THAT(looked, SizeIs(1));
  EXPECT_FALSE(run_of("token-1").done);
  const robot_note kept = note();
  EXPECT_THAT(kept.tokens, ElementsAre("token-1"));
  EXPECT_EQ(kept.service, "courier");
  EXPECT_EQ(kept.comment, "Звонить заранее");
  EXPECT_TRUE(kept.ship);

  record r = **run(services->shipments->find("B24-main-759"));
  r.state = phase::confirmed;
  r.order_id = "order-5";
  r.number = "N-5";
  ASSERT_TRUE(answer(r));
  EXPECT_TRUE(run_of("token-1").done);
  EXPECT_EQ(returned("token-1", "order_number"), "order-5");
  EXPECT_EQ(returned("token-1", "tracking_number"), "N-5");
  // The wishes stay, or the next look would take them for changes of the deal.
  EXPECT_EQ(note().service, "courier");
  EXPECT_FALSE(note().ship);
  EXPECT_THAT(note().tokens, IsEmpty());
}

TEST_F(Robots, what_stands_already_is_answered_at_once) {
  stored(phase::confirmed, "N-5");
  EXPECT_EQ(run_rule(started("token-1")).kind, outcome::what::done);
  EXPECT_EQ(returned("token-1", "tracking_number"), "N-5");
}

TEST_F(Robots, a_deal_with_nothing_to_ship_is_told_so) {
  EXPECT_EQ(run_rule(started("token-1")).kind, outcome::what::done);
  EXPECT_TRUE(run_of("token-1").done);
  EXPECT_EQ(returned("token-1", "order_number"), "");
  EXPECT_TRUE(run_of("token-1").log.contains("нечего отправлять")) << run_of("token-1").log;
  EXPECT_THAT(note().tokens, IsEmpty());
  EXPECT_FALSE(note().ship);
}

TEST_F(Robots, a_refusal_of_the_managers_own_is_an_answer_and_the_operators_trouble_is_none) {
  for (const auto whose : {store::owner::operator_, store::owner::manager}) {
    run_rule(started(whose == store::owner::manager ? "token-m" : "token-o"), {});
  }
  // Both were dismissed: begin again with a shipment in trouble.
  record r = stored(phase::needs_attention);
  run_rule(started("token-1"));
  r.trouble_now.emplace().key = "bad_address";
  r.trouble_now->whose = store::owner::operator_;
  ASSERT_TRUE(answer(r));
  EXPECT_FALSE(run_of("token-1").done);
  r.trouble_now->whose = store::owner::manager;
  ASSERT_TRUE(answer(r));
  EXPECT_TRUE(run_of("token-1").done);
  EXPECT_EQ(returned("token-1", "order_number"), "");
  EXPECT_TRUE(note().ship) << "the mended deal is sent by itself";
}

TEST_F(Robots, a_token_is_answered_once_and_a_used_one_holds_up_nothing) {
  stored(phase::planned);
  run_rule(started("token-1"));
  run_rule(started("token-2"));
  run_rule(started("token-2")); // the portal called twice
  EXPECT_THAT(note().tokens, ElementsAre("token-1", "token-2"));
  stand_in().robot_runs.front().done = true; // somebody answered it in the portal
  record r = **run(services->shipments->find("B24-main-759"));
  r.state = phase::confirmed;
  r.number = "N-5";
  ASSERT_TRUE(answer(r));
  EXPECT_TRUE(run_of("token-2").done);
  const auto sent = calls("bizproc.event.send");
  ASSERT_TRUE(answer(r));
  EXPECT_EQ(calls("bizproc.event.send"), sent);
}

TEST_F(Robots, a_lost_answer_is_sent_again) {
  stored(phase::planned);
  run_rule(started("token-1"));
  record r = **run(services->shipments->find("B24-main-759"));
  r.state = phase::confirmed;
  r.number = "N-5";
  wire->lost = {"bizproc.event.send"};
  EXPECT_FALSE(answer(r)) << "a transient fault is the caller's to repeat";
  EXPECT_THAT(note().tokens, ElementsAre("token-1"));
  ASSERT_TRUE(answer(r));
  EXPECT_THAT(note().tokens, IsEmpty());
  EXPECT_TRUE(run_of("token-1").done);
}

TEST_F(Robots, a_closed_shipment_ends_all_of_it) {
  stored(phase::planned);
  run_rule(started("token-1", "courier"));
  record r = **run(services->shipments->find("B24-main-759"));
  r.state = phase::closed;
  r.latest = status::cancelled;
  ASSERT_TRUE(answer(r));
  EXPECT_TRUE(run_of("token-1").done);
  EXPECT_EQ(note().service, "");
}

TEST_F(Robots, a_shipment_of_the_delivery_form_is_not_forced_anew) {
  record r;
  r.portal = "main";
  r.deal = deal;
  r.reference = "B24-main-759";
  r.state = phase::planned;
  r.request.emplace().from_form = true;
  store::history_entry first;
  first.what = "test";
  ASSERT_TRUE(run(services->shipments->transition(std::move(r), std::move(first))));
  run_rule(started("token-1"));
  ASSERT_THAT(looked, SizeIs(1));
  EXPECT_FALSE(looked.front().payload.contains("forced"));
}

TEST_F(Robots, wishes_stand_in_only_where_the_deal_says_nothing) {
  portal.fields.delivery_type = "UF_TYPE";
  robot_note wishes;
  wishes.service = "courier";
  wishes.comment = "Звонить";
  bitrix24::deal_bundle silent, spoken;
  spoken.deal.fields["UF_TYPE"] = "pickup";
  fill_in(portal, silent, wishes);
  fill_in(portal, spoken, wishes);
  EXPECT_EQ(json::text_or(silent.deal.fields, "UF_TYPE"), "courier");
  EXPECT_EQ(json::text_or(spoken.deal.fields, "UF_TYPE"), "pickup");
  mapping::mapped empty, own;
  own.what.comment = "Не звонить";
  fill_in(empty, wishes);
  fill_in(own, wishes);
  EXPECT_EQ(empty.what.comment, "Звонить");
  EXPECT_EQ(own.what.comment, "Не звонить");
}

TEST_F(Robots, hostile_settings_are_bounded) {
  robot_call c;
  c.portal = "main";
  c.deal = deal;
  c.event_token = "t";
  c.service = std::string(10'000, 'x');
  c.comment = std::string(10'000, 'y');
  EXPECT_LT(robot_job(c, "trace").payload.size(), 1'000U);
  queue::job broken;
  broken.lane = "bitrix24:main";
  broken.kind = "robot";
  broken.payload = "{\"portal\": 5";
  EXPECT_EQ(run_rule(broken).kind, outcome::what::dead);
}

} // namespace
