// Goods and stock, notices, the probe, and how the client behaves when MoySklad does not.
#include "support.hpp"

#include <moysklad/ids.hpp>

#include <set>

namespace waybill::moysklad::test {
namespace {

// ---- goods -----------------------------------------------------------------------------------------------------

TEST(moysklad_goods, each_kind_is_found_by_each_key) {
  bench b;
  shipment s = shipment_of({item_of("CH-7"), item_of("TS-L"), item_of("SET-1"), item_of("DELIVERY")});
  item by_article = item_of("");
  by_article.sku = "ART-CH-7";
  item by_external = item_of("no such code");
  by_external.external_code = "xml-CH-7";
  s.parcels[0].items.push_back(by_article);
  s.parcels[0].items.push_back(by_external);
  item guarded = item_of("A;B\\C");
  s.parcels[0].items.push_back(guarded);
  b.made(s);
  // Three of them are the same kettle at the same price: one line.
  EXPECT_EQ(b.many("orders.0.positions"), 5U);
  EXPECT_EQ(b.stat("orders.0.positions.0.quantity"), 3);
  EXPECT_EQ(b.stat("orders.0.positions.3.reserve"), 0) << "a service is not reserved";
}

TEST(moysklad_goods, by_barcode_where_the_account_wants_it) {
  auto account = account_for_tests();
  account.settings["product_match"] = std::vector<std::string>{"barcode"};
  bench b(account);
  item i = item_of("CH-7");
  i.barcode = "4600000000017";
  b.made(shipment_of({i}));
  EXPECT_EQ(b.many("orders.0.positions"), 1U);
}

TEST(moysklad_goods, remembered_for_a_day_also_by_the_next_process) {
  bench b;
  b.made(two_kettles());
  const auto asked = b.http->count("moysklad.goods");
  EXPECT_EQ(asked, 1U) << "what is found first is not looked for further";
  b.fresh();
  b.made(shipment_of({item_of("CH-7")}, "B24-main-1002"));
  EXPECT_EQ(b.http->count("moysklad.goods"), asked);
  clock_shift() = std::chrono::hours(25);
  b.made(shipment_of({item_of("CH-7")}, "B24-main-1003"));
  EXPECT_EQ(b.http->count("moysklad.goods"), asked + 1);
}

TEST(moysklad_goods, unknown_doubled_and_archived_ones_are_the_manager_s) {
  bench b;
  const auto unknown = b.run(b.ours->create_order(shipment_of({item_of("CH-7"), item_of("NOPE"), item_of("ARC-1")})));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, errc::bad_input);
  EXPECT_NE(unknown.error().what.find("NOPE"), std::string::npos);
  EXPECT_NE(unknown.error().what.find("ARC-1"), std::string::npos);
  EXPECT_EQ(unknown.error().what.find("CH-7"), std::string::npos);
  const auto twin = b.run(b.ours->create_order(shipment_of({item_of("TWIN")})));
  ASSERT_FALSE(twin);
  EXPECT_EQ(twin.error().code, errc::rejected);
  EXPECT_NE(twin.error().what.find("TWIN"), std::string::npos);
  EXPECT_EQ(b.many("orders"), 0U);
}

TEST(moysklad_goods, what_is_missing_is_made_once_where_the_account_wants_it) {
  auto account = account_for_tests();
  account.settings["unknown_product"] = std::string("create");
  bench b(account);
  const auto before = b.stat("products");
  item i = item_of("NEW-1");
  i.weight_g = 350;
  b.fault("create_product", "drop_after");
  const auto lost = b.run(b.ours->create_order(shipment_of({i})));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, errc::unavailable);
  b.fresh();
  b.made(shipment_of({i}));
  EXPECT_EQ(b.stat("products"), before + 1);
  const auto facts = b.run(b.ours->goods_facts({i}));
  ASSERT_TRUE(facts) << facts.error().what;
  EXPECT_EQ((*facts)[0].weight_g, 350);
}

