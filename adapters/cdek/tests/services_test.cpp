// The adapter against the stand-in: token, prices, labels, couriers, points, subscriptions, notices.
#include "support.hpp"

namespace waybill::cdek::test {
namespace {

TEST(cdek_token, is_fetched_once_for_all_and_kept_for_the_next_process) {
  bench b;
  using namespace asio::experimental::awaitable_operators;
  const auto both = [](bench* at) -> awaitable<bool> {
    auto [one, two] = co_await (at->ours->probe() && at->ours->probe());
    co_return one&& two;
  };
  EXPECT_TRUE(b.run(both(&b)));
  EXPECT_EQ(b.http->count("cdek.token"), 1U);
  b.fresh();
  EXPECT_TRUE(b.run(b.ours->probe()));
  EXPECT_EQ(b.http->count("cdek.token"), 1U);
}

TEST(cdek_token, is_renewed_five_minutes_before_its_end) {
  bench b;
  ASSERT_TRUE(b.run(b.ours->probe()));
  clock_shift() = std::chrono::minutes(54);
  ASSERT_TRUE(b.run(b.ours->probe()));
  EXPECT_EQ(b.http->count("cdek.token"), 1U);
  clock_shift() = std::chrono::minutes(56);
  ASSERT_TRUE(b.run(b.ours->probe()));
  EXPECT_EQ(b.http->count("cdek.token"), 2U);
  clock_shift() = std::chrono::milliseconds(0);
}

TEST(cdek_token, a_refused_one_is_replaced_and_the_call_repeated_once) {
  bench b;
  ASSERT_TRUE(b.run(b.ours->probe()));
  b.fault("*", "expire_tokens");
  const auto created = b.run(b.ours->create_order(shipment_for_tests()));
  ASSERT_TRUE(created) << created.error().what;
  EXPECT_EQ(b.http->count("cdek.token"), 2U);
  EXPECT_EQ(b.http->count("cdek.create_order"), 2U);
  b.fault("probe", "status", -1, "", 401);
  EXPECT_EQ(b.run(b.ours->probe()).error().code, errc::forbidden);
  EXPECT_EQ(b.http->count("cdek.probe"), 3U);
}

TEST(cdek_token, wrong_credentials_are_not_hammered) {
  auto account = account_for_tests();
  account.settings["secure_password"] = secret("wrong");
  bench b(account);
  for (int i = 0; i < 5; ++i) {
    const auto got = b.run(b.ours->create_order(shipment_for_tests()));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::forbidden);
    EXPECT_EQ(got.error().what.find("wrong"), std::string::npos);
  }
  EXPECT_EQ(b.http->count("cdek.token"), 1U);
  clock_shift() = std::chrono::seconds(31);
  EXPECT_FALSE(b.run(b.ours->probe()));
  EXPECT_EQ(b.http->count("cdek.token"), 2U);
  clock_shift() = std::chrono::milliseconds(0);
}

TEST(cdek_token, trouble_at_the_token_is_no_unknown_outcome) {
  bench b;
  b.fault("token", "drop_after");
  EXPECT_EQ(b.run(b.ours->create_order(shipment_for_tests())).error().code, errc::unavailable);
  b.fault("token", "status", 1, "", 502);
  EXPECT_EQ(b.run(b.ours->create_order(shipment_for_tests())).error().code, errc::unavailable);
  EXPECT_EQ(b.stat("requests.create_order"), 0);
}

TEST(cdek_prices, one_tariff_with_services_and_the_list_of_ours) {
  bench b;
  const auto one = b.run(b.ours->quote_for(shipment_for_tests()));
  ASSERT_TRUE(one) << one.error().what;
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ((*one)[0].service, "137");
  EXPECT_GT((*one)[0].cost.minor, 0);
  EXPECT_GE((*one)[0].days_max, (*one)[0].days_min);
  shipment s = shipment_for_tests();
  s.service.clear();
  const auto all = b.run(b.ours->quote_for(s));
  ASSERT_TRUE(all) << all.error().what;
  EXPECT_EQ(all->size(), 5U);
  s.destination = {};
  s.destination.city = "Глуповск";
  EXPECT_EQ(b.run(b.ours->quote_for(s)).error().code, errc::address);
  s.service = "pickup";
  s.pickup_point = "NSK3"; // the point knows its city
  EXPECT_TRUE(b.run(b.ours->quote_for(s)));
}

TEST(cdek_labels, both_forms_are_printed_waited_for_and_reused) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  const auto one = b.run(b.ours->make_label(o.id, label_kind::waybill));
  ASSERT_TRUE(one) << one.error().what;
  EXPECT_TRUE(one->bytes.starts_with("%PDF"));
  EXPECT_NE(one->bytes.find("%%EOF"), std::string::npos);
  EXPECT_EQ(one->file_name, "cdek-" + o.number + "-waybill.pdf");
  const auto two = b.run(b.ours->make_label(o.id, label_kind::barcode));
  ASSERT_TRUE(two);
  const auto posts = [&] {
    int n = 0;
    for (const auto& rq : b.http->seen) n += rq.label == "cdek.make_label" && rq.method == "POST" ? 1 : 0;
    return n;
  };
  EXPECT_EQ(posts(), 2);
  b.fresh();
  EXPECT_TRUE(b.run(b.ours->make_label(o.id, label_kind::waybill)));
  EXPECT_EQ(posts(), 2);
  ASSERT_TRUE(b.run(b.ours->update_order(o.id, shipment_for_tests()))); // what is printed is old now
  EXPECT_TRUE(b.run(b.ours->make_label(o.id, label_kind::waybill)));
  EXPECT_EQ(posts(), 3);
}

