// Every call of this room against the strict stand-in of the portal, which knows nothing of how we call it.
#include <bitrix24/crm.hpp>
#include <sale/delivery.hpp>
#include <sale/own.hpp>
#include <sale/payments.hpp>
#include <sale/properties.hpp>
#include <sale/rows.hpp>
#include <sale/shipments.hpp>
#include <sale/statuses.hpp>
#include <waybill/json.hpp>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/into_world.hpp>
#include <support/run.hpp>

namespace waybill::sale {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct StrictStore : testing::Test {
  StrictStore() {
    sandbox::world_options how;
    how.ex = io.get_executor();
    how.speed = 1e9;
    how.base_url = "https://shop.bitrix24.ru";
    inside = std::make_shared<sandbox::world>(std::move(how));
    auto& limits = inside->find_portal("main")->how;
    limits.requests_per_second = limits.burst = 100'000;
    wire->inside = inside;
    config::portal p;
    p.id = "main";
    p.webhook_url = secret("https://shop.bitrix24.ru/bitrix24/main/rest/1/sandboxcode0000001/");
    client = std::make_shared<bitrix24::client>(io.get_executor(), p, wire, nullptr, nullptr, nullptr);
  }

  template <class T> T run(awaitable<T> task) { return waybill::test::run(io, std::move(task)); }
  // The value; a fault is a failure of the test.
  template <class T> T got(awaitable<result<T>> task) {
    auto r = run(std::move(task));
    EXPECT_TRUE(r) << r.error().what << " " << r.error().peer_code;
    return r ? std::move(*r) : T{};
  }
  void does(awaitable<result<void>> task) {
    const auto r = run(std::move(task));
    EXPECT_TRUE(r) << r.error().what << " " << r.error().peer_code;
  }
  json::object control(const std::string& path, const json::object& body) {
    http_request rq;
    rq.method = "POST";
    rq.path = "/sandbox/portals/main/" + path;
    rq.body = json::serialize(body);
    rq.peer = "10.0.0.1";
    rq.headers.emplace_back("Content-Type", "application/json");
    const auto answer = run(inside->handle(std::move(rq)));
    EXPECT_EQ(answer.status, 200) << path << " " << answer.body;
    const auto v = json::parse(answer.body);
    return v && v->is_object() ? v->get_object() : json::object{};
  }
  std::int64_t make_deal() {
    return json::integer_or(
        control("deals", {{"title", "Заказ"},
                          {"rows", json::array{json::object{{"productId", 201}, {"price", 1990}, {"quantity", 3}},
                                               json::object{{"name", "Чехол"}, {"price", 500}, {"quantity", 1}}}}}),
        "id");
  }
  // An order with one shipment of all goods.
  json::object make_order(std::int64_t deal) {
    return control("orders", {{"deal", deal}, {"delivery", 41}, {"price", "300.00"}});
  }
  static owner of_deal(std::int64_t deal) {
    owner whose;
    whose.id = deal;
    return whose;
  }