TEST(moysklad_goods, weights_volumes_and_stock) {
  bench b;
  b.made(shipment_of({item_of("CH-7", 2)}));
  const std::vector<item> items{item_of("CH-7"), item_of("TS-L"),  item_of("KR-1"),     item_of("NOPE"),
                                item_of("TWIN"), item_of("SET-1"), item_of("DELIVERY"), item_of("A;B\\C")};
  const auto facts = b.run(b.ours->goods_facts(items));
  ASSERT_TRUE(facts) << facts.error().what;
  ASSERT_EQ(facts->size(), items.size());
  EXPECT_EQ((*facts)[0].weight_g, 600);
  EXPECT_EQ((*facts)[0].volume_mm3, 4'000'000);
  EXPECT_EQ((*facts)[0].in_stock, 9) << "two of eleven are reserved";
  EXPECT_EQ((*facts)[1].weight_g, 200) << "a variant weighs what its product does";
  EXPECT_EQ((*facts)[1].in_stock, 3);
  EXPECT_EQ((*facts)[2].weight_g, 0) << "a ton and a half is a slip of the unit";
  EXPECT_EQ((*facts)[2].in_stock, 40);
  EXPECT_EQ((*facts)[3].weight_g, 0);
  EXPECT_FALSE((*facts)[3].in_stock);
  EXPECT_FALSE((*facts)[4].in_stock) << "nobody can tell which";
  EXPECT_EQ((*facts)[5].weight_g, 2500);
  EXPECT_FALSE((*facts)[5].in_stock) << "a set is no stock of its own";
  EXPECT_FALSE((*facts)[6].in_stock);
  EXPECT_EQ((*facts)[7].in_stock, 0);
}

TEST(moysklad_goods, what_is_nowhere_is_not_looked_for_again_at_once_unless_it_is_ordered) {
  bench b;
  const std::vector<item> items{item_of("NOPE")};
  ASSERT_TRUE(b.run(b.ours->goods_facts(items)));
  const auto asked = b.http->count("moysklad.goods");
  EXPECT_GT(asked, 1U);
  ASSERT_TRUE(b.run(b.ours->goods_facts(items)));
  EXPECT_EQ(b.http->count("moysklad.goods"), asked);
  EXPECT_FALSE(b.run(b.ours->create_order(shipment_of(items))));
  EXPECT_GT(b.http->count("moysklad.goods"), asked) << "it may have been added by now";
  const auto again = b.http->count("moysklad.goods");
  clock_shift() = std::chrono::minutes(11);
  ASSERT_TRUE(b.run(b.ours->goods_facts(items)));
  EXPECT_GT(b.http->count("moysklad.goods"), again);
}

// ---- notices ---------------------------------------------------------------------------------------------------

http_request notice(const std::string& type, const std::string& id, const std::string& more,
                    const std::string& account) {
  http_request rq;
  rq.method = "POST";
  rq.path = "/carriers/ms/secret-one";
  rq.query = "requestId=" + stable_uuid("request");
  rq.body = R"({"auditContext":{"uid":"a@b"},"events":[{"meta":{"type":")" + type +
            R"(","href":"https://api.moysklad.ru/api/remap/1.2/entity/)" + type + "/" + id +
            R"("},"action":"UPDATE","accountId":")" + account + "\"" + more + "}]}";
  return rq;
}

TEST(moysklad_notices, people_s_changes_arrive_and_our_own_do_not) {
  bench b(with_fields());
  ASSERT_TRUE(b.run(b.ours->keep_webhooks(hook_url)));
  const auto o = b.made(two_kettles());
  b.told(o.id, travelling());
  EXPECT_TRUE(b.posted.empty());
  EXPECT_GT(b.stat("hooks.muted"), 0);
  b.moved("Доставлен");
  ASSERT_TRUE(b.run(eventually([&] { return !b.posted.empty(); })));
  ASSERT_EQ(b.posted.size(), 1U);
  EXPECT_NE(b.posted[0].query.find("requestId="), std::string::npos);
  const auto notices = b.ours->parse_webhook(b.posted[0]);
  ASSERT_TRUE(notices) << notices.error().what;
  ASSERT_EQ(notices->size(), 1U);
  EXPECT_EQ(notices->front().order_id, o.id);
  EXPECT_TRUE(notices->front().relevant);
}

