// Reads: what they ask for, how they join, what they make of the answers.
#include "crm_fixture.hpp"

namespace waybill::bitrix24 {
namespace {

awaitable<void> load(std::shared_ptr<crm> c, std::int64_t id, std::map<std::int64_t, result<deal>>* out) {
  auto d = co_await c->deal(id);
  out->emplace(id, std::move(d));
}

TEST_F(Crm, ADealIsReadByAListWithItsFields) {
  const auto d = run(subject->deal(759));
  ASSERT_TRUE(d.has_value());
  EXPECT_EQ(d->id, 759);
  const auto& body = portal->bodies.at(0);
  EXPECT_EQ(body.at("entityTypeId"), bj::value(2));
  EXPECT_EQ(body.at("start"), bj::value(-1));
  EXPECT_EQ(body.at("useOriginalUfNames"), bj::value("Y"));
  EXPECT_EQ(body.at("filter"), bj::parse(R"({"@id":[759]})"));
  const auto& select = body.at("select").as_array();
  EXPECT_EQ(select.front(), bj::value("*"));
  EXPECT_NE(std::ranges::find(select, bj::value("UF_CRM_TRACKING_NUMBER")), select.end());
}

TEST_F(Crm, FiveHundredDealsAtOnceAreTenListsInOneRequest) {
  gone = {17};
  std::map<std::int64_t, result<deal>> got;
  for (std::int64_t id = 1; id <= 500; ++id) spawn(io.get_executor(), "deal", load(subject, id, &got));
  ASSERT_TRUE(run(test::eventually([&] { return got.size() == 500; })));
  EXPECT_EQ(portal->calls_of("crm.item.list").size(), 10U);
  EXPECT_EQ(portal->requests.size(), 1U);
  for (auto& [id, d] : got) {
    if (id == 17) {
      ASSERT_FALSE(d.has_value());
      EXPECT_EQ(d.error().code, errc::not_found);
    } else {
      ASSERT_TRUE(d.has_value());
      EXPECT_EQ(d->id, id);
    }
  }
}

TEST_F(Crm, DealsJoinWhatStillWaitsAndNotWhatWasSent) {
  portal->closed = true;
  std::map<std::int64_t, result<deal>> got;
  std::int64_t id = 0;
  // Three requests under way are as many as there may be: the rest waits, and joins.
  for (int i = 0; i < 3; ++i) {
    spawn(io.get_executor(), "deal", load(subject, ++id, &got));
    ASSERT_TRUE(run(test::eventually([&] { return portal->waiting == i + 1; })));
  }
  for (int wave = 0; wave < 20; ++wave) {
    for (int i = 0; i < 20; ++i) spawn(io.get_executor(), "deal", load(subject, ++id, &got));
    run(sleep_for(std::chrono::milliseconds(0)));
  }
  spawn(io.get_executor(), "deal", load(subject, 1, &got)); // under way already: must be read again
  portal->closed = false;
  ASSERT_TRUE(run(test::eventually([&] { return got.size() == 403; })));
  std::vector<std::int64_t> asked;
  for (const auto& c : portal->calls_of("crm.item.list"))
    for (const auto i : ids_of(c.params, "@id")) asked.push_back(i);
  EXPECT_LE(portal->calls_of("crm.item.list").size(), 12U);
  EXPECT_EQ(std::ranges::count(asked, 1), 2);
}

TEST_F(Crm, AFailureReachesEverybodyWhoJoined) {
  portal->methods["crm.item.list"] = [](const portal_command&) { return refused("ACCESS_DENIED", "no", 403); };
  std::map<std::int64_t, result<deal>> got;
  for (std::int64_t id = 1; id <= 5; ++id) spawn(io.get_executor(), "deal", load(subject, id, &got));
  ASSERT_TRUE(run(test::eventually([&] { return got.size() == 5; })));
  for (auto& [_, d] : got) EXPECT_EQ(d.error().code, errc::forbidden);
}

awaitable<void> pack(std::shared_ptr<crm> c, deal d, std::map<std::int64_t, result<deal_bundle>>* out) {
  const auto id = d.id;
  auto b = co_await c->bundle(std::move(d));
  out->emplace(id, std::move(b));
}

deal deal_of(std::int64_t id) {
  deal d;
  d.id = id;
  d.contacts = {id + 10'000};
  d.company = 7;
  d.opportunity.currency = "KZT";
  d.fields["UF_CRM_DELIVERY_ADDRESS"] = "Тверь|;|";
  d.fields["UF_CRM_DELIVERY_TYPE"] = 45;
  return d;
}

TEST_F(Crm, ABundleIsReadInTwoRounds) {
  first_product = 100;
  products[100] = R"({"id":100,"name":"A","weight":480,"iblockSectionId":15,"type":1,"xmlId":"s100"})";
  products[101] = R"({"id":101,"name":"B","weight":0,"type":1})";
  extra[{3, 10'001}] =
      bj::parse(R"({"lastName":"Ким","fm":[{"typeId":"PHONE","valueType":"WORK","value":"8 912"}]})").as_object();
  auto warm = run(subject->bundle(deal_of(2))); // the catalogue's blocks and the lists are known from here on
  ASSERT_TRUE(warm.has_value());
  const auto before = portal->requests.size();
  first_product = 200;
  products[200] = R"({"id":200,"name":"C","weight":1000})";
  products[201] = R"({"id":201,"name":"D","weight":1})";
  const auto b = run(subject->bundle(deal_of(1)));
  ASSERT_TRUE(b.has_value());
  EXPECT_EQ(portal->requests.size() - before, 2U);
  ASSERT_EQ(b->rows.size(), 2U);
  EXPECT_EQ(b->rows[0].price, (money{1050, "KZT"}));
  EXPECT_EQ(b->products.at(200).weight_g, 1000);
  ASSERT_TRUE(b->person);
  EXPECT_EQ(b->person->phones, std::vector<std::string>{"8 912"});
  ASSERT_TRUE(b->company);
  EXPECT_EQ(b->company->name, "T7");
  EXPECT_EQ(b->delivery_types.at("45"), "courier");
  EXPECT_TRUE(b->carriers.empty()) << "a text field is no list";
  EXPECT_FALSE(b->requisite_address);
  EXPECT_EQ(b->locale, "ru");
  EXPECT_EQ(b->deal.id, 1);

  const auto again = portal->requests.size();
  ASSERT_TRUE(run(subject->bundle(deal_of(1))).has_value());
  EXPECT_EQ(portal->requests.size() - again, 1U) << "products are known now";
}

TEST_F(Crm, FiveHundredBundlesNeedFewRequests) {
  first_product = 100;
  products[100] = R"({"id":100,"name":"A","weight":480})";
  products[101] = R"({"id":101,"name":"B","weight":10})";
  std::map<std::int64_t, result<deal_bundle>> got;
  for (std::int64_t id = 1; id <= 500; ++id) spawn(io.get_executor(), "bundle", pack(subject, deal_of(id), &got));
  ASSERT_TRUE(run(test::eventually([&] { return got.size() == 500; })));
  for (auto& [id, b] : got) {
    ASSERT_TRUE(b.has_value()) << b.error().what;
    EXPECT_EQ(b->rows.size(), 2U);
    EXPECT_EQ(b->person->id, id + 10'000);
    EXPECT_EQ(b->products.size(), 2U);
  }
  EXPECT_EQ(portal->calls_of("crm.item.productrow.list").size(), 34U) << "15 deals a list";
  EXPECT_EQ(portal->calls_of("catalog.product.list").size(), 1U);
  EXPECT_LE(portal->requests.size(), 5U);
}

TEST_F(Crm, RowsOfManyPagesAreAllRead) {
  rows_each = 120;
  row_type = 7;
  const auto b = run(subject->bundle(deal_of(1)));
  ASSERT_TRUE(b.has_value());
  ASSERT_EQ(b->rows.size(), 120U);
  for (std::size_t i = 0; i < 120; ++i) EXPECT_EQ(b->rows[i].product, static_cast<std::int64_t>(i));
  EXPECT_EQ(portal->calls_of("crm.item.productrow.list").size(), 3U);
  EXPECT_TRUE(portal->calls_of("catalog.product.list").empty()) << "services have no weight";
}

TEST_F(Crm, VariationsBringTheirParentsAndSections) {
  settings.parcels.by_section.emplace_back().section = 3;
  make();
  row_type = 4;
  rows_each = 1;
  first_product = 300;
  offers[300] =
      R"({"id":300,"name":"42","weight":0,"parentId":{"value":"290","valueId":"1"},"iblockSectionId":null,"type":4})";
  products[290] = R"({"id":290,"name":"Кроссовки","weight":700,"iblockSectionId":15,"type":3})";
  portal->methods["catalog.section.get"] = [](const portal_command& c) {
    const auto id = json::integer_or(c.params, "id");
    return replied(bj::object{
        {"section", bj::object{{"id", id}, {"iblockSectionId", id == 15 ? bj::value(3) : bj::value(nullptr)}}}});
  };
  const auto b = run(subject->bundle(deal_of(1)));
  ASSERT_TRUE(b.has_value()) << b.error().what;
  EXPECT_EQ(b->products.at(300).parent, 290);
  EXPECT_EQ(b->products.at(290).weight_g, 700);
  EXPECT_EQ(b->section_parents, (std::map<std::int64_t, std::int64_t>{{15, 3}, {3, 0}}));
  const auto before = portal->requests.size();
  ASSERT_TRUE(run(subject->bundle(deal_of(2))).has_value());
  EXPECT_EQ(portal->requests.size() - before, 1U) << "all of it is kept";
}

TEST_F(Crm, NamedPropertiesAreAskedFor) {
  settings.article_properties = {"property105", "property205"};
  settings.barcode_properties = {"property106"};
  make();
  rows_each = 1;
  first_product = 200;
  products[200] =
      R"({"id":200,"weight":5,"property105":{"value":"ART-200","valueId":"1"},"property106":{"value":"4600001","valueId":"2"}})";
  const auto b = run(subject->bundle(deal_of(1)));
  ASSERT_TRUE(b.has_value());
  EXPECT_EQ(b->products.at(200).article, "ART-200");
  EXPECT_EQ(b->products.at(200).barcode, "4600001");
  const auto asked = json::serialize(portal->calls_of("catalog.product.list").front().params.at("select"));
  for (const auto* name : {"property105", "property205", "property106"}) EXPECT_TRUE(asked.contains(name)) << asked;
}

TEST_F(Crm, ARowWhoseTypeIsWrongIsFoundInTheOtherList) {
  rows_each = 1;
  first_product = 300;
  row_type = 1;
  offers[300] = R"({"id":300,"weight":5,"parentId":"290"})";
  const auto b = run(subject->bundle(deal_of(1)));
  ASSERT_TRUE(b.has_value());
  EXPECT_EQ(b->products.at(300).weight_g, 5);
  EXPECT_FALSE(b->products.contains(290)) << "the parent is gone";
}

TEST_F(Crm, WithoutRightsOnTheCatalogueTheDealIsReadAllTheSame) {
  first_product = 100;
  portal->methods["catalog.catalog.list"] = [](const portal_command&) {
    return refused("200040300010", "Access denied");
  };
  const auto b = run(subject->bundle(deal_of(1)));
  ASSERT_TRUE(b.has_value());
  EXPECT_TRUE(b->products.empty());
  portal->methods["catalog.catalog.list"] = [](const portal_command&) {
    return refused("INTERNAL_SERVER_ERROR", "", 500);
  };
  const auto later = run(subject->bundle(deal_of(1)));
  ASSERT_FALSE(later.has_value()) << "a passing failure is no reason for default weights";
  EXPECT_EQ(later.error().code, errc::unavailable);
}

TEST_F(Crm, TheRequisitesAddressStandsInForAMissingOne) {
  portal->methods["crm.requisite.list"] = [](const portal_command& c) {
    const auto type = json::integer_or(c.params.at("filter").as_object(), "ENTITY_TYPE_ID");
    return replied(bj::array{bj::object{{"ID", type == 3 ? "31" : "41"}}});
  };
  portal->methods["crm.address.list"] = [](const portal_command& c) {
    EXPECT_EQ(ids_of(c.params, "ENTITY_ID"), (std::vector<std::int64_t>{31, 41}));
    return replied(bj::parse(R"([{"TYPE_ID":"1","ENTITY_ID":"31","ADDRESS_1":"ул. Мира, 1","CITY":"Тверь"},
      {"TYPE_ID":"11","ENTITY_ID":"41","ADDRESS_1":"ул. Ленина, 2","ADDRESS_2":"701","CITY":"Тюмень","POSTAL_CODE":"625003","PROVINCE":"Тюменская обл","COUNTRY":"Россия"},
      {"TYPE_ID":"6","ENTITY_ID":"31","ADDRESS_1":"юридический"}])"));
  };
  auto d = deal_of(1);
  d.fields["UF_CRM_DELIVERY_ADDRESS"] = nullptr;
  const auto b = run(subject->bundle(d));
  ASSERT_TRUE(b.has_value());
  ASSERT_TRUE(b->requisite_address);
  EXPECT_EQ(b->requisite_address->city, "Тюмень");
  EXPECT_EQ(b->requisite_address->raw, "625003, Россия, Тюменская обл, Тюмень, ул. Ленина, 2, 701");
}

TEST_F(Crm, AnUnknownListItemIsNotAskedForAllTheTime) {
  auto d = deal_of(1);
  d.fields["UF_CRM_DELIVERY_TYPE"] = 99;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(run(subject->bundle(d)).has_value());
  EXPECT_EQ(portal->calls_of("crm.deal.userfield.list").size(), 2U) << "one of each field";
}

TEST_F(Crm, StagesAreReadOnce) {
  portal->methods["crm.status.list"] = [](const portal_command& c) {
    EXPECT_EQ(json::text_or(c.params.at("filter").as_object(), "ENTITY_ID"), "DEAL_STAGE_2");
    return replied(bj::parse(
        R"([{"STATUS_ID":"C2:WON","NAME":"Успех","SORT":"90","SEMANTICS":"S"},{"STATUS_ID":"C2:NEW","NAME":"Новая","SORT":"10","SEMANTICS":null}])"));
  };
  for (int i = 0; i < 2; ++i) {
    const auto s = run(subject->stages(2));
    ASSERT_TRUE(s.has_value());
    ASSERT_EQ(s->size(), 2U);
    EXPECT_EQ((*s)[0].id, "C2:NEW");
    EXPECT_EQ((*s)[0].semantic, "P");
  }
  EXPECT_EQ(portal->requests.size(), 1U);
}

TEST_F(Crm, TheSweepPagesByIdAndLeavesOutWhatHasAnOrder) {
  portal->methods["crm.item.list"] = [](const portal_command& c) {
    const auto after = json::integer_or(c.params.at("filter").as_object(), ">id");
    bj::array out;
    for (auto id = after + 1; id <= std::min<std::int64_t>(after + 50, 60); ++id)
      out.push_back(bj::object{{"id", id},
                               {"stageId", "C2:SHIP"},
                               {"UF_CRM_LOGISTICS_ORDER_ID", id <= 55 ? bj::value("has one") : bj::value("")}});
    return replied(bj::object{{"items", out}});
  };
  const auto found = run(subject->deals_without_order(2, {"C2:SHIP"}, 0));
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 5U);
  EXPECT_EQ(found->front().id, 56);
  const auto& body = portal->bodies.at(0);
  EXPECT_EQ(body.at("start"), bj::value(-1));
  EXPECT_EQ(body.at("order"), bj::parse(R"({"id":"ASC"})"));
  EXPECT_EQ(body.at("filter"),
            bj::parse(R"({"@stageId":["C2:SHIP"],"categoryId":2,"UF_CRM_LOGISTICS_ORDER_ID":"",">id":0})"));
}

TEST_F(Crm, CommentsNewestFirst) {
  portal->methods["crm.timeline.comment.list"] = [](const portal_command& c) {
    EXPECT_EQ(c.params.at("filter"), bj::parse(R"({"ENTITY_ID":5,"ENTITY_TYPE":"deal"})"));
    return replied(bj::parse(
        R"([{"ID":"9","COMMENT":"old","CREATED":"2026-11-20T10:00:00+03:00"},{"ID":"12","COMMENT":"new","CREATED":"2026-11-21T10:00:00+03:00"}])"));
  };
  const auto c = run(subject->comments(5));
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ((*c)[0].text, "new");
  EXPECT_EQ(to_iso((*c)[0].created), "2026-11-21T07:00:00Z");
}

} // namespace
} // namespace waybill::bitrix24