TEST(cdek_labels, a_forgotten_form_is_printed_anew_and_a_slow_one_asked_for_later) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  b.cache->values["form:waybill:" + o.id] = "0f1c2b7e-6c1e-4d0c-9a51-2f5a6f1f0a11";
  EXPECT_TRUE(b.run(b.ours->make_label(o.id, label_kind::waybill)));
  b.quick.label_looks = 1;
  b.quick.first_look = std::chrono::milliseconds(0);
  b.fresh();
  const auto slow = b.run(b.ours->make_label(o.id, label_kind::barcode));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, errc::unavailable);
  EXPECT_GT(slow.error().retry_after.count(), 0);
  b.quick.label_looks = 300; // the next call finds the form that this one left behind
  b.fresh();
  const auto seen = b.stat("requests.make_label");
  EXPECT_TRUE(b.run(b.ours->make_label(o.id, label_kind::barcode)));
  int posts = 0;
  for (const auto& rq : b.http->seen)
    posts += rq.label == "cdek.make_label" && rq.url.ends_with("/print/barcodes") ? 1 : 0;
  EXPECT_EQ(posts, 1);
  EXPECT_GT(b.stat("requests.make_label"), seen);
}

TEST(cdek_couriers, are_called_for_an_order_once_and_for_the_address) {
  bench b;
  const auto o = b.made(shipment_for_tests());
  courier_request r;
  r.order_id = o.id;
  r.date = to_date(now() + std::chrono::hours(24));
  r.time_from = "10:00";
  r.time_to = "14:00";
  const auto first = b.run(b.ours->request_courier(r));
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_FALSE(first->empty());
  const auto again = b.run(b.ours->request_courier(r));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::conflict);
  EXPECT_EQ(again.error().peer_code, "v2_intake_exists_by_order");
  r.order_id.clear();
  r.weight_g = 5000;
  EXPECT_TRUE(b.run(b.ours->request_courier(r)));
  r.time_to = "12:00";
  EXPECT_EQ(b.run(b.ours->request_courier(r)).error().peer_code, "cdek.intake_time");
  r.time_to = "14:00";
  r.date = "2020-01-01";
  EXPECT_EQ(b.run(b.ours->request_courier(r)).error().peer_code, "cdek.intake_date");
}

