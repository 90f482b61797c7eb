// What a good file becomes, and where values come from.
#include "fixture.hpp"

#include <config/suggest.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <gtest/gtest.h>
#include <unistd.h>

namespace waybill::config::test {
namespace {

using namespace std::chrono_literals;

class folder {
 public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "waybill-config-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~folder() { std::filesystem::remove_all(path); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path / name, std::ios::binary) << text;
  }

  std::filesystem::path path;
};

TEST(values, a_good_file_becomes_structs) {
  const auto read = parse_here(good);
  ASSERT_TRUE(read.has_value()) << all_of(read.error());
  EXPECT_EQ(read->http.listen, "127.0.0.1:8080");
  EXPECT_EQ(read->http.public_url, "https://waybill.example.com");
  EXPECT_EQ(read->store.mode, redis_mode::embedded);
  EXPECT_EQ(read->jobs.lease, 30s);

  const portal* p = read->find_portal("main");
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(p->webhook_url.reveal(), "https://example.bitrix24.ru/rest/1/abcdef0123456789/");
  ASSERT_EQ(p->triggers.size(), 2u);
  EXPECT_EQ(p->triggers[0].action, trigger_action::ship);
  EXPECT_EQ(p->triggers[1].category, 2);
  EXPECT_EQ(p->triggers[1].stage, "C2:LOSE");
  EXPECT_EQ(p->triggers[1].action, trigger_action::cancel);
  EXPECT_EQ(p->fields.order_id, "UF_CRM_1713790573");
  EXPECT_EQ(p->fields.phone, "UF_CRM_DELIVERY_PHONE");
  EXPECT_EQ(p->fields.label, "");
  EXPECT_EQ(p->stages, (std::map<status, std::string>{{status::delivered, "WON"}}));
  ASSERT_TRUE(p->service.has_value());
  EXPECT_EQ(p->service->markup_amount, (money{1050, "RUB"}));
  EXPECT_FALSE(p->service->free_from.has_value());
  EXPECT_EQ(p->parcels.weight_g, 500);
  ASSERT_EQ(p->parcels.by_section.size(), 1u);
  EXPECT_EQ(p->parcels.by_section[0].section, 15);
  EXPECT_EQ(p->parcels.by_section[0].weight_g, 1200);
  EXPECT_EQ(p->parcels.by_section[0].length_mm, 0);

  const carrier_account* swift = read->find_carrier("swift-main");
  ASSERT_NE(swift, nullptr);
  EXPECT_EQ(swift->base_url, "https://api.swift.example/v2"); // the type's default
  EXPECT_EQ(swift->text("account"), "A-1");
  EXPECT_EQ(swift->text("secure_password"), "hunter22");
  EXPECT_TRUE(std::holds_alternative<secret>(swift->settings.at("secure_password")));
  EXPECT_EQ(swift->integer("sender.city_code"), 44);
  EXPECT_EQ(swift->sender.phone, "+74951234567");
  EXPECT_EQ(swift->sender_address, "Lenina 1");
  EXPECT_EQ(swift->text("sender.address"), "Lenina 1"); // common, and declared by the adapter too
  EXPECT_EQ(swift->services, (std::map<std::string, std::string>{{"courier", "137"}, {"pickup", "136"}}));
  EXPECT_EQ(swift->webhook_secret.reveal(), "carrier-secret-1");
  EXPECT_EQ(read->find_carrier("store-1")->base_url, "https://store.example.com/api");
  ASSERT_EQ(read->routes.size(), 1u);
  EXPECT_EQ(read->routes[0].with, std::vector<std::string>{"store-1"});
  EXPECT_EQ(read->find_portal("nobody"), nullptr);
  EXPECT_EQ(read->find_carrier("nobody"), nullptr);
}

TEST(values, settings_of_every_kind) {
  const auto read = parse_here(
      replaced(std::string(good), "account = \"A-1\"",
               "account = \"A-1\"\napi = \"express\"\ninsure = true\nfee = \"12.5\"\nmatches = [\"a\", \"b\"]"));
  ASSERT_TRUE(read.has_value()) << all_of(read.error());
  const auto& a = read->carriers[0];
  EXPECT_EQ(a.text("api"), "express");
  EXPECT_TRUE(a.flag("insure"));
  EXPECT_EQ(a.text("fee"), "12.50");
  EXPECT_EQ(a.texts("matches"), (std::vector<std::string>{"a", "b"}));
}

TEST(values, a_number_that_is_a_name_may_be_bare_or_quoted) {
  for (const char* written : {"contract = 1001030000", "contract = \"1001030000\""}) {
    const auto read =
        parse_here(replaced(std::string(good), "account = \"A-1\"", "account = \"A-1\"\n" + std::string(written)));
    ASSERT_TRUE(read.has_value()) << all_of(read.error());
    EXPECT_EQ(read->carriers[0].text("contract"), "1001030000");
  }
  EXPECT_FALSE(parse_here(replaced(std::string(good), "account = \"A-1\"", "account = \"A-1\"\ncontract = true")));
}

TEST(values, settle_time_is_the_carriers_own_unless_written) {
  EXPECT_FALSE(parse_here(good)->carriers[0].settle_time.has_value());
  for (const auto& [text, expected] : {std::pair{"0s", 0ms}, {"90s", 90'000ms}, {"24h", 86'400'000ms}}) {
    const auto read =
        parse_here(replaced(std::string(good), "concurrency = 8", "settle_time = \"" + std::string(text) + "\""));
    ASSERT_TRUE(read.has_value()) << all_of(read.error());
    EXPECT_EQ(read->carriers[0].settle_time, expected);
  }
  const auto read = parse_here(replaced(std::string(good), "concurrency = 8", "settle_time = \"25h\""));
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error()[0].key, "carriers[0].settle_time");
}

TEST(values, a_local_application) {
  const auto read =
      parse_here(replaced(std::string(good), "webhook_url = \"https://example.bitrix24.ru/rest/1/abcdef0123456789/\"",
                          "client_id = \"local.1\"\nclient_secret = \"s\"\ndomain = \"example.bitrix24.ru\"\n"
                          "oauth_url = \"https://oauth.bitrix.info/oauth/token\""));
  ASSERT_TRUE(read.has_value()) << all_of(read.error());
  EXPECT_TRUE(read->portals[0].webhook_url.empty());
  EXPECT_EQ(read->portals[0].domain, "example.bitrix24.ru");
  EXPECT_EQ(read->portals[0].oauth_url, "https://oauth.bitrix.info/oauth/token/");
}

TEST(values, a_field_can_be_switched_off_and_its_name_used_elsewhere) {
  const auto read = parse_here(replaced(std::string(good), "order_id = \"UF_CRM_1713790573\"",
                                        "order_id = \"UF_CRM_TRACKING_NUMBER\"\n  tracking_number = \"\""));
  ASSERT_TRUE(read.has_value()) << all_of(read.error());
  EXPECT_EQ(read->portals[0].fields.tracking_number, "");
}

TEST(values, loopback_may_be_plain_http) {
  for (const std::string host : {"localhost", "127.0.0.1:8090", "127.8.9.1", "[::1]:8090"}) {
    const auto read =
        parse_here(replaced(std::string(good), "https://store.example.com/api/", "http://" + host + "/api///"));
    ASSERT_TRUE(read.has_value()) << host << all_of(read.error());
    EXPECT_EQ(read->find_carrier("store-1")->base_url, "http://" + host + "/api");
  }
}

TEST(values, external_redis) {
  for (const std::string url :
       {"redis://user:p%40ss@127.0.0.1:6379/0", "redis://cache", "unix:///run/redis.sock?db=2", "redis://:p/w@h"}) {
    const auto read =
        parse_here(replaced(std::string(good), "mode = \"embedded\"", "mode = \"external\"\nurl = \"" + url + "\""));
    const bool fits = !url.contains("p/w"); // a '/' in a password must be percent-encoded
    ASSERT_EQ(read.has_value(), fits) << url;
    if (fits) { EXPECT_EQ(read->store.url.reveal(), url); }
  }
  const auto read =
      parse_here(replaced(std::string(good), "mode = \"embedded\"",
                          "mode = \"external\"\nsentinels = [\"10.0.0.1:26379\"]\nsentinel_master = \"m\""));
  ASSERT_TRUE(read.has_value()) << all_of(read.error());
  EXPECT_EQ(read->store.sentinel_master, "m");
}

TEST(environment, variables_are_put_in) {
  const auto text = replaced(replaced(std::string(good), "hunter22", "a${ONE}b${TWO}c$${ONE}$x"), "A-1", "${ONE}");
  const auto read = parse_here(text, {{"ONE", "1"}, {"TWO", "${ONE}"}});
  ASSERT_TRUE(read.has_value()) << all_of(read.error());
  EXPECT_EQ(read->carriers[0].text("secure_password"),
            "a1b${ONE}c${ONE}$x"); // what comes from outside is not looked at again
  EXPECT_EQ(read->carriers[0].text("account"), "1");
}

TEST(environment, what_is_not_set_is_named) {
  const auto text = replaced(std::string(good), "hunter22", "${B24_PASSWORD}");
  const auto read = parse_here(text);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(all_of(read.error()),
            "dir/waybill.toml:" + std::to_string(line_of(text, "${B24_PASSWORD}")) +
                ": carriers[0].secure_password: the environment variable B24_PASSWORD is not set; set B24_PASSWORD for "
                "the service, or put the value (or file:PATH) here\n");
}

TEST(environment, what_is_set_to_nothing_is_empty) {
  const auto read = parse_here(replaced(std::string(good), "hunter22", "${PW}"), {{"PW", ""}});
  ASSERT_FALSE(read.has_value());
  ASSERT_EQ(read.error().size(), 1u) << all_of(read.error());
  EXPECT_EQ(read.error()[0].what, "is empty");
  EXPECT_TRUE(read.error()[0].remedy.contains("set, but to an empty text"));
}

TEST(environment, broken_references) {
  for (const std::string value : {"${", "${}", "${A B}", "${1A}", "x${A"}) {
    const auto read = parse_here(replaced(std::string(good), "hunter22", value), {{"A", "1"}});
    ASSERT_FALSE(read.has_value()) << value;
    ASSERT_EQ(read.error().size(), 1u);
    EXPECT_TRUE(read.error()[0].what.contains("no ${NAME}")) << all_of(read.error());
  }
}

TEST(environment, of_the_process) {
  ::setenv("WAYBILL_TEST_VARIABLE", "here", 1); // NOLINT(concurrency-mt-unsafe): one thread
  EXPECT_EQ(process_environment()("WAYBILL_TEST_VARIABLE"), "here");
  ::unsetenv("WAYBILL_TEST_VARIABLE"); // NOLINT(concurrency-mt-unsafe): one thread
  EXPECT_EQ(process_environment()("WAYBILL_TEST_VARIABLE"), std::nullopt);
}

TEST(files, values_are_read_beside_the_configuration) {
  const folder f;
  f.write("password", "s3cr${X}t\r\n\n");
  const auto name = (f.path / "waybill.toml").string();
  for (const std::string& path :
       {std::string("password"), (f.path / "password").string(), std::string("${DIR}/password")}) {
    const auto read = parse(replaced(std::string(good), "hunter22", "file:" + path), name,
                            variables({{"DIR", f.path.string()}}), types());
    ASSERT_TRUE(read.has_value()) << all_of(read.error());
    EXPECT_EQ(read->carriers[0].text("secure_password"), "s3cr${X}t"); // not expanded
  }
}

TEST(files, what_cannot_be_read_is_named) {
  const folder f;
  f.write("empty", "\n");
  f.write("large", std::string(70'000, 'x'));
  f.write("binary", std::string("a\0b", 3));
  const auto name = (f.path / "waybill.toml").string();
  const std::vector<std::pair<std::string, std::string>> cases{{"absent", "No such file"},      {"empty", "is empty"},
                                                               {"large", "larger than 64 KiB"}, {"binary", "not text"},
                                                               {".", "it is a folder"},         {"", "needs a path"}};
  for (const auto& [path, why] : cases) {
    const auto read = parse(replaced(std::string(good), "hunter22", "file:" + path), name, variables({}), types());
    ASSERT_FALSE(read.has_value()) << path;
    ASSERT_EQ(read.error().size(), 1u) << all_of(read.error());
    EXPECT_TRUE(read.error()[0].what.contains(why)) << all_of(read.error());
    EXPECT_EQ(read.error()[0].key, "carriers[0].secure_password");
  }
}

TEST(files, relative_paths_begin_at_the_configuration) {
  const auto read = parse_here(replaced(std::string(good), "mode = \"embedded\"", "data_dir = \"data\""));
  ASSERT_TRUE(read.has_value()) << all_of(read.error());
  EXPECT_EQ(read->store.data_dir, "dir/data");
}

TEST(files, load_says_why_there_is_no_configuration) {
  const folder f;
  for (const std::string name : {"absent.toml", "."}) {
    const auto read = load(f.path / name, variables({}));
    ASSERT_FALSE(read.has_value());
    ASSERT_EQ(read.error().size(), 1u);
    EXPECT_EQ(read.error()[0].line, 0);
    EXPECT_TRUE(read.error()[0].what.contains("cannot be used")) << read.error()[0].what;
    EXPECT_TRUE(read.error()[0].remedy.contains("WAYBILL_CONFIG"));
  }
  f.write("large.toml", std::string(2 * 1024 * 1024, '#'));
  EXPECT_TRUE(load(f.path / "large.toml", variables({})).error()[0].what.contains("larger"));
  EXPECT_TRUE(parse(std::string(2 * 1024 * 1024, '#'), "x", variables({}), types()).error()[0].what.contains("larger"));
}

TEST(suggestions, edit_distance) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("level", "level"), 0u);
  EXPECT_EQ(edit_distance("LEVEL", "level"), 0u);
  EXPECT_EQ(edit_distance("levle", "level"), 1u);
  EXPECT_EQ(edit_distance("leel", "level"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(nearest("xy", {"id"}), "");
  EXPECT_EQ(nearest("webhook_ulr", {"webhook_secret", "webhook_url"}), "webhook_url");
}

TEST(robustness, no_bytes_crash_the_parser) {
  std::mt19937 random(20'261'121);
  const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  constexpr std::string_view spice = "[]{}=\"'\n\\#.,$:-_0a\xd0\xff\0";
  std::size_t accepted = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text(good);
    if (round % 3 == 0) {
      text.assign(pick(200), '\0');
      for (char& c : text) c = static_cast<char>(pick(256));
    } else {
      for (std::size_t n = 1 + pick(6); n > 0; --n) {
        const auto at = pick(text.size());
        switch (pick(4)) {
        case 0: text[at] = static_cast<char>(pick(256)); break;
        case 1: text.erase(at, 1 + pick(40)); break;
        case 2: text.insert(at, 1, spice[pick(spice.size())]); break;
        default: text.insert(at, text.substr(pick(text.size()), pick(60))); break;
        }
        if (text.empty()) text = "\n";
      }
    }
    const auto read = parse_here(text, {{"A", "1"}});
    if (read) {
      ++accepted;
    } else {
      ++refused;
      ASSERT_FALSE(read.error().empty());
      for (const problem& p : read.error()) ASSERT_FALSE(p.what.empty());
    }
  }
  EXPECT_GT(accepted, 0u);
  EXPECT_GT(refused, 1000u);
}

TEST(robustness, deep_nesting_is_refused) {
  EXPECT_FALSE(parse_here("a = " + std::string(100'000, '[')).has_value());
  EXPECT_FALSE(parse_here("a = " + std::string(200, '[') + std::string(200, ']')).has_value());
  std::string dotted = "a";
  for (int i = 0; i < 50'000; ++i) dotted += ".a";
  EXPECT_FALSE(parse_here(dotted + " = 1").has_value());
  EXPECT_FALSE(parse_here("[" + dotted + "]").has_value());
}

} // namespace
} // namespace waybill::config::test
