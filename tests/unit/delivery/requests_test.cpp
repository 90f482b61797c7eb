// The registry of delivery requests on a real Redis.
#include "requests_fixture.hpp"

#include <set>

namespace waybill::delivery::test {
namespace {

using store::kept_request;
using store::request_state;
using testing::ElementsAre;

class registry : public requests_fixture {};

TEST_F(registry, keeps_a_request_and_its_job_in_one_step) {
  auto r = request({502, 501, 502});
  r.reference = "";
  const auto made = keep(r);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_TRUE(made->fresh);
  const auto got = run(requests().find("main", r.request_id));
  ASSERT_TRUE(got && *got);
  EXPECT_THAT((*got)->shipments, ElementsAre(501, 502));
  EXPECT_EQ((*got)->deal, 759);
  EXPECT_EQ((*got)->order, 90);
  EXPECT_EQ((*got)->delivery_id, 41);
  EXPECT_EQ((*got)->state, request_state::live);
  EXPECT_EQ((*got)->what.recipient.name, "Пётр Ильин");
  EXPECT_EQ((*got)->what.service, "courier");
  EXPECT_EQ((*got)->asked, r.asked);
  EXPECT_EQ((*got)->trace, "trace");
  EXPECT_GT((*got)->created.time_since_epoch().count(), 0);
  ASSERT_EQ(queued().size(), 1U);
  EXPECT_EQ(queued()[0].kind, "request");
  EXPECT_FALSE(queued()[0].id.empty());
  for (const std::int64_t id : {501, 502}) {
    const auto live = run(requests().find_live_by_shipment("main", id));
    ASSERT_TRUE(live && *live) << id;
    EXPECT_EQ((*live)->request_id, r.request_id);
  }
  EXPECT_FALSE(*run(requests().find_live_by_shipment("other", 501)));
  EXPECT_FALSE(*run(requests().find("main", "wb-unknown")));
}

TEST_F(registry, the_same_shipments_have_one_request) {
  const auto first = keep(request({501, 502}));
  const auto again = keep(request({502, 501}));
  ASSERT_TRUE(first && again);
  EXPECT_FALSE(again->fresh);
  EXPECT_EQ(again->what.request_id, first->what.request_id);
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(registry, two_at_the_same_moment_are_one) {
  std::vector<std::shared_ptr<pending<store::delivery_requests::made>>> coming;
  for (int i = 0; i < 20; ++i)
    coming.push_back(begin(services->ex, "create", requests().create(request({501, 502}), job_of())));
  std::set<std::string> ids;
  int fresh = 0;
  for (const auto& one : coming) {
    const auto made = run(outcome_of(one, steady::now() + 10s));
    ASSERT_TRUE(made) << made.error().what;
    ids.insert(made->what.request_id);
    fresh += made->fresh;
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(registry, an_overlap_is_a_conflict) {
  const auto first = keep(request({501, 502}));
  ASSERT_TRUE(first);
  for (const auto& ids : std::vector<std::vector<std::int64_t>>{{501}, {502, 503}, {501, 502, 503}}) {
    const auto other = keep(request(ids));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, errc::conflict);
    EXPECT_EQ(other.error().peer_code, first->what.request_id);
  }
  auto another_service = request({501, 502});
  another_service.delivery_id = 42;
  EXPECT_FALSE(keep(another_service));
  EXPECT_FALSE(*run(requests().find_live_by_shipment("main", 503)));
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(registry, after_a_cancel_the_shipments_are_free) {
  const auto first = keep(request({501}));
  ASSERT_TRUE(first);
  const auto done = run(requests().set_cancelled("main", first->what.request_id));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->state, request_state::cancelled);
  EXPECT_FALSE(*run(requests().find_live_by_shipment("main", 501)));
  const auto second = keep(request({501}));
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->fresh);
  EXPECT_NE(second->what.request_id, first->what.request_id);
  // The late end of the first does not free what the second holds.
  ASSERT_TRUE(run(requests().set_deleted("main", first->what.request_id)));
  EXPECT_TRUE(*run(requests().find_live_by_shipment("main", 501)));
  const auto all = run(requests().of_deal("main", 759));
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].request_id, first->what.request_id);
  EXPECT_EQ((*all)[0].state, request_state::deleted);
}

TEST_F(registry, joining_with_a_shipment) {
  const auto made = keep(request({501}));
  ASSERT_TRUE(made);
  const auto id = made->what.request_id;
  ASSERT_TRUE(run(requests().set_reference("main", id, "B24-main-759")));
  ASSERT_TRUE(run(requests().set_reference("main", id, "B24-main-759")));
  const auto other = run(requests().set_reference("main", id, "B24-main-759-2"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, errc::conflict);
  EXPECT_EQ((*run(requests().find("main", id)))->reference, "B24-main-759");
  ASSERT_TRUE(run(requests().set_cancelled("main", id)));
  EXPECT_FALSE(run(requests().set_reference("main", id, "B24-main-759")));
  EXPECT_EQ(run(requests().set_reference("main", "wb-none", "x")).error().code, errc::not_found);
}

TEST_F(registry, a_cancel_is_wanted_refused_and_wanted_again) {
  const auto made = keep(request({501}));
  ASSERT_TRUE(made);
  const auto id = made->what.request_id;
  auto r = run(requests().want_cancel("main", id, job_of("request_cancel")));
  ASSERT_TRUE(r);
  EXPECT_TRUE(r->cancel_wanted);
  r = run(requests().set_refusal("main", id, "Посылка выдана"));
  ASSERT_TRUE(r);
  EXPECT_EQ((*run(requests().find("main", id)))->refusal, "Посылка выдана");
  r = run(requests().want_cancel("main", id, job_of("request_cancel")));
  ASSERT_TRUE(r);
  EXPECT_TRUE(r->refusal.empty());
  ASSERT_EQ(queued().size(), 3U);
  EXPECT_EQ(queued()[2].kind, "request_cancel");
  ASSERT_TRUE(run(requests().set_cancelled("main", id)));
  r = run(requests().set_refusal("main", id, "too late"));
  ASSERT_TRUE(r);
  EXPECT_TRUE(r->refusal.empty());
  r = run(requests().want_cancel("main", id, job_of("request_cancel")));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->state, request_state::cancelled);
  EXPECT_EQ(queued().size(), 3U); // nothing to be done any more
}

TEST_F(registry, changes_at_the_same_moment_all_count) {
  const auto made = keep(request({501}));
  ASSERT_TRUE(made);
  const auto id = made->what.request_id;
  auto a = begin(services->ex, "a", requests().set_reference("main", id, "B24-main-759"));
  auto b = begin(services->ex, "b", requests().want_cancel("main", id, job_of("request_cancel")));
  auto c = begin(services->ex, "c", requests().renew("main", id, shipment{}, "{}", job_of()));
  EXPECT_TRUE(run(outcome_of(a, steady::now() + 10s)));
  EXPECT_TRUE(run(outcome_of(b, steady::now() + 10s)));
  const auto renewed = run(outcome_of(c, steady::now() + 10s));
  const auto got = run(requests().find("main", id));
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((*got)->reference, "B24-main-759");
  EXPECT_TRUE((*got)->cancel_wanted);
  EXPECT_EQ(renewed.has_value(), (*got)->asked == "{}");
}

TEST_F(registry, survives_a_restart_of_redis) {
  const auto made = keep(request({501}));
  ASSERT_TRUE(made);
  server.kill_now();
  server.start();
  // The link may learn of the death only by the first command.
  auto got = run(requests().find("main", made->what.request_id));
  for (int tries = 0; !got && tries < 50; ++tries) {
    EXPECT_TRUE(is_transient(got.error().code));
    ASSERT_TRUE(run(link->wait_up(10s)));
    got = run(requests().find("main", made->what.request_id));
  }
  EXPECT_TRUE(got && *got);
}

TEST_F(registry, without_redis_it_says_so) {
  server.kill_now();
  const auto made = keep(request({501}));
  ASSERT_FALSE(made);
  EXPECT_TRUE(is_transient(made.error().code));
}

TEST(registry_text, broken_records_are_refused) {
  for (const char* text : {"", "[]", "{}", R"({"id":"wb-1"})", R"({"id":"wb-1","portal":"main","what":"{}"})"})
    EXPECT_FALSE(store::decode_request(text)) << text;
}

TEST(registry_text, ids_are_never_the_same) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(store::new_request_id());
  EXPECT_EQ(ids.size(), 1000U);
  EXPECT_EQ(ids.begin()->size(), 27U);
}

} // namespace
} // namespace waybill::delivery::test
