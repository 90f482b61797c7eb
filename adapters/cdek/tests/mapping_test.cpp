// Shipment -> CDEK's bodies, by golden files and by table. WAYBILL_WRITE_GOLDEN=1 rewrites the files; read the diff.
#include "support.hpp"

#include <algorithm>

namespace waybill::cdek::test {
namespace {

struct golden_case {
  std::string name;
  std::function<void(shipment&, carrier_account&)> arrange;
};
void PrintTo(const golden_case& c, std::ostream* out) { *out << c.name; }

// One member a line, so that a changed file shows what changed.
std::string pretty(const std::string& text) {
  std::string out;
  std::size_t depth = 0;
  bool quoted = false;
  const auto line = [&] { out += "\n" + std::string(2 * depth, ' '); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && (i == 0 || text[i - 1] != '\\')) quoted = !quoted;
    const bool closing = !quoted && (c == '}' || c == ']');
    if (closing) {
      --depth;
      line();
    }
    out += c;
    if (quoted || c == '"') continue;
    if (c == '{' || c == '[') {
      ++depth;
      line();
    } else if (c == ',') {
      line();
    } else if (c == ':') {
      out += ' ';
    }
  }
  return out;
}

shipment cod_shipment() {
  shipment s = to_office();
  s.parcels[0].items[0].cash_on_delivery = {1990'00, "RUB"};
  s.parcels[0].items[0].vat_percent = 22;
  s.delivery_fee = {299'50, "RUB"};
  s.cash_on_delivery = {4279'50, "RUB"};
  s.comment = "Позвонить за час";
  s.options = {{"SMS", ""}, {"BUBBLE_WRAP", "2"}};
  return s;
}

const std::vector<golden_case>& golden_cases() {
  static const std::vector<golden_case> all{
      {"door_prepaid", [](shipment&, carrier_account&) {}},
      {"office_cod", [](shipment& s, carrier_account&) { s = cod_shipment(); }},
      {"locker",
       [](shipment& s, carrier_account&) {
         s = to_office();
         s.service = "locker";
         s.pickup_point = "SPB77";
       }},
      {"from_door", [](shipment& s, carrier_account&) { s.service = "from_door"; }},
      {"office_tariff_with_an_address_alone",
       [](shipment&, carrier_account& a) { a.settings.erase("sender.shipment_point"); }},
      {"type_2",
       [](shipment& s, carrier_account& a) {
         a.settings["order_type"] = std::int64_t{2};
         a.services = {{"express", "483"}};
         s = to_office();
         s.service = "express";
       }},
      {"coordinates_only",
       [](shipment& s, carrier_account&) {
         s.destination = {};
         s.destination.raw = "посёлок у реки, дом с зелёной крышей";
         s.destination.latitude = 59.9361;
         s.destination.longitude = 30.3239;
       }},
      {"two_parcels_same_sku_and_a_big_amount",
       [](shipment& s, carrier_account&) {
         item other = s.parcels[0].items[0];
         other.quantity = 1;
         s.parcels[0].items.push_back(other);
         parcel p = parcel_for_tests();
         p.number = "W-1001-2";
         p.items[0].sku = "ОЧЕНЬ-ДЛИННЫЙ-АРТИКУЛ-ТОВАРА";
         p.items[0].quantity = 2000;
         p.items[0].weight_g = 0;
         s.parcels.push_back(p);
       }},
      {"small_without_size_and_phone_extension",
       [](shipment& s, carrier_account&) {
         s.parcels[0].weight_g = 90;
         s.parcels[0].length_mm = s.parcels[0].width_mm = s.parcels[0].height_mm = 0;
         s.recipient.phone_extension = "104";
       }},
      {"freight_with_account_options_and_reverse",
       [](shipment& s, carrier_account& a) {
         a.services["courier"] = "750";
         a.settings["options"] = std::vector<std::string>{"PHOTO_OF_DOCUMENTS", "GET_UP_FLOOR_BY_HAND=1"};
         s.options = {{"GET_UP_FLOOR_BY_HAND", "3"}, {"has_reverse_order", ""}};
       }},
      {"marked_goods",
       [](shipment& s, carrier_account&) {
         item& i = s.parcels[0].items[0];
         i.quantity = 1;
         i.marking = "010460043993125621JgXJ5.T";
         item second = i;
         second.marking = "010460043993125621JgXJ5.U";
         s.parcels[0].items.push_back(second);
       }},
  };
  return all;
}

class cdek_golden : public ::testing::TestWithParam<golden_case> {};

TEST_P(cdek_golden, body_is_as_kept) {
  shipment s = shipment_for_tests();
  carrier_account a = account_for_tests();
  GetParam().arrange(s, a);
  EXPECT_TRUE(check_account(a).empty()) << check_account(a).front();
  const auto body = order_body(settings_of(a), s);
  ASSERT_TRUE(body) << body.error().what;
  const std::string text = pretty(json::serialize(*body)) + "\n";
  const auto path = golden_folder() / (GetParam().name + ".json");
  if (std::getenv("WAYBILL_WRITE_GOLDEN") != nullptr) { // NOLINT(concurrency-mt-unsafe): one thread
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(text, file_text(path));
}
INSTANTIATE_TEST_SUITE_P(all, cdek_golden, ::testing::ValuesIn(golden_cases()),
                         [](const auto& each) { return each.param.name; });

// ---- what is refused before CDEK sees it -----------------------------------------------------------------------

struct refusal_case {
  std::string key;
  std::function<void(shipment&, carrier_account&)> arrange;
};
void PrintTo(const refusal_case& c, std::ostream* out) { *out << c.key; }

class cdek_refusals : public ::testing::TestWithParam<refusal_case> {};

TEST_P(cdek_refusals, are_bad_input_with_a_stable_key) {
  shipment s = shipment_for_tests();
  carrier_account a = account_for_tests();
  ASSERT_TRUE(order_body(settings_of(a), s));
  GetParam().arrange(s, a);
  const auto body = order_body(settings_of(a), s);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, errc::bad_input);
  EXPECT_EQ(body.error().peer_code, "cdek." + GetParam().key);
  EXPECT_FALSE(body.error().what.empty());
}

void at_locker(shipment& s) {
  s.service = "locker";
  s.pickup_point = "SPB77";
}

const std::vector<refusal_case>& refusal_cases() {
  using s_ = shipment;
  using a_ = carrier_account;
  static const std::vector<refusal_case> all{
      {"no_tariff", [](s_& s, a_&) { s.service = "drone"; }},
      {"unknown_tariff_mode", [](s_& s, a_& a) { a.services["x"] = "2536", s.service = "x"; }},
      {"reference", [](s_& s, a_&) { s.reference = "Заказ-1"; }},
      {"reference", [](s_& s, a_&) { s.reference = std::string(41, 'x'); }},
      {"recipient_name", [](s_& s, a_&) { s.recipient.name.clear(); }},
      {"recipient_phone", [](s_& s, a_&) { s.recipient.phone.clear(); }},
      {"phone_format", [](s_& s, a_&) { s.recipient.phone = "89160001122"; }},
      {"no_address", [](s_& s, a_&) { s.destination = {}; }},
      {"address_too_long", [](s_& s, a_&) { s.destination.street = std::string(256, 'x'); }},
      {"no_point", [](s_& s, a_&) { s.service = "pickup"; }},
      {"sender_place", [](s_& s, a_& a) { a.settings.erase("sender.address"), s.service = "from_door"; }},
      {"sender_place",
       [](s_&, a_& a) { a.settings.erase("sender.shipment_point"), a.settings.erase("sender.city_code"); }},
      {"no_packages", [](s_& s, a_&) { s.parcels.clear(); }},
      {"too_many_packages", [](s_& s, a_&) { s.parcels.assign(256, parcel_for_tests()); }},
      {"package_number", [](s_& s, a_&) { s.parcels.push_back(parcel_for_tests()); }},
      {"no_weight", [](s_& s, a_&) { s.parcels[0].weight_g = 0; }},
      {"no_dimensions", [](s_& s, a_&) { s.parcels[0].width_mm = 0; }},
      {"no_items", [](s_& s, a_&) { s.parcels[0].items.clear(); }},
      {"item_name", [](s_& s, a_&) { s.parcels[0].items[0].name.clear(); }},
      {"item_amount", [](s_& s, a_&) { s.parcels[0].items[0].quantity = 0; }},
      {"too_many_items", [](s_& s, a_&) { s.parcels[0].items[0].quantity = 126 * 999 + 1; }},
      {"marking_amount", [](s_& s, a_&) { s.parcels[0].items[0].marking = "code"; }},
      {"negative_price", [](s_& s, a_&) { s.parcels[0].items[0].price.minor = -1; }},
      {"too_heavy", [](s_& s, a_&) { s.parcels[0].weight_g = 50'001; }},
      {"locker_one_package",
       [](s_& s, a_&) {
         at_locker(s);
         s.parcels.push_back(parcel_for_tests());
         s.parcels[1].number = "other";
       }},
      {"locker_too_heavy", [](s_& s, a_&) { at_locker(s), s.parcels[0].weight_g = 15'001; }},
      {"locker_no_dimensions",
       [](s_& s, a_&) {
         at_locker(s);
         s.parcels[0].weight_g = 90;
         s.parcels[0].length_mm = s.parcels[0].width_mm = s.parcels[0].height_mm = 0;
       }},
      {"locker_service", [](s_& s, a_&) { at_locker(s), s.options = {{"TRYING_ON", ""}}; }},
      {"service_conflict", [](s_& s, a_&) { s.options = {{"TRYING_ON", ""}, {"BAN_ATTACHMENT_INSPECTION", ""}}; }},
      {"service_conflict",
       [](s_& s, a_&) { s.options = {{"GET_UP_FLOOR_BY_HAND", "1"}, {"GET_UP_FLOOR_BY_ELEVATOR", "1"}}; }},
      {"service_parameter", [](s_& s, a_&) { s.options = {{"BUBBLE_WRAP", ""}}; }},
      {"unknown_service", [](s_& s, a_&) { s.options = {{"CALL", ""}}; }},
      {"vat_rate",
       [](s_& s, a_&) {
         s.parcels[0].items[0].cash_on_delivery = {100'00, "RUB"};
         s.parcels[0].items[0].vat_percent = 20;
       }},
      {"cod_mismatch", [](s_& s, a_&) { s.cash_on_delivery = {3980'00, "RUB"}; }},
      {"fee_range", [](s_& s, a_&) { s.delivery_fee = {50'000'001'00, "RUB"}; }},
      {"tariff_order_type", [](s_&, a_& a) { a.settings["order_type"] = std::int64_t{2}; }},
      {"cod_order_type",
       [](s_& s, a_& a) {
         a.settings["order_type"] = std::int64_t{2};
         s.service = "express";
         s.pickup_point = "SPB12";
         s.cash_on_delivery = {1'00, "RUB"};
       }},
      {"sender_name",
       [](s_& s, a_& a) {
         a.settings["order_type"] = std::int64_t{2};
         a.sender = {};
         s.service = "express";
         s.pickup_point = "SPB12";
       }},
  };
  return all;
}
INSTANTIATE_TEST_SUITE_P(all, cdek_refusals, ::testing::ValuesIn(refusal_cases()),
                         [](const auto& each) { return each.param.key + "_" + std::to_string(each.index); });

// ---- details ---------------------------------------------------------------------------------------------------

TEST(cdek_mapping, centimetres_are_rounded_up) {
  const std::pair<std::int64_t, std::int64_t> rows[] = {{1, 1}, {9, 1}, {10, 1}, {11, 2}, {300, 30}, {301, 31}, {0, 0}};
  for (const auto& [mm, cm] : rows) EXPECT_EQ(centimetres(mm), cm) << mm;
}

TEST(cdek_mapping, vat_rates) {
  settings how = settings_of(account_for_tests());
  item i;
  i.cash_on_delivery = {1990'00, "RUB"};
  for (const int listed : {0, 5, 7, 10, 16, 22}) {
    i.vat_percent = listed;
    EXPECT_EQ(vat_for(how, i).value(), std::optional(listed));
  }
  i.vat_percent = 20;
  EXPECT_FALSE(vat_for(how, i));
  how.vat = unlisted_vat::omit;
  EXPECT_EQ(vat_for(how, i).value(), std::nullopt);
  how.vat = unlisted_vat::send;
  EXPECT_EQ(vat_for(how, i).value(), std::optional(20));
  how.vat = unlisted_vat::refuse;
  i.cash_on_delivery.minor = 0;
  EXPECT_EQ(vat_for(how, i).value(), std::nullopt) << "a prepaid parcel has no receipt, so its rate stops nothing";
  i.cash_on_delivery.minor = 1;
  i.vat_percent.reset();
  EXPECT_EQ(vat_for(how, i).value(), std::nullopt);
}

TEST(cdek_mapping, international_fields_are_never_sent) {
  const auto text = json::serialize(*order_body(settings_of(account_for_tests()), cod_shipment()));
  for (const char* word : {"shipper_name", "shipper_address", "date_invoice"})
    EXPECT_EQ(text.find(word), std::string::npos);
}

TEST(cdek_mapping, the_ends_never_come_in_pairs) {
  for (const auto& [service, code] : account_for_tests().services) {
    shipment s = to_office();
    s.service = service;
    s.pickup_point = service == "locker" ? "SPB77" : "SPB12";
    const auto body = order_body(settings_of(account_for_tests()), s);
    ASSERT_TRUE(body) << service << body.error().what;
    const auto& o = body->get_object();
    EXPECT_NE(o.contains("from_location"), o.contains("shipment_point")) << code;
    EXPECT_NE(o.contains("to_location"), o.contains("delivery_point")) << code;
  }
}

TEST(cdek_mapping, an_update_names_the_packages_that_exist) {
  const auto current = json::parse(
      R"({"entity":{"packages":[{"number":"W-1001-1","package_id":"p-one"},{"number":"other","package_id":"p-two"}]}})");
  shipment s = shipment_for_tests();
  parcel more = parcel_for_tests();
  more.number = "W-1001-2";
  s.parcels.push_back(more);
  const auto body = update_body(settings_of(account_for_tests()), "0f1c2b7e-6c1e-4d0c-9a51-2f5a6f1f0a11", s, *current);
  ASSERT_TRUE(body);
  EXPECT_EQ(*json::at_path(*body, "packages.0.package_id"), "p-one");
  EXPECT_EQ(*json::at_path(*body, "packages.1.package_id"), "p-two") << "renumbered, in the same place";
  EXPECT_EQ(json::at_path(*body, "number"), nullptr);
  EXPECT_EQ(*json::at_path(*body, "uuid"), "0f1c2b7e-6c1e-4d0c-9a51-2f5a6f1f0a11");
}

TEST(cdek_mapping, the_calculator_gets_grams_centimetres_and_insurance) {
  const auto one = calculation_body(settings_of(account_for_tests()), shipment_for_tests(), 44, 0);
  ASSERT_TRUE(one);
  EXPECT_TRUE(one->one_tariff);
  EXPECT_EQ(*json::at_path(one->body, "packages.0.weight"), 1300);
  EXPECT_EQ(*json::at_path(one->body, "packages.0.length"), 31);
  EXPECT_EQ(*json::at_path(one->body, "services.0.code"), "INSURANCE");
  EXPECT_EQ(*json::at_path(one->body, "services.0.parameter"), "3980.00");
  EXPECT_EQ(*json::at_path(one->body, "to_location.postal_code"), "191186");
  shipment s = shipment_for_tests();
  s.destination = {};
  EXPECT_EQ(calculation_body(settings_of(account_for_tests()), s, 44, 0).error().peer_code, "cdek.no_address");
  EXPECT_TRUE(calculation_body(settings_of(account_for_tests()), s, 44, 137));
  EXPECT_EQ(calculation_body(settings_of(account_for_tests()), s, 0, 137).error().peer_code, "cdek.sender_place");
}

TEST(cdek_settings, wrong_combinations_are_told) {
  struct row {
    std::string begins;
    std::function<void(carrier_account&)> arrange;
  };
  const row rows[] = {
      {"order_type: ", [](carrier_account& a) { a.settings["order_type"] = std::int64_t{3}; }},
      {"services.courier: ", [](carrier_account& a) { a.services["courier"] = "express"; }},
      {"services.courier: ", [](carrier_account& a) { a.services["courier"] = "77777"; }},
      {"services.from_door: ", [](carrier_account& a) { a.settings.erase("sender.address"); }},
      {"services.courier: ",
       [](carrier_account& a) {
         a.settings["order_type"] = std::int64_t{2};
         a.services = {{"courier", "137"}};
       }},
      {"tariff_modes: ", [](carrier_account& a) { a.settings["tariff_modes"] = std::vector<std::string>{"2536=5"}; }},
      {"fee_vat_percent: ", [](carrier_account& a) { a.settings["fee_vat_percent"] = std::int64_t{20}; }},
      {"base_url: ", [](carrier_account& a) { a.base_url = "https://api.cdek.ru"; }},
      {"intake_box_cm: ", [](carrier_account& a) { a.settings["intake_box_cm"] = std::string("30x20"); }},
      {"sender.shipment_point: ",
       [](carrier_account& a) {
         a.services.clear();
         a.settings.erase("sender.address");
         a.settings.erase("sender.shipment_point");
       }},
      {"sender.phone: ", [](carrier_account& a) { a.sender.phone = "84950001122"; }},
  };
  EXPECT_TRUE(check_account(account_for_tests()).empty());
  for (const row& r : rows) {
    carrier_account a = account_for_tests();
    r.arrange(a);
    const auto wrong = check_account(a);
    ASSERT_FALSE(wrong.empty()) << r.begins;
    EXPECT_TRUE(wrong[0].starts_with(r.begins)) << wrong[0];
  }
  carrier_account a = account_for_tests();
  a.services["odd"] = "2536";
  a.settings["tariff_modes"] = std::vector<std::string>{"2536=4"};
  EXPECT_TRUE(check_account(a).empty());
}

TEST(cdek_settings, the_adapter_is_registered_under_its_name) {
  const auto all = carrier_types();
  const auto found = std::ranges::find(all, "cdek", [](const carrier_type* each) { return each->name; });
  ASSERT_NE(found, all.end());
  const carrier_type* t = *found;
  EXPECT_EQ(t, &type());
  EXPECT_EQ(t->title, "СДЭК");
  EXPECT_EQ(t->default_base_url, "https://api.cdek.ru/v2");
  EXPECT_NE(t->make, nullptr);
  EXPECT_NE(t->make_stand_in, nullptr);
}

} // namespace
} // namespace waybill::cdek::test