  asio::io_context io{1};
  std::shared_ptr<waybill::test::into_world> wire = std::make_shared<waybill::test::into_world>();
  std::shared_ptr<sandbox::world> inside;
  std::shared_ptr<bitrix24::client> client;
};

TEST_F(StrictStore, payments_from_the_first_row_to_the_document) {
  const auto deal = make_deal();
  const owner whose = of_deal(deal);
  const auto rows = got(rows_to_pay(client, whose));
  ASSERT_THAT(rows, SizeIs(2));
  const auto payment = got(add_payment(client, whose));
  ASSERT_GT(payment, 0);
  const auto item = got(put_paid_row(client, payment, rows[0].id, "3"));
  EXPECT_EQ(got(put_paid_row(client, payment, rows[0].id, "2")), item) << "the same row keeps its place";
  does(set_paid_quantity(client, item, "1"));
  auto paid = got(paid_rows(client, payment));
  ASSERT_THAT(paid, SizeIs(1));
  EXPECT_EQ(paid[0].row, rows[0].id);
  EXPECT_EQ(paid[0].quantity, "1");
  EXPECT_EQ(got(payment_by_id(client, payment)).sum.minor, 199000);
  EXPECT_EQ(got(rows_to_pay(client, whose)).front().quantity, "2") << "what is billed is not to be billed again";
  EXPECT_FALSE(run(set_paid_quantity(client, item, "9"))) << "more than there is";

  const auto systems = got(pay_systems(client));
  const auto cash = std::ranges::find_if(systems, [](const pay_system& s) { return s.cash; });
  ASSERT_NE(cash, systems.end());
  does(set_pay_system(client, payment, cash->id));
  EXPECT_TRUE(got(store_payment(client, payment)).cash);
  does(set_payment_document(client, payment, "1100012345", "2026-11-21"));
  EXPECT_EQ(got(store_payment(client, payment)).pay_system, cash->id) << "nothing else is lost by it";
  EXPECT_THAT(got(payments_of(client, whose)), SizeIs(1));

  EXPECT_TRUE(got(mark_paid(client, payment)));
  EXPECT_FALSE(got(mark_paid(client, payment))) << "already";
  EXPECT_FALSE(run(remove_paid_row(client, item))) << "a paid payment is closed";
  EXPECT_TRUE(got(mark_unpaid(client, payment)));
  does(remove_paid_row(client, item));
  does(remove_paid_row(client, item)); // gone already
  EXPECT_THAT(got(paid_rows(client, payment)), IsEmpty());
  EXPECT_FALSE(got(link_to_pay(client, payment)).url.empty());
  does(delete_payment(client, payment));
  does(delete_payment(client, payment));
  EXPECT_EQ(run(payment_by_id(client, payment)).error().code, errc::not_found);
}

TEST_F(StrictStore, deliveries_in_payments_move_with_their_shipment) {
  const auto deal = make_deal();
  const auto made = make_order(deal);
  const auto order = json::integer_or(made, "order"), first = json::integer_or(made, "shipment");
  const auto lines = got(lines_of_shipment(client, first));
  ASSERT_THAT(lines, SizeIs(2));
  does(remove_line(client, lines[1].id));
  const auto second =
      json::integer_or(control("orders", {{"order", order}, {"delivery", 41}, {"price", "100.00"}}), "shipment");
  const auto payment = got(add_payment(client, of_deal(deal)));
  const auto item = got(put_paid_delivery(client, payment, first));
  EXPECT_EQ(got(put_paid_delivery(client, payment, first)), item);
  EXPECT_EQ(got(payment_by_id(client, payment)).sum.minor, 30000);
  does(move_paid_delivery(client, item, second));
  const auto inside_now = got(paid_deliveries(client, payment));
  ASSERT_THAT(inside_now, SizeIs(1));
  EXPECT_EQ(inside_now[0].shipment, second);
  EXPECT_EQ(got(payment_by_id(client, payment)).sum.minor, 10000);
  does(remove_paid_delivery(client, item));
  does(remove_paid_delivery(client, item));
  const auto all = got(payments_of_order(client, order));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].sum.minor, 0);
}

TEST_F(StrictStore, contents_of_a_shipment_are_changed_line_by_line) {
  const auto deal = make_deal();
  const auto made = make_order(deal);
  const auto order = json::integer_or(made, "order"), shipment = json::integer_or(made, "shipment");
  auto lines = got(lines_of_shipment(client, shipment));
  ASSERT_THAT(lines, SizeIs(2));
  does(set_line_quantity(client, lines[0].id, "1"));
  does(remove_line(client, lines[1].id));
  does(remove_line(client, lines[1].id));
  lines = got(lines_of_shipment(client, shipment));
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0].quantity, "1");
  const auto basket = got(read_order(client, order)).basket;
  ASSERT_THAT(basket, SizeIs(2));
  EXPECT_GT(got(put_line(client, shipment, basket[1].id, "1")), 0);
  EXPECT_EQ(got(put_line(client, shipment, basket[0].id, "3")), lines[0].id);
  EXPECT_FALSE(run(put_line(client, shipment, basket[0].id, "9")));
  EXPECT_EQ(got(delivery_of(client, shipment)).service, 41);
  EXPECT_THAT(got(shipments_of_order(client, order)), SizeIs(1));
  EXPECT_THAT(got(deliveries_of_deal(client, deal)), SizeIs(1));
}

