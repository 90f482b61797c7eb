// The annotated example and the recipes: what they say is what is read, and the example leaves no key out.
#include "fixture.hpp"

#include <config/config.hpp>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace waybill::config::test {
namespace {

using namespace std::chrono_literals;

const std::string folder = std::string(WAYBILL_SOURCE_DIR) + "/config/";

std::string text_of(const std::string& name) {
  std::ostringstream out;
  out << std::ifstream(folder + name).rdbuf();
  return out.str();
}

environment of_operator() {
  return variables({{"WAYBILL_CONSOLE_TOKEN", "console-token"},
                    {"B24_WEBHOOK_CODE", "abcdef0123456789"},
                    {"B24_APPLICATION_TOKEN", "application-token"},
                    {"B24_WEBHOOK_SECRET", "portal-secret"},
                    {"CDEK_ACCOUNT", "account"},
                    {"CDEK_SECURE_PASSWORD", "password"},
                    {"CDEK_WEBHOOK_SECRET", "carrier-secret"},
                    {"DPD_CLIENT_NUMBER", "1001030000"},
                    {"DPD_CLIENT_KEY", "client-key"},
                    {"MOYSKLAD_TOKEN", "warehouse-token"},
                    {"MOYSKLAD_WEBHOOK_SECRET", "0123456789abcdef0123456789abcdef"}});
}

TEST(example, is_read_as_it_says) {
  const auto read = load(folder + "waybill.example.toml", of_operator());
  ASSERT_TRUE(read.has_value()) << all_of(read.error());
  const file& f = *read;

  EXPECT_EQ(f.http.listen, "127.0.0.1:8080");
  EXPECT_EQ(f.http.public_url, "https://waybill.example.com");
  EXPECT_EQ(f.http.console_token.reveal(), "console-token");
  EXPECT_EQ(f.store.mode, redis_mode::embedded);
  EXPECT_EQ(f.store.data_dir, "/var/lib/waybill");
  EXPECT_EQ(f.store.prefix, "waybill");
  EXPECT_EQ(f.logging.level, "info");
  EXPECT_EQ(f.logging.format, "json");

  ASSERT_EQ(f.portals.size(), 1u);
  const portal& p = f.portals[0];
  EXPECT_EQ(p.id, "main");
  EXPECT_EQ(p.locale, "ru");
  EXPECT_EQ(p.webhook_url.reveal(), "https://example.bitrix24.ru/rest/1/abcdef0123456789/");
  ASSERT_EQ(p.application_tokens.size(), 1u);
  EXPECT_EQ(p.application_tokens[0].reveal(), "application-token");
  EXPECT_EQ(p.webhook_secret.reveal(), "portal-secret");
  EXPECT_EQ(p.requests_per_second, 2);
  EXPECT_EQ(p.burst, 50);
  EXPECT_EQ(p.delivery_row_names, (std::vector<std::string>{"доставка", "delivery"}));
  std::vector<std::tuple<std::int64_t, std::string, trigger_action>> triggers;
  for (const trigger& t : p.triggers) triggers.emplace_back(t.category, t.stage, t.action);
  EXPECT_EQ(triggers, (decltype(triggers){{0, "EXECUTING", trigger_action::ship},
                                          {0, "LOSE", trigger_action::cancel},
                                          {2, "C2:UC_SHIP01", trigger_action::ship}}));
  EXPECT_EQ(p.fields.order_id, "UF_CRM_LOGISTICS_ORDER_ID");
  EXPECT_EQ(p.fields.planned_date, "UF_CRM_DELIVERY_DATE");
  EXPECT_EQ(p.fields.label, "UF_CRM_DELIVERY_LABEL");
  EXPECT_EQ(p.fields.cash_on_delivery, "UF_CRM_DELIVERY_COD");
  EXPECT_EQ(p.fields.declared_value, "UF_CRM_DECLARED_VALUE");
  EXPECT_EQ(p.fields.parcels, "UF_CRM_DELIVERY_PARCELS");
  EXPECT_EQ(p.fields.comment, "UF_CRM_DELIVERY_COMMENT");
  EXPECT_EQ(p.stages, (std::map<status, std::string>{{status::delivered, "WON"}, {status::returned, "LOSE"}}));
  ASSERT_TRUE(p.service.has_value());
  EXPECT_EQ(p.service->name, "Доставка");
  EXPECT_EQ(p.service->deadline, 5s);
  EXPECT_EQ(p.service->round_to, (money{100, "RUB"}));
  EXPECT_EQ(p.service->free_from, (money{500'000, "RUB"}));
  EXPECT_EQ(p.parcels.weight_g, 500);
  EXPECT_EQ(p.parcels.height_mm, 100);
  ASSERT_EQ(p.parcels.by_section.size(), 1u);
  EXPECT_EQ(p.parcels.by_section[0].section, 15);
  EXPECT_EQ(p.texts.count("missing_phone"), 1u);

  ASSERT_EQ(f.carriers.size(), 1u);
  const carrier_account& a = f.carriers[0];
  EXPECT_EQ(a.id, "cdek-main");
  EXPECT_EQ(a.base_url, "https://api.cdek.ru/v2");
  EXPECT_EQ(a.text("account"), "account");
  EXPECT_EQ(a.text("secure_password"), "password");
  EXPECT_EQ(a.poll_interval, 15min);
  EXPECT_EQ(a.concurrency, 8);
  EXPECT_EQ(a.sender.company, "ООО Ромашка");
  EXPECT_EQ(a.sender.phone, "+74951234567");
  EXPECT_EQ(a.sender_address, "ул. Ленина, 1");
  EXPECT_EQ(a.integer("sender.city_code"), 44);
  EXPECT_EQ(a.services, (std::map<std::string, std::string>{{"courier", "137"}, {"pickup", "136"}}));
  ASSERT_EQ(f.routes.size(), 1u);
  EXPECT_EQ(f.routes[0].delivery_types, (std::vector<std::string>{"courier", "pickup"}));
}

TEST(example, shows_the_defaults_as_they_are) {
  // Commented keys with their defaults, brought to life: they must change nothing.
  const std::set<std::string> of_default{"max_connections",    "max_connections_per_address",
                                         "drain_timeout",      "lease",
                                         "max_attempts",       "max_depth",
                                         "operating_limit_s",  "sweep_interval",
                                         "notify_responsible", "todo_on_failure",
                                         "attach_label",       "[queue]"};
  std::istringstream in(text_of("waybill.example.toml"));
  std::string text, line;
  std::set<std::string> revived;
  while (std::getline(in, line)) {
    std::smatch m;
    if (std::regex_search(line, m, std::regex("^# (\\[queue\\]|[a-z_]+ =)"))) {
      auto key = m[1].str();
      if (key.ends_with(" =")) key.resize(key.size() - 2);
      if (of_default.contains(key)) {
        line = line.substr(2);
        revived.insert(key);
      }
    }
    text += line + "\n";
  }
  EXPECT_EQ(revived, of_default);
  const auto read = parse(text, folder + "x.toml", of_operator());
  ASSERT_TRUE(read.has_value()) << all_of(read.error());
  const server s;
  EXPECT_EQ(read->http.max_connections, s.max_connections);
  EXPECT_EQ(read->http.max_connections_per_address, s.max_connections_per_address);
  EXPECT_EQ(read->http.drain_timeout, s.drain_timeout);
  const queue q;
  EXPECT_EQ(read->jobs.lease, q.lease);
  EXPECT_EQ(read->jobs.max_attempts, q.max_attempts);
  EXPECT_EQ(read->jobs.max_depth, q.max_depth);
  const portal p;
  EXPECT_EQ(read->portals[0].operating_limit_s, p.operating_limit_s);
  EXPECT_EQ(read->portals[0].sweep_interval, p.sweep_interval);
  EXPECT_EQ(read->portals[0].notify_responsible, p.notify_responsible);
  EXPECT_EQ(read->portals[0].todo_on_failure, p.todo_on_failure);
  EXPECT_EQ(read->portals[0].attach_label, p.attach_label);
}

TEST(example, names_every_key_of_the_reference) {
  std::ostringstream reference;
  reference << std::ifstream(std::string(WAYBILL_SOURCE_DIR) + "/docs/configuration.md").rdbuf();
  const auto example = text_of("waybill.example.toml");
  const auto text = reference.str();
  // Rows of the reference's tables begin with the key: | `key` | ...
  const std::regex row("\n\\| `([a-z_]+)`");
  std::size_t keys = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), row), end; it != end; ++it, ++keys) {
    const auto key = (*it)[1].str();
    EXPECT_TRUE(std::regex_search(example, std::regex("(^|[\n #])" + key + "( =|,)"))) << key;
  }
  EXPECT_GT(keys, 60u);
}

TEST(recipes, are_good) {
  for (const std::string name : {"recipes/cdek-only.toml", "recipes/cdek-dpd-moysklad.toml", "recipes/sandbox.toml"}) {
    const auto read = load(folder + name, of_operator());
    ASSERT_TRUE(read.has_value()) << all_of(read.error());
    EXPECT_EQ(read->routes.size(), 1u);
    EXPECT_NE(read->find_carrier(read->routes[0].carrier), nullptr);
  }
}

TEST(recipes, the_sandbox_needs_no_environment_and_stays_on_this_machine) {
  const auto read = load(folder + "recipes/sandbox.toml", variables({}));
  ASSERT_TRUE(read.has_value()) << all_of(read.error());
  EXPECT_EQ(read->store.data_dir, folder + "recipes/sandbox-data");
  for (const carrier_account& a : read->carriers) EXPECT_TRUE(a.base_url.starts_with("http://127.0.0.1:"));
  EXPECT_TRUE(read->portals[0].webhook_url.reveal().starts_with("http://127.0.0.1:"));
}

} // namespace
} // namespace waybill::config::test
