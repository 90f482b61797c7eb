// The portal's own queue of changes: fetched, queued, and only then cleared.
#include "stand_in.hpp"

#include <workflow/offline.hpp>

namespace {

using namespace waybill;
using namespace waybill::workflow;
using queue::outcome;
using testing::ElementsAre;
using testing::IsEmpty;

struct Offline : workflow::test::StandIn {
  // A change as the portal keeps it; object 0: it kept no data of it.
  void waits(const std::string& event, std::int64_t object, std::string process = {}) {
    sandbox::offline_event e;
    e.id = stand_in().next_id();
    e.name = event;
    e.object = object;
    e.at = "2026-11-20T10:00:00+03:00";
    e.process = std::move(process);
    stand_in().offline.push_back(std::move(e));
  }
  outcome visit() { return run(fetch_offline(services, offline_job("main"))); }
  std::vector<std::int64_t> deals_queued() {
    std::vector<std::int64_t> out;
    for (const auto& j : queued()) {
      const auto payload = json::parse(j.payload);
      if (j.kind == "deal" && payload) out.push_back(json::integer_or(payload->as_object(), "deal"));
    }
    return out;
  }
};

TEST_F(Offline, deals_are_queued_and_exactly_they_are_cleared) {
  waits("ONCRMDEALADD", 11);
  waits("ONCRMDEALUPDATE", 12);
  waits("ONCRMCONTACTUPDATE", 13); // nobody asked for it
  EXPECT_EQ(visit().kind, outcome::what::done);
  EXPECT_THAT(deals_queued(), ElementsAre(11, 12));
  EXPECT_THAT(stand_in().offline, IsEmpty());
}

TEST_F(Offline, a_change_without_data_is_found_by_a_sweep) {
  waits("ONCRMDEALUPDATE", 0);
  waits("ONCRMDEALUPDATE", 12);
  EXPECT_EQ(visit().kind, outcome::what::done);
  EXPECT_THAT(kinds_queued(), ElementsAre("deal", "sweep"));
  EXPECT_THAT(stand_in().offline, IsEmpty());
}

// A visit that broke off had reserved them: nobody else is shown them any more.
TEST_F(Offline, what_an_earlier_visit_reserved_is_taken_over) {
  waits("ONCRMDEALUPDATE", 12, "aaaa0000aaaa0000");
  waits("ONCRMDEALUPDATE", 13);
  EXPECT_EQ(visit().kind, outcome::what::done);
  EXPECT_THAT(deals_queued(), ElementsAre(12, 13));
  EXPECT_THAT(stand_in().offline, IsEmpty());
}

TEST_F(Offline, more_than_a_page_is_fetched_in_one_visit) {
  for (std::int64_t deal = 1; deal <= 120; ++deal) waits("ONCRMDEALUPDATE", deal);
  EXPECT_EQ(visit().kind, outcome::what::done);
  EXPECT_EQ(deals_queued().size(), 120U);
  EXPECT_THAT(stand_in().offline, IsEmpty());
}

TEST_F(Offline, one_deal_is_queued_once) {
  waits("ONCRMDEALADD", 11);
  waits("ONCRMDEALUPDATE", 11);
  EXPECT_EQ(visit().kind, outcome::what::done);
  EXPECT_THAT(deals_queued(), ElementsAre(11));
}

// Durable first: what could not be queued stays with the portal.
TEST_F(Offline, nothing_is_cleared_that_was_not_queued) {
  waits("ONCRMDEALUPDATE", 12);
  server.kill_now();
  EXPECT_NE(visit().kind, outcome::what::done);
  EXPECT_EQ(stand_in().offline.size(), 1U);
}

TEST_F(Offline, a_lost_answer_to_the_clearing_loses_nothing) {
  waits("ONCRMDEALUPDATE", 12);
  wire->lost = {"event.offline.clear"};
  EXPECT_EQ(visit().kind, outcome::what::retry);
  EXPECT_THAT(deals_queued(), ElementsAre(12));
  EXPECT_EQ(visit().kind, outcome::what::done);
  EXPECT_THAT(stand_in().offline, IsEmpty());
}

TEST_F(Offline, nothing_waits_means_nothing_is_reserved) {
  EXPECT_EQ(visit().kind, outcome::what::done);
  EXPECT_EQ(calls("event.offline.get"), 0);
}

TEST_F(Offline, the_clock_asks_once_for_all_processes) {
  run([](std::shared_ptr<workflow::services> s) -> awaitable<bool> {
    co_await ask_offline(s);
    co_await ask_offline(s);
    co_return true;
  }(services));
  EXPECT_THAT(kinds_queued(), ElementsAre("offline"));
}

struct OfflineByWebhook : workflow::test::StandIn {
  OfflineByWebhook() : workflow::test::StandIn(false) {}
};

// Only an application has such a queue.
TEST_F(OfflineByWebhook, it_is_not_asked_and_does_no_harm) {
  run([](std::shared_ptr<workflow::services> s) -> awaitable<bool> {
    co_await ask_offline(s);
    co_return true;
  }(services));
  EXPECT_THAT(queued(), IsEmpty());
  EXPECT_EQ(run(fetch_offline(services, offline_job("main"))).kind, outcome::what::done);
}

} // namespace
