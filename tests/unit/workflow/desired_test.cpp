#include <waybill/json.hpp>
#include <workflow/desired.hpp>
#include <workflow/texts.hpp>

#include <gtest/gtest.h>

namespace {

using namespace waybill;
using namespace waybill::workflow;

config::portal portal() {
  config::portal p;
  p.id = "main";
  p.triggers = {{0, "EXECUTING", config::trigger_action::ship},
                {2, "UC_SHIP", config::trigger_action::ship},
                {0, "LOSE", config::trigger_action::cancel}};
  p.stages = {{status::in_transit, "TRANSIT"}, {status::delivered, "WON"}, {status::returned, "LOSE"}};
  return p;
}

bitrix24::deal deal(std::int64_t category, std::string stage) {
  bitrix24::deal d;
  d.id = 7;
  d.category = category;
  d.stage = std::move(stage);
  return d;
}

const std::vector<bitrix24::stage> main_stages{{"NEW", "", "P", 10},     {"EXECUTING", "", "P", 20},
                                               {"TRANSIT", "", "P", 30}, {"CHECK", "", "P", 40},
                                               {"WON", "", "S", 50},     {"LOSE", "", "F", 60}};
const std::vector<bitrix24::stage> shop_stages{{"C2:NEW", "", "P", 10},
                                               {"C2:UC_SHIP", "", "P", 20},
                                               {"C2:TRANSIT", "", "P", 30},
                                               {"C2:WON", "", "S", 50},
                                               {"C2:LOSE", "", "F", 60}};

TEST(desired, stage_table) {
  const struct {
    const char* name;
    std::int64_t category;
    const char* stage;
    bool closed;
    std::optional<status> latest;
    std::optional<std::string> expected;
  } rows[] = {
      {"forward", 0, "EXECUTING", false, status::in_transit, "TRANSIT"},
      {"in its own pipeline", 2, "C2:UC_SHIP", false, status::in_transit, "C2:TRANSIT"},
      {"already there", 0, "TRANSIT", false, status::in_transit, {}},
      {"not in the table", 0, "EXECUTING", false, status::ready_for_pickup, {}},
      {"a person moved it elsewhere", 0, "CHECK", false, status::delivered, {}},
      {"closed", 0, "EXECUTING", true, status::delivered, {}},
      {"never backwards", 0, "WON", false, status::in_transit, {}},
      {"to a lost stage", 0, "TRANSIT", false, status::returned, "LOSE"},
      {"nothing known", 0, "EXECUTING", false, {}, {}},
  };
  for (const auto& row : rows) {
    auto d = deal(row.category, row.stage);
    d.closed = row.closed;
    store::record r;
    r.latest = row.latest;
    EXPECT_EQ(desired_stage(portal(), r, d, row.category == 0 ? main_stages : shop_stages), row.expected) << row.name;
  }
}

TEST(desired, triggers_by_pipeline) {
  EXPECT_EQ(asked(portal(), deal(0, "EXECUTING")), config::trigger_action::ship);
  EXPECT_EQ(asked(portal(), deal(2, "C2:UC_SHIP")), config::trigger_action::ship);
  EXPECT_EQ(asked(portal(), deal(2, "C2:EXECUTING")), std::nullopt);
  EXPECT_EQ(asked(portal(), deal(0, "LOSE")), config::trigger_action::cancel);
}

TEST(desired, writes_only_what_differs) {
  const auto p = portal();
  store::record r;
  r.state = store::phase::confirmed;
  r.order_id = "uuid";
  r.number = "1001";
  r.cost = money{32490, "RUB"};
  r.latest = status::in_transit;
  auto d = deal(0, "EXECUTING");
  const auto first = desired_fields(p, r, d);
  EXPECT_EQ(first.at(p.fields.order_id), "uuid");
  EXPECT_EQ(first.at(p.fields.cost), "324.90");
  EXPECT_EQ(first.at(p.fields.status), "В пути");
  EXPECT_FALSE(first.contains(p.fields.error));
  for (const auto& [k, v] : first) d.fields[k] = v;
  d.fields[p.fields.cost] = json::decimal("324.9"); // as the portal prints a double
  EXPECT_TRUE(desired_fields(p, r, d).empty());
  r.trouble_now.emplace().key = "missing_phone";
  const auto failed = desired_fields(p, r, d);
  EXPECT_NE(std::string(failed.at(p.fields.error).as_string()).find("телефон"), std::string::npos);
  d.fields[p.fields.error] = failed.at(p.fields.error);
  r.trouble_now.reset();
  EXPECT_EQ(desired_fields(p, r, d).at(p.fields.error), ""); // the old complaint is taken away
}

TEST(desired, digest_sees_what_people_change_and_not_what_we_write) {
  const auto p = portal();
  auto d = deal(0, "EXECUTING");
  d.fields[p.fields.address] = "Тверь";
  const auto before = deal_digest(p, d);
  d.fields[p.fields.tracking_number] = "1001";
  d.stage = "TRANSIT";
  EXPECT_EQ(deal_digest(p, d), before);
  d.fields[p.fields.address] = "Москва";
  EXPECT_NE(deal_digest(p, d), before);
}

TEST(texts, fill_and_override) {
  auto p = portal();
  EXPECT_EQ(say(p, "order_created", {{"carrier", "СДЭК"}, {"reference", "R"}, {"number", "1"}}),
            "СДЭК: заказ R создан, трек-номер 1.");
  p.locale = "en";
  EXPECT_EQ(status_name(p, status::delivered), "Delivered");
  p.texts["order_created"] = "{number} {unknown} {";
  EXPECT_EQ(say(p, "order_created", {{"number", "{carrier}"}}), "{carrier} {unknown} {");
  store::trouble t;
  t.key = "bad_address";
  t.values = {{"carrier", "CDEK"}};
  t.peer_text = "unknown city";
  EXPECT_EQ(explain(p, t),
            "CDEK does not recognise the address or the pickup point: unknown city\n"
            "Correct the address or the pickup point in the deal and save it: the order will be sent again by itself.");
}

TEST(texts, every_trouble_has_a_remedy_in_both_languages) {
  for (const char* locale : {"ru", "en"}) {
    auto p = portal();
    p.locale = locale;
    for (const char* key : {"carrier_refused", "bad_address", "duplicate_number", "outcome_unknown", "carrier_access",
                            "carrier_unreachable", "carrier_protocol", "no_account", "no_route", "missing_name",
                            "missing_phone", "bad_phone", "missing_address", "missing_pickup_point", "missing_rows",
                            "missing_delivery_type", "unknown_delivery_type", "missing_weight", "missing_size"}) {
      EXPECT_TRUE(has_text(p, key)) << key;
      EXPECT_TRUE(has_text(p, std::string(key) + ".remedy")) << key;
    }
  }
}

} // namespace