TEST(cdek_points, are_found_by_city_code_name_and_postal_code) {
  bench b;
  pickup_query q;
  q.city = "Санкт-Петербург";
  const auto by_name = b.run(b.ours->pickup_points(q));
  ASSERT_TRUE(by_name) << by_name.error().what;
  ASSERT_EQ(by_name->size(), 3U);
  const auto& p = by_name->front();
  EXPECT_EQ(p.code, "SPB12");
  EXPECT_EQ(p.kind, "office");
  EXPECT_EQ(p.max_weight_g, 30'000);
  EXPECT_TRUE(p.cash && p.card && p.cash_on_delivery && p.hands_out && p.takes_in);
  EXPECT_TRUE(p.location.latitude && p.location.longitude);
  EXPECT_EQ(p.location.city, "Санкт-Петербург");
  q.postal_code = "191186"; // not the city's main one: the name alone finds it
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 3U);
  q = {};
  q.postal_code = "630001";
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 2U);
  q = {};
  q.city_code = "44";
  q.weight_g = 21'000;
  q.cash_on_delivery = true;
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 2U);
  q = {};
  q.code = "MSK901";
  const auto one = b.run(b.ours->pickup_points(q));
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ((*one)[0].kind, "locker");
  q.code = "NONE1";
  EXPECT_TRUE(b.run(b.ours->pickup_points(q))->empty());
  q = {};
  q.city = "Глуповск";
  EXPECT_EQ(b.run(b.ours->pickup_points(q)).error().code, errc::address);
  EXPECT_EQ(b.run(b.ours->pickup_points({}))->size(), 15U);
}

TEST(cdek_points, the_last_good_list_outlives_cdek) {
  bench b;
  pickup_query q;
  q.city_code = "137";
  ASSERT_TRUE(b.run(b.ours->pickup_points(q)));
  EXPECT_EQ(b.http->count("cdek.pickup_points"), 1U);
  b.fresh(); // from the cache, without a call
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 3U);
  EXPECT_EQ(b.http->count("cdek.pickup_points"), 1U);
  clock_shift() = std::chrono::hours(25);
  b.fault("pickup_points", "status", -1, "", 502);
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 3U);
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 3U);
  EXPECT_EQ(b.http->count("cdek.pickup_points"), 2U) << "a failing CDEK is not asked at every turn";
  b.fresh();
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 3U);
  b.carrier_side->inject({"pickup_points", "", 0, 0, {}, ""});
  b.fault("pickup_points", "garbage", 1, "[]"); // an empty list instead of the full one is trouble, too
  clock_shift() = std::chrono::hours(26);
  b.fresh();
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 3U);
  clock_shift() = std::chrono::hours(27);
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 3U);
  q.city_code = "270";
  b.fault("pickup_points", "status", 1, "", 502);
  EXPECT_EQ(b.run(b.ours->pickup_points(q)).error().code, errc::unavailable)
      << "without a list there is nothing to serve";
  clock_shift() = std::chrono::milliseconds(0);
}

TEST(cdek_points, big_lists_come_in_pages) {
  bench b;
  int pages = 0;
  const auto inner = b.http->handler;
  b.http->handler = [&](http_request rq) -> awaitable<http_response> {
    if (rq.path != "/v2/deliverypoints") return inner(std::move(rq));
    return [](http_request asked, int* n) -> awaitable<http_response> {
      const auto query = parse_form(asked.query).value();
      const int page = std::stoi(*find_field(query, "page"));
      ++*n;
      json::array rows;
      for (int i = 0; i < (page < 2 ? 1000 : 7); ++i)
        rows.push_back({{"code", "P" + std::to_string(page * 1000 + i)},
                        {"type", "PVZ"},
                        {"is_handout", true},
                        {"location", json::object{{"city_code", 44}, {"city", "Москва"}, {"address", "x"}}}});
      co_return json_response(200, json::serialize(rows));
    }(std::move(rq), &pages);
  };
  pickup_query q;
  q.city_code = "44";
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 2007U);
  EXPECT_EQ(pages, 3);
  b.fresh();
  EXPECT_EQ(b.run(b.ours->pickup_points(q))->size(), 2007U);
  EXPECT_EQ(pages, 3);
}

