// What of the portal's store is ours: read once, kept, and looked for again only when something unknown turns up.
#include "stand_in.hpp"

#include <sale/own.hpp>
#include <sale/statuses.hpp>
#include <workflow/store_site.hpp>

namespace {

using namespace waybill;
using namespace waybill::workflow;

struct StoreSite : workflow::test::StandIn {
  StoreSite() : workflow::test::StandIn(false) {}

  // A service with one profile, as setup makes it; its profile's id.
  std::int64_t make_service(const std::string& key) {
    auto client = services->portal("main")->crm->shared_portal();
    sale::delivery_handler h;
    h.code = sale::handler_code;
    h.name = "Waybill";
    h.calculate_url = h.create_url = h.cancel_url = h.delete_url = "https://waybill.example.com/x";
    h.settings = {{"STRING", std::string(sale::marker), "Ключ"}};
    h.profiles = {{"courier", "Курьер", ""}};
    EXPECT_TRUE(run(sale::add_handler(client, h)));
    sale::new_service n;
    n.handler = h.code;
    n.name = "Перевозчики";
    n.settings = {{std::string(sale::marker), key}};
    auto made = run(sale::add_service(client, n));
    EXPECT_TRUE(made);
    return made && !made->profiles.empty() ? made->profiles.front().id : 0;
  }
  store_site site(std::int64_t service = 0) {
    auto got = run(store_site_of(services, "main", service));
    EXPECT_TRUE(got);
    return got ? *got : store_site{};
  }
};

TEST_F(StoreSite, profiles_and_statuses_are_found_by_their_marks) {
  const auto profile = make_service("main");
  auto client = services->portal("main")->crm->shared_portal();
  sale::store_status s;
  s.id = "ZT"; // the preferred one was taken
  s.xml_id = sale::status_mark("in_transit");
  s.color = "#99CCFF";
  ASSERT_TRUE(run(sale::add_status(client, s)));
  const store_site got = site();
  ASSERT_TRUE(got.profiles.contains(profile));
  EXPECT_EQ(got.profiles.at(profile), "courier");
  EXPECT_EQ(got.statuses.at("in_transit"), "ZT");
  EXPECT_EQ(got.statuses.at("DN"), "DN");
  EXPECT_FALSE(got.statuses.contains("DF")) << "shipped is the stock's word";
  EXPECT_TRUE(got.foreign.contains(41));
}

TEST_F(StoreSite, it_is_read_once_and_foreign_services_cost_nothing) {
  make_service("main");
  site();
  const auto before = calls("sale.delivery.getlist");
  site();
  site(41); // of somebody else
  EXPECT_EQ(calls("sale.delivery.getlist"), before);
}

TEST_F(StoreSite, a_service_made_meanwhile_is_found_at_once_and_an_unknown_one_is_not_asked_for_again_and_again) {
  EXPECT_TRUE(site().profiles.empty());
  const auto profile = make_service("main");
  EXPECT_TRUE(site(profile).profiles.contains(profile));
  site(9999);
  const auto before = calls("sale.delivery.getlist");
  site(9998);
  EXPECT_EQ(calls("sale.delivery.getlist"), before);
}

TEST_F(StoreSite, another_installations_service_is_not_ours) {
  const auto profile = make_service("other");
  EXPECT_FALSE(site(profile).profiles.contains(profile));
}

} // namespace