TEST_F(StrictStore, an_update_wipes_nothing_and_leaves_a_persons_status) {
  const auto deal = make_deal();
  const auto shipment = json::integer_or(make_order(deal), "shipment");
  shipment_change first;
  first.tracking_number = "1100012345";
  first.status_id = "DF";
  does(change_shipment(client, shipment, first));
  shipment_change second;
  second.status_id = "DN";
  second.only_over = {"DN", "DD"};
  does(change_shipment(client, shipment, second));
  const auto there = got(read_shipment_by_id(client, shipment));
  EXPECT_EQ(there.tracking_number, "1100012345");
  EXPECT_EQ(there.status_id, "DF");
  EXPECT_EQ(there.price.minor, 30000);
  second.only_over.clear();
  does(change_shipment(client, shipment, second));
  EXPECT_EQ(got(read_shipment_by_id(client, shipment)).status_id, "DN");
}

TEST_F(StrictStore, an_order_is_tied_to_one_deal_at_a_time) {
  const auto deal = make_deal(), other = make_deal();
  const auto order = json::integer_or(make_order(deal), "order");
  EXPECT_THAT(got(orders_of_deal(client, deal)), ElementsAre(order));
  order_binding to_other;
  to_other.order = order;
  to_other.whose.id = other;
  does(bind_order(client, to_other));
  does(bind_order(client, to_other)); // there already
  EXPECT_THAT(got(orders_of_deal(client, deal)), IsEmpty());
  EXPECT_THAT(got(orders_of_deal(client, other)), ElementsAre(order));
  const auto bindings = got(bindings_of_order(client, order));
  ASSERT_THAT(bindings, SizeIs(1));
  EXPECT_EQ(bindings[0].whose.id, other);
  does(unbind_order(client, to_other));
  does(unbind_order(client, to_other));
  EXPECT_THAT(got(bindings_of_order(client, order)), IsEmpty());
  EXPECT_THAT(got(binding_fields(client)), testing::Contains("orderId"));
}

// `set` replaces all rows of a record, so it is used only where there are none.
TEST_F(StrictStore, rows_are_set_at_once_only_in_an_empty_record) {
  const auto full = make_deal();
  const auto empty = json::integer_or(control("deals", {{"title", "Пустая"}}), "id");
  row one;
  one.name = "Доставка";
  one.price = {35000, "RUB"};
  EXPECT_EQ(run(set_first_rows(client, of_deal(full), {one})).error().code, errc::conflict);
  EXPECT_THAT(got(rows_of(client, of_deal(full))), SizeIs(2));
  does(set_first_rows(client, of_deal(empty), {one}));
  const auto there = got(rows_of(client, of_deal(empty)));
  ASSERT_THAT(there, SizeIs(1));
  row_change cheaper;
  cheaper.price = money{30000, "RUB"};
  does(change_row(client, there[0].id, cheaper));
  EXPECT_EQ(got(row_by_id(client, there[0].id)).price.minor, 30000);
  const auto more = got(add_row(client, of_deal(empty), one));
  does(delete_row(client, more));
  does(delete_row(client, more));
  EXPECT_THAT(got(row_fields(client)), testing::IsSupersetOf({"productName", "price", "quantity"}));
}