TEST(cdek_subscriptions, are_added_once_doubles_go_and_strangers_stay) {
  bench b;
  const std::string url = "https://waybill.example.com/carriers/cdek-main/s3cret";
  const auto first = b.run(b.ours->keep_webhooks(url));
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(*first, "ORDER_STATUS added, DELIV_PROBLEM added");
  EXPECT_EQ(*b.run(b.ours->keep_webhooks(url)), "ORDER_STATUS kept, DELIV_PROBLEM kept");
  EXPECT_EQ(first->find("s3cret"), std::string::npos);

  bench c;
  const auto post = [&](std::string type, std::string to) {
    call one;
    one.operation = "keep_webhooks";
    one.method = "POST";
    one.path = "/webhooks";
    one.body = json::object{{"type", type}, {"url", to}};
    client direct(settings_of(c.account), c.http, c.cache, &now);
    EXPECT_TRUE(c.run(direct.ask(std::move(one))));
  };
  post("ORDER_STATUS", url);
  post("ORDER_STATUS", url);
  post("PRINT_FORM", "https://stranger.example.com/");
  EXPECT_EQ(*c.run(c.ours->keep_webhooks(url)),
            "ORDER_STATUS kept, DELIV_PROBLEM left out (CDEK allows two subscriptions), 1 doubled removed");
  const auto state = c.carrier_side->state();
  EXPECT_EQ(json::at_path(state, "webhooks")->get_array().size(), 2U);

  bench d; // two others hold CDEK's places for this type: nothing of theirs is removed, the operator is told
  const auto strangers = [&](std::string to) {
    call one;
    one.operation = "keep_webhooks";
    one.method = "POST";
    one.path = "/webhooks";
    one.body = json::object{{"type", "ORDER_STATUS"}, {"url", to}};
    client direct(settings_of(d.account), d.http, d.cache, &now);
    EXPECT_TRUE(d.run(direct.ask(std::move(one))));
  };
  strangers("https://one.example.com/");
  strangers("https://two.example.com/");
  const auto full = d.run(d.ours->keep_webhooks(url));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().peer_code, "cdek.webhook_limit");
  EXPECT_EQ(d.http->count("cdek.keep_webhooks"), 3U);
}

TEST(cdek_subscriptions, the_stand_in_calls_back_and_the_notice_is_understood) {
  bench b;
  ASSERT_TRUE(b.run(b.ours->keep_webhooks("https://waybill.test/carriers/cdek-main/s")));
  b.hook_status = 503; // repeated until 200
  const auto o = b.made(shipment_for_tests());
  ASSERT_TRUE(b.run(waybill::test::eventually([&] { return b.posted.size() >= 2; })));
  b.hook_status = 200;
  ASSERT_TRUE(b.run(waybill::test::eventually([&] { return b.stat("hooks.delivered") >= 1; })));
  const auto notices = b.ours->parse_webhook(b.posted.back());
  ASSERT_TRUE(notices) << notices.error().what;
  ASSERT_EQ(notices->size(), 1U);
  EXPECT_EQ((*notices)[0].order_id, o.id);
  EXPECT_EQ((*notices)[0].reference, "W-1001");
  EXPECT_EQ((*notices)[0].what, "ORDER_STATUS CREATED");
  // The way back leads to the direct order.
  ASSERT_TRUE(b.carrier_side->advance("W-1001", "NOT_DELIVERED", "11"));
  b.posted.clear();
  ASSERT_TRUE(b.carrier_side->advance("W-1001", "", ""));
  ASSERT_TRUE(b.run(waybill::test::eventually([&] { return !b.posted.empty(); })));
  bool way_back = false;
  for (const auto& rq : b.posted) {
    const auto said = b.ours->parse_webhook(rq);
    ASSERT_TRUE(said);
    for (const auto& n : *said) {
      EXPECT_EQ(n.order_id, o.id);
      way_back = way_back || n.what.find("way back") != std::string::npos;
    }
  }
  EXPECT_TRUE(way_back);
}

TEST(cdek_probe, tells_the_tariffs) {
  auto account = account_for_tests();
  account.services["odd"] = "99999";
  bench b(account);
  const auto text = b.run(b.ours->probe());
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("tariffs of the contract: "), std::string::npos);
  EXPECT_NE(text->find("99999 (services.odd) is not among them"), std::string::npos);
}

TEST(cdek_requests, carry_labels_timeouts_and_no_secret_in_the_url) {
  bench b;
  b.made(shipment_for_tests());
  for (const auto& rq : b.http->seen) {
    EXPECT_TRUE(rq.label.starts_with("cdek.")) << rq.label;
    EXPECT_LE(rq.timeout, std::chrono::seconds(60));
    EXPECT_EQ(rq.url.find("test-password"), std::string::npos);
    if (rq.label == "cdek.create_order") { EXPECT_FALSE(rq.idempotent); }
    if (rq.label == "cdek.token") { EXPECT_TRUE(rq.idempotent); }
  }
}

} // namespace
} // namespace waybill::cdek::test
