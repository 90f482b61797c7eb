// Cancel and delete: "Y" only when nothing is on its way any more. The workflow's part is played beside the call.
#include "requests_fixture.hpp"

namespace waybill::delivery::test {
namespace {

using store::request_state;
using testing::HasSubstr;
using testing::IsEmpty;

class cancelling : public requests_fixture {
 protected:
  cancelling() { how.look_again = 5ms; }

  std::string kept(std::vector<std::int64_t> shipments = {501}) {
    const auto made = keep(request(std::move(shipments)));
    EXPECT_TRUE(made);
    return made ? made->what.request_id : std::string{};
  }
  static std::string body(const std::string& id, const std::string& delivery = "41") {
    return R"({"DELIVERY_ID":)" + delivery + R"(,"REQUEST_ID":")" + id + "\"}";
  }
  request_state state_of(const std::string& id) {
    const auto got = run(requests().find("main", id));
    EXPECT_TRUE(got && *got);
    return (*got)->state;
  }
  // Does what the workflow would once the cancel is wanted.
  enum class verdict { cancelled, refused };
  static awaitable<void> play(std::shared_ptr<store::delivery_requests> all, std::string id, verdict what) {
    for (;;) {
      auto got = co_await all->find("main", id);
      if (got && *got && (*got)->cancel_wanted) break;
      co_await sleep_for(2ms);
    }
    if (what == verdict::cancelled) {
      auto done = co_await all->set_cancelled("main", id);
      EXPECT_TRUE(done);
    } else {
      auto done = co_await all->set_refusal("main", id, "Посылка уже выдана получателю");
      EXPECT_TRUE(done);
    }
  }
  void workflow_will(const std::string& id, verdict what) {
    spawn(services->ex, "played workflow", play(services->requests, id, what));
  }
};

TEST_F(cancelling, waits_for_what_the_workflow_makes_of_it) {
  const auto id = kept();
  workflow_will(id, verdict::cancelled);
  EXPECT_EQ(success(ask(call::cancel, body(id))), "Y");
  EXPECT_EQ(state_of(id), request_state::cancelled);
  ASSERT_EQ(queued().size(), 2U);
  EXPECT_EQ(queued()[1].kind, "request_cancel");
  EXPECT_EQ(queued()[1].key, "deal:main:759");
}

TEST_F(cancelling, the_id_of_the_service_as_text) {
  const auto id = kept();
  workflow_will(id, verdict::cancelled);
  EXPECT_EQ(success(ask(call::cancel, body(id, "\"41\""))), "Y");
  EXPECT_EQ(state_of(id), request_state::cancelled);
}

TEST_F(cancelling, a_refusal_is_told_in_its_own_words) {
  const auto id = kept();
  workflow_will(id, verdict::refused);
  const auto got = ask(call::cancel, body(id));
  EXPECT_EQ(success(got), "N");
  EXPECT_EQ(reason(got), "Посылка уже выдана получателю");
  EXPECT_EQ(state_of(id), request_state::live);
  // Pressed again it is asked again.
  workflow_will(id, verdict::cancelled);
  EXPECT_EQ(success(ask(call::cancel, body(id))), "Y");
}

TEST_F(cancelling, no_outcome_in_time_is_no_promise) {
  how.cancel_limit = 60ms;
  const auto id = kept();
  const auto got = ask(call::cancel, body(id));
  EXPECT_EQ(success(got), "N");
  EXPECT_THAT(reason(got), HasSubstr("ещё раз"));
  EXPECT_EQ(state_of(id), request_state::live);
  // Done meanwhile: pressing again tells.
  ASSERT_TRUE(run(requests().set_cancelled("main", id)));
  EXPECT_EQ(success(ask(call::cancel, body(id))), "Y");
}

TEST_F(cancelling, what_is_not_there_or_over_is_the_goal_reached) {
  const auto id = kept();
  EXPECT_EQ(success(ask(call::cancel, body("wb-unknown"))), "Y");
  EXPECT_EQ(success(ask(call::cancel, body(id, "77"))), "Y"); // not our request: another service's
  EXPECT_EQ(state_of(id), request_state::live);
  ASSERT_TRUE(run(requests().set_cancelled("main", id)));
  EXPECT_EQ(success(ask(call::cancel, body(id))), "Y");
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(cancelling, bodies_that_are_no_call) {
  for (const char* text : {"", "{}", "[]", R"({"DELIVERY_ID":41})"}) {
    EXPECT_EQ(success(ask(call::cancel, text)), "N") << text;
    EXPECT_EQ(success(ask(call::remove, text)), "N") << text;
  }
}

TEST_F(cancelling, without_redis_the_order_stands) {
  const auto id = kept();
  server.kill_now();
  how.cancel_limit = 2s;
  for (const auto what : {call::cancel, call::remove}) {
    const auto got = ask(what, body(id));
    EXPECT_EQ(success(got), "N");
    EXPECT_THAT(reason(got), HasSubstr("остаётся в силе"));
  }
}

TEST_F(cancelling, delete_of_a_cancelled_one_is_done_at_once) {
  const auto id = kept();
  ASSERT_TRUE(run(requests().set_cancelled("main", id)));
  EXPECT_EQ(success(ask(call::remove, body(id))), "Y");
  EXPECT_EQ(state_of(id), request_state::deleted);
  EXPECT_EQ(success(ask(call::remove, body(id))), "Y");
  EXPECT_EQ(success(ask(call::remove, body("wb-unknown"))), "Y");
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(cancelling, delete_of_a_closed_shipment_asks_nothing_of_the_carrier) {
  const auto id = kept();
  store::record r;
  r.portal = "main";
  r.deal = 759;
  r.account = "acme-1";
  r.reference = "B24-main-759";
  r.state = store::phase::closed;
  store::history_entry note;
  note.what = "test";
  ASSERT_TRUE(run(services->shipments->transition(std::move(r), std::move(note))));
  ASSERT_TRUE(run(requests().set_reference("main", id, "B24-main-759")));
  EXPECT_EQ(success(ask(call::remove, body(id))), "Y");
  EXPECT_EQ(state_of(id), request_state::deleted);
  EXPECT_EQ(queued().size(), 1U);
}

TEST_F(cancelling, delete_of_a_live_one_cancels_first) {
  const auto id = kept();
  workflow_will(id, verdict::cancelled);
  EXPECT_EQ(success(ask(call::remove, body(id))), "Y");
  EXPECT_EQ(state_of(id), request_state::deleted);
  const auto other = kept({502});
  workflow_will(other, verdict::refused);
  const auto got = ask(call::remove, body(other));
  EXPECT_EQ(success(got), "N");
  EXPECT_THAT(reason(got), HasSubstr("выдана"));
  EXPECT_EQ(state_of(other), request_state::live);
}

} // namespace
} // namespace waybill::delivery::test