TEST(moysklad_notices, an_unanswered_one_is_lost_after_the_fourth_try) {
  bench b;
  ASSERT_TRUE(b.run(b.ours->keep_webhooks(hook_url)));
  b.made(two_kettles());
  b.hook_status = 503;
  b.moved("Собран");
  ASSERT_TRUE(b.run(eventually([&] { return b.stat("hooks.lost") == 1; })));
  EXPECT_EQ(b.posted.size(), 4U);
  std::set<std::string> ids;
  for (const auto& rq : b.posted) ids.insert(rq.query);
  EXPECT_EQ(ids.size(), 1U);
}

TEST(moysklad_notices, only_what_concerns_an_order_of_this_account) {
  bench b;
  const auto o = b.made(two_kettles());
  b.moved("DEMAND");
  b.looked(o.id);
  const std::string account = b.word("account_id"), demand = b.word("demands.0.id");
  struct row {
    const char* name;
    http_request rq;
    bool relevant;
  };
  for (const auto& r :
       {row{"an order", notice("customerorder", o.id, "", account), true},
        row{"fields that matter", notice("customerorder", o.id, R"(,"updatedFields":["name","state"])", account), true},
        row{"a field nobody knows", notice("customerorder", o.id, R"(,"updatedFields":["Трек-номер"])", account), true},
        row{"idle fields", notice("customerorder", o.id, R"(,"updatedFields":["description","agent"])", account),
            false},
        row{"a known shipment", notice("demand", demand, "", account), true},
        row{"an unknown shipment", notice("demand", stable_uuid("other"), "", account), false},
        row{"another account", notice("customerorder", o.id, "", stable_uuid("foreign")), false},
        row{"another type", notice("product", o.id, "", account), false}}) {
    const auto got = b.ours->parse_webhook(r.rq);
    ASSERT_TRUE(got) << r.name;
    ASSERT_EQ(got->size(), 1U) << r.name;
    EXPECT_EQ(got->front().relevant, r.relevant) << r.name << ": " << got->front().what;
    if (r.relevant) { EXPECT_EQ(got->front().order_id, o.id) << r.name; }
  }
}

TEST(moysklad_notices, several_events_of_one_order_are_one_notice) {
  const std::string id = stable_uuid("a"), other = stable_uuid("b");
  http_request rq = notice("customerorder", id, "", "x");
  auto body = json::parse(rq.body);
  auto& events = body->at("events").as_array();
  events.push_back(json::value(events[0]));
  events.push_back(json::value(events[0]));
  events[2].as_object()["meta"].as_object()["href"] =
      "https://api.moysklad.ru/api/remap/1.2/entity/customerorder/" + other;
  rq.body = json::serialize(*body);
  const auto got = read_webhook(rq, "", {});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->size(), 2U);
}

TEST(moysklad_notices, what_is_malformed_is_refused) {
  const document_index none;
  http_request rq = notice("customerorder", stable_uuid("a"), "", "x");
  rq.method = "GET";
  EXPECT_EQ(read_webhook(rq, "", none).error().code, errc::bad_input);
  for (const std::string& body :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"events":{}})"),
        std::string(R"({"events":[1]})"), std::string(R"({"events":[{"meta":{"type":"demand","href":"x"}}]})"),
        std::string(300 * 1024, 'x')}) {
    rq = notice("customerorder", stable_uuid("a"), "", "x");
    rq.body = body;
    const auto got = read_webhook(rq, "", none);
    ASSERT_FALSE(got) << body.substr(0, 60);
    EXPECT_EQ(got.error().code, errc::bad_input);
  }
}

