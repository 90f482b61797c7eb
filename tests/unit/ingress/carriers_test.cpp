// Carriers' webhooks: who is believed, which shipment is meant, what is queued.
#include "fixture.hpp"

#include <workflow/jobs.hpp>

#include <gmock/gmock.h>

namespace {

using namespace waybill;
using namespace waybill::test;

class carriers_ingress : public ingress_fixture {
 protected:
  http_response post(const std::string& body, const std::string& account = "acme-1") {
    return send("/carriers/" + account + "/carrier-secret-of-" + account, body, "text/plain");
  }
  std::vector<std::string> carried(const std::string& account = "acme-1") {
    std::vector<std::string> out;
    for (const auto& j : queued("carrier:" + account)) {
      EXPECT_EQ(j.kind, "carry");
      EXPECT_EQ(workflow::read_payload(j).look, 0); // whatever the schedule says
      out.push_back(workflow::read_payload(j).reference);
    }
    return out;
  }
};

TEST_F(carriers_ingress, the_order_id_finds_the_shipment) {
  keep(shipment_of(7, "acme-1", "o-7"));
  keep(shipment_of(8, "acme-1", "o-8"));
  EXPECT_EQ(post("o-8||yes").status, 200);
  EXPECT_THAT(carried(), testing::ElementsAre("B24-main-8"));
  const auto jobs = queued("carrier:acme-1");
  EXPECT_EQ(jobs.front().key, store::order_key("main", 8));
  EXPECT_FALSE(jobs.front().trace.empty());
}

TEST_F(carriers_ingress, faster_than_our_own_store_it_is_found_by_our_number) {
  keep(shipment_of(7, "acme-1", "")); // the create is under way, its id is not known yet
  EXPECT_EQ(post("o-7|B24-main-7|yes").status, 200);
  EXPECT_THAT(carried(), testing::ElementsAre("B24-main-7"));
}

TEST_F(carriers_ingress, orders_of_others_are_accepted_and_forgotten) {
  keep(shipment_of(7, "acme-1", "o-7"));
  EXPECT_EQ(post("o-999|SHOP-1|yes").status, 200);
  EXPECT_EQ(post("||yes").status, 200);
  EXPECT_EQ(post("o-7||no").status, 200); // ours, and of no interest
  EXPECT_EQ(post("").status, 200);        // nothing in it
  EXPECT_THAT(carried(), testing::IsEmpty());
}

// One account's secret opens only its own orders, also by our number.
TEST_F(carriers_ingress, another_accounts_order_is_none_of_its_business) {
  keep(shipment_of(7, "acme-1", "o-7"));
  EXPECT_EQ(post("o-7|B24-main-7|yes", "acme-2").status, 200);
  EXPECT_THAT(carried("acme-1"), testing::IsEmpty());
  EXPECT_THAT(carried("acme-2"), testing::IsEmpty());
}

TEST_F(carriers_ingress, repeats_are_merged_while_the_first_waits) {
  keep(shipment_of(7, "acme-1", "o-7"));
  keep(shipment_of(8, "acme-1", "o-8"));
  EXPECT_EQ(post("o-7||yes").body, R"({"accepted":true})");
  EXPECT_EQ(post("o-7||yes").body, R"({"accepted":true,"known":true})");
  EXPECT_EQ(post("o-7|B24-main-7|yes\no-7||yes\no-8||yes").body, R"({"accepted":true})"); // something new is in it
  EXPECT_THAT(carried(), testing::ElementsAre("B24-main-7", "B24-main-8"));
}

TEST_F(carriers_ingress, who_is_not_authentic_hears_nothing) {
  keep(shipment_of(7, "acme-1", "o-7"));
  const struct {
    const char* name;
    std::string path;
    int status;
  } rows[] = {
      {"wrong secret", "/carriers/acme-1/carrier-secret-of-acme-2", 403},
      {"unknown account", "/carriers/other/carrier-secret-of-acme-1", 404},
      {"an account without a secret", "/carriers/quiet/x", 403},
      {"no secret at all", "/carriers/acme-1/", 404},
  };
  for (const auto& row : rows) EXPECT_EQ(send(row.path, "o-7||yes", "text/plain").status, row.status) << row.name;
  EXPECT_THAT(carried(), testing::IsEmpty());
}

TEST_F(carriers_ingress, what_cannot_be_read_is_refused_whole) {
  keep(shipment_of(7, "acme-1", "o-7"));
  EXPECT_EQ(post("o-7||yes\nnonsense").status, 400);
  std::string flood;
  for (int i = 0; i < 201; ++i) flood += "o-7||yes\n";
  EXPECT_EQ(post(flood).status, 413);
  EXPECT_THAT(carried(), testing::IsEmpty());
}

TEST_F(carriers_ingress, without_redis_the_carrier_is_asked_to_repeat) {
  keep(shipment_of(7, "acme-1", "o-7"));
  server.kill_now();
  for (int i = 0; i < 2; ++i) {
    const auto answer = post("o-7||yes");
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_NE(find_header(answer.headers, "Retry-After"), nullptr);
  }
  server.start();
  const auto up = run(link->wait_up(std::chrono::seconds(10)));
  ASSERT_TRUE(up);
  EXPECT_EQ(post("o-7||yes").body, R"({"accepted":true})");
  EXPECT_THAT(carried(), testing::ElementsAre("B24-main-7"));
}

} // namespace