TEST_F(StrictStore, properties_of_a_shipment_are_made_renamed_filled_and_dropped) {
  const auto deal = make_deal();
  const auto shipment = json::integer_or(make_order(deal), "shipment");
  const auto people = got(person_types(client));
  ASSERT_FALSE(people.empty());
  const auto groups = got(property_groups(client));
  new_property fresh;
  fresh.person_type = people[0].id;
  for (const auto& g : groups)
    if (g.person_type == people[0].id) fresh.group = g.id;
  fresh.name = "ПВЗ";
  fresh.code = "WAYBILL_PVZ";
  fresh.type = "STRING";
  const auto id = got(add_shipment_property(client, fresh));
  does(rename_shipment_property(client, id, "Код пункта выдачи"));
  const auto known = got(shipment_properties(client));
  const auto mine = std::ranges::find(known, id, &shipment_property::id);
  ASSERT_NE(mine, known.end());
  EXPECT_EQ(mine->name, "Код пункта выдачи");
  EXPECT_EQ(mine->code, "WAYBILL_PVZ") << "a rename leaves the rest";
  property_relation r;
  r.property = id;
  r.service = 41;
  does(add_property_relation(client, r));
  does(add_property_relation(client, r));
  does(set_property_value(client, shipment, id, "TVE12"));
  const auto values = got(property_values(client, shipment));
  const auto value = std::ranges::find(values, id, &property_value::property);
  ASSERT_NE(value, values.end());
  EXPECT_EQ(value->value, "TVE12");
  does(delete_property_relation(client, r));
  does(delete_shipment_property(client, id));
  does(delete_shipment_property(client, id));
}

TEST_F(StrictStore, the_service_is_found_by_its_key_and_marked_anew) {
  delivery_handler h;
  h.code = handler_code;
  h.name = "Waybill";
  h.calculate_url = h.create_url = h.cancel_url = h.delete_url = "https://waybill.example.com/x";
  h.settings = {{"STRING", std::string(marker), "Ключ"}};
  h.profiles = {{"courier", "Курьер", ""}};
  h.id = got(add_handler(client, h));
  new_service n;
  n.handler = h.code;
  n.name = "Перевозчики";
  n.settings = {{std::string(marker), "main"}};
  const auto made = got(add_service(client, n));
  auto ours = got(own_services(client));
  ASSERT_THAT(ours, SizeIs(1));
  ASSERT_THAT(ours[0].profiles, SizeIs(1));
  EXPECT_EQ(ours[0].profiles[0].code, "courier");
  EXPECT_THAT(got(unmarked_services(client)), IsEmpty());
  does(set_settings_of_service(client, made.parent.id, {{std::string(marker), ""}}));
  EXPECT_THAT(got(own_services(client)), IsEmpty());
  const auto lost = got(unmarked_services(client));
  ASSERT_THAT(lost, SizeIs(1));
  EXPECT_EQ(lost[0].parent.id, made.parent.id);
  does(set_settings_of_service(client, made.parent.id, {{std::string(marker), "main"}}));
  EXPECT_THAT(got(own_services(client)), SizeIs(1));

  extra_service e;
  e.code = "FRAGILE";
  e.name = "Хрупкое";
  e.id = got(add_extra_service(client, ours[0].profiles[0].service.id, e));
  e.name = "Осторожно";
  does(update_extra_service(client, e));
  EXPECT_EQ(got(extra_services(client, ours[0].profiles[0].service.id)).at(0).name, "Осторожно");
  does(delete_extra_service(client, e.id));
  EXPECT_FALSE(run(delete_handler(client, h.id))) << "a service stands on it";
  service_change off;
  off.active = false;
  does(update_service(client, made.parent.id, off));
  does(delete_service(client, made.parent.id));
  does(delete_handler(client, h.id));
}

TEST_F(StrictStore, statuses_have_names_in_each_language_and_go_when_unused) {
  store_status s;
  s.id = "WT";
  s.xml_id = status_mark("in_transit");
  s.color = "#99CCFF";
  does(add_status(client, s));
  EXPECT_EQ(run(add_status(client, s)).error().code, errc::conflict);
  s.color = "#000000";
  does(update_status(client, s));
  status_name name;
  name.status = "WT";
  name.language = got(store_languages(client)).front();
  name.name = "В пути";
  does(name_status(client, name, false));
  name.name = "Едет";
  does(name_status(client, name, true));
  const auto names = got(status_names(client));
  EXPECT_EQ(std::ranges::count(names, std::string("WT"), &status_name::status), 1);
  EXPECT_FALSE(got(status_in_use(client, "WT")));
  const auto shipment = json::integer_or(make_order(make_deal()), "shipment");
  shipment_change c;
  c.status_id = "WT";
  does(change_shipment(client, shipment, c));
  EXPECT_TRUE(got(status_in_use(client, "WT")));
}

} // namespace
} // namespace waybill::sale