TEST(moysklad_notices, subscriptions_are_kept_and_strangers_left_alone) {
  bench b;
  const auto first = b.run(b.ours->keep_webhooks("https://waybill.test/carriers/ms/older-secret"));
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(b.many("webhooks"), 7U);
  http_request foreign;
  foreign.method = "POST";
  foreign.url = "http://erp.test/api/remap/1.2/entity/webhook";
  foreign.headers = b.http->seen.back().headers;
  foreign.body = R"({"url":"https://other.test/x","action":"UPDATE","entityType":"customerorder"})";
  ASSERT_EQ(b.run(b.http->send(foreign))->status, 200);
  const auto moved = b.run(b.ours->keep_webhooks(hook_url));
  ASSERT_TRUE(moved) << moved.error().what;
  EXPECT_EQ(b.many("webhooks"), 8U);
  const auto state = b.peer->state();
  int foreigners = 0;
  for (const auto& w : state.at("webhooks").as_array()) {
    const std::string url = json::text_or(w.as_object(), "url");
    EXPECT_TRUE(url == hook_url || url == "https://other.test/x") << url;
    foreigners += url == "https://other.test/x" ? 1 : 0;
  }
  EXPECT_EQ(foreigners, 1);
  // Switched off there after a bad week: on again, and nothing else is written.
  for (const auto& w : state.at("webhooks").as_array())
    if (json::text_or(w.as_object(), "url") == hook_url) {
      http_request off = foreign;
      off.method = "PUT";
      off.url += "/" + json::text_or(w.as_object(), "id");
      off.body = R"({"enabled":false})";
      ASSERT_EQ(b.run(b.http->send(off))->status, 200);
      break;
    }
  const auto before = b.changes();
  ASSERT_TRUE(b.run(b.ours->keep_webhooks(hook_url)));
  EXPECT_EQ(b.changes(), before + 1);
  ASSERT_TRUE(b.run(b.ours->keep_webhooks(hook_url)));
  EXPECT_EQ(b.changes(), before + 1);
  EXPECT_EQ(b.run(b.ours->keep_webhooks("https://waybill.test/" + std::string(250, 'x'))).error().code,
            errc::bad_input);
}

TEST(moysklad_notices, former_addresses_are_only_those_of_this_very_account) {
  constexpr const char* ours = "https://w.test/carriers/ms/new";
  EXPECT_TRUE(is_former("https://w.test/carriers/ms/old", ours));
  EXPECT_FALSE(is_former(ours, ours));
  EXPECT_FALSE(is_former("https://w.test/carriers/ms/", ours));
  EXPECT_FALSE(is_former("https://w.test/carriers/other/old", ours));
  EXPECT_FALSE(is_former("https://w.test/carriers/ms/old/deeper", ours));
  EXPECT_FALSE(is_former("https://elsewhere.test/carriers/ms/old", ours));
}

// ---- the account -----------------------------------------------------------------------------------------------

TEST(moysklad_probe, tells_whose_account_it_is) {
  bench b(with_fields());
  const auto text = b.run(b.ours->probe());
  ASSERT_TRUE(text) << text.error().what;
  EXPECT_NE(text->find("ООО Ромашка"), std::string::npos);
  EXPECT_NE(text->find("Основной склад"), std::string::npos);
}

struct probe_row {
  const char* key;
  setting_value value;
  const char* said;
};
TEST(moysklad_probe, names_what_the_account_lacks) {
  for (const auto& r :
       std::vector<probe_row>{{"states.in_transit", std::string("Едет"), "states.in_transit"},
                              {"demand_states.accepted", std::string("Ушёл"), "demand_states.accepted"},
                              {"deal_states", std::vector<std::string>{"EXECUTING = Принят"}, "deal_states"},
                              {"attributes.carrier", std::string("Кто везёт"), "attributes.carrier"},
                              {"sender.store", std::string("Дальний"), "sender.store"},
                              {"sender.organization", std::string("ООО Лютик"), "sender.organization"},
                              {"sales_channel", std::string("Рынок"), "sales_channel"},
                              {"project", std::string("Тайный"), "project"},
                              {"account_id", stable_uuid("foreign"), "account_id"}}) {
    auto account = account_for_tests();
    account.settings[r.key] = r.value;
    bench b(account);
    const auto text = b.run(b.ours->probe());
    ASSERT_FALSE(text) << r.key;
    EXPECT_EQ(text.error().code, errc::forbidden);
    EXPECT_NE(text.error().what.find(r.said), std::string::npos) << text.error().what;
  }
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, const char*>>{{"sender.organization", "7707083893"},
                                                        {"sender.store", "MAIN"},
                                                        {"sales_channel", "Сайт"},
                                                        {"project", "Интернет-магазин"}}) {
    auto account = account_for_tests();
    account.settings[key] = std::string(value);
    bench b(account);
    EXPECT_TRUE(b.run(b.ours->probe())) << key;
    b.made(two_kettles());
  }
}

TEST(moysklad_client, login_and_password_do_as_well) {
  auto account = account_for_tests();
  account.settings.erase("token");
  account.settings["login"] = std::string("admin@company");
  account.settings["password"] = secret("пароль");
  bench b(account);
  b.made(two_kettles());
  account.settings["password"] = secret("wrong one");
  bench refused(account);
  EXPECT_EQ(refused.run(refused.ours->probe()).error().code, errc::forbidden);
}

TEST(moysklad_client, refused_once_it_does_not_hammer) {
  bench b;
  const auto o = b.made(two_kettles());
  b.peer->inject({"", "revoke_credentials", 1, 0, {}, {}});
  const auto first = b.run(b.ours->order(o.id));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, errc::forbidden);
  EXPECT_EQ(first.error().peer_code, "1056");
  const auto sent = b.http->seen.size();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(b.run(b.ours->order(o.id)).error().code, errc::forbidden);
  EXPECT_EQ(b.http->seen.size(), sent);
}

TEST(moysklad_client, told_to_slow_down_it_tries_once_more_and_then_tells) {
  bench b;
  const auto o = b.made(two_kettles());
  b.fault("order", "throttle", 1);
  EXPECT_TRUE(b.run(b.ours->order(o.id)));
  b.fault("order", "throttle", 2);
  const auto slow = b.run(b.ours->order(o.id));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, errc::throttled);
  EXPECT_GT(slow.error().retry_after.count(), 0);
}

TEST(moysklad_client, the_same_failure_over_and_over_is_not_sent) {
  bench b;
  const auto o = b.made(two_kettles());
  b.fault("order", "status", -1, {}, 500);
  for (int i = 0; i < 40; ++i) EXPECT_FALSE(b.run(b.ours->order(o.id)));
  EXPECT_EQ(b.http->count("moysklad.order"), 20U);
  b.fault("order", "status", 0);
  const auto rests = b.run(b.ours->order(o.id));
  ASSERT_FALSE(rests);
  EXPECT_EQ(rests.error().peer_code, "moysklad.breaker");
  b.made(shipment_of({item_of("CH-7")}, "B24-main-1002"));
}

TEST(moysklad_client, secrets_and_customers_stay_out_of_faults) {
  bench b;
  for (const char* operation : {"find_order", "goods", "find_customer", "create_customer", "create_order"}) {
    b.fault(operation, "refuse_later", 1, "3007|Покупатель +7 916 000-11-22 m.kotova@example.ru");
    const auto o = b.run(b.ours->create_order(two_kettles()));
    ASSERT_FALSE(o) << operation;
    for (const char* never : {"token-for-tests", "000-11-22", "kotova", "Невский"})
      EXPECT_EQ(o.error().what.find(never), std::string::npos) << o.error().what;
  }
}

} // namespace
} // namespace waybill::moysklad::test
