// Each way in which a file can be wrong: one change to a good file, one problem with its line, key and remedy.
#include "fixture.hpp"

#include <gtest/gtest.h>

namespace waybill::config::test {
namespace {

struct mistake {
  std::string name;
  std::string from, to; // the change
  std::string at;       // text on the line that must be blamed; empty: the file as a whole
  std::string key;
  std::string what, remedy; // parts
};

void PrintTo(const mistake& m, std::ostream* out) { *out << m.name; }

class one_mistake : public testing::TestWithParam<mistake> {};

TEST_P(one_mistake, is_found_with_line_key_and_remedy) {
  const mistake& m = GetParam();
  const auto text = replaced(std::string(good), m.from, m.to);
  const auto read = parse_here(text);
  ASSERT_FALSE(read.has_value());
  const auto& problems = read.error();
  ASSERT_EQ(problems.size(), 1u) << all_of(problems);
  const problem& p = problems.front();
  EXPECT_EQ(p.file, "dir/waybill.toml");
  EXPECT_EQ(p.line, m.at.empty() ? 0 : line_of(text, m.at)) << to_text(p);
  EXPECT_EQ(p.key, m.key) << to_text(p);
  EXPECT_TRUE(p.what.contains(m.what)) << to_text(p);
  EXPECT_TRUE(p.remedy.contains(m.remedy)) << to_text(p);
  EXPECT_FALSE(p.remedy.empty()) << to_text(p);
}

const std::string portal_line = "[[portals]]";
const std::string portal_id = "id = \"main\"";

INSTANTIATE_TEST_SUITE_P(
    keys, one_mistake,
    testing::Values(
        mistake{"unknown key", "level = \"info\"", "levle = \"info\"", "levle", "log.levle", "not a known key",
                "did you mean \"level\"?"},
        mistake{"unknown table", "[log]", "[logging]", "[logging]", "logging", "not a known key",
                "did you mean \"log\"?"},
        mistake{"unknown and far", "level = \"info\"", "colour = 1", "colour", "log.colour", "not a known key",
                "known here: level, format"},
        mistake{"unknown of a trigger", "action = \"ship\"", "action = \"ship\"\n  acton = \"x\"", "acton",
                "portals[0].triggers[0].acton", "not a known key", "\"action\""},
        mistake{"unknown field", "order_id =", "oder_id =", "oder_id", "portals[0].fields.oder_id", "not a known key",
                "\"order_id\""},
        mistake{"unknown of a service", "deadline = \"5s\"", "dedline = \"5s\"", "dedline",
                "portals[0].delivery_service.dedline", "not a known key", "\"deadline\""},
        mistake{"unknown of a carrier", "account = \"A-1\"", "account = \"A-1\"\nacount = 1", "acount = 1",
                "carriers[0].acount", "not a known key", "\"account\""},
        mistake{"unknown of a sender", "city_code = 44", "city_code = 44\n  city = 1", "city = 1",
                "carriers[0].sender.city", "not a known key", ""},
        mistake{"unknown of a carrier without settings", "type = \"store\"", "type = \"store\"\naccount = \"x\"",
                "account = \"x\"", "carriers[1].account", "not a known key", "known here"},
        mistake{"unknown of a route", "with = [\"store-1\"]", "wiht = [\"store-1\"]", "wiht", "routes[0].wiht",
                "not a known key", "\"with\""},
        mistake{"a quoted unknown key", "level = \"info\"", "\"a b\" = 1", "a b", "log.\"a b\"", "not a known key",
                "known here"},
        mistake{"not a string", "level = \"info\"", "level = 3", "level", "log.level",
                "must be a string, not an integer", "level = \"...\""},
        mistake{"not an integer", "concurrency = 8", "concurrency = \"8\"", "concurrency", "carriers[0].concurrency",
                "must be an integer, not a string", "concurrency = 10"},
        mistake{"a fraction", "concurrency = 8", "concurrency = 8.5", "concurrency", "carriers[0].concurrency",
                "must be an integer, not a number with a fraction", ""},
        mistake{"not a boolean", portal_id, portal_id + "\nnotify_responsible = \"yes\"", "notify_resp",
                "portals[0].notify_responsible", "must be true or false, not a string", "= true"},
        mistake{"no property", portal_id, portal_id + "\narticle_properties = [\"property105\", \"ARTICLE\"]",
                "article_prop", "portals[0].article_properties", "does not name properties", "property105"},
        mistake{"not a list", "with = [\"store-1\"]", "with = \"store-1\"", "with =", "routes[0].with",
                "must be a list of strings, not a string", "["},
        mistake{"not a string in a list", "[\"courier\", \"pickup\"]", "[\"courier\",\n 7]", " 7]",
                "routes[0].delivery_types[1]", "must be a string, not an integer", "quotes"},
        mistake{"an empty string in a list", portal_id, portal_id + "\napplication_tokens = [\"\"]",
                "application_tokens", "portals[0].application_tokens[0]", "is empty", ""},
        mistake{"a date", "level = \"info\"", "level = 2026-11-21", "level", "log.level", "not a date or time", ""},
        mistake{"not a table", "[log]\nlevel = \"info\"", "[log2]\n", "[log2]", "log2", "not a known key", "\"log\""},
        mistake{"a table for a list of tables", "[[routes]]", "[routes]", "[routes]", "routes",
                "must be a list of tables", "[[routes]]"},
        mistake{"empty", "account = \"A-1\"", "account = \"\"", "account", "carriers[0].account", "is empty", ""}));

INSTANTIATE_TEST_SUITE_P(
    missing, one_mistake,
    testing::Values(
        mistake{"setting of a carrier", "secure_password = \"hunter22\"", "", "[[carriers]]",
                "carriers[0].secure_password", "is missing", "the password of the contract"},
        mistake{"setting of the sender", "city_code = 44", "", "[carriers.sender]", "carriers[0].sender.city_code",
                "is missing", "the sender's city"},
        mistake{"common key that the adapter demands", "address = \"Lenina 1\"", "", "[carriers.sender]",
                "carriers[0].sender.address", "is missing", "the sender's street"},
        mistake{"address without a default", "base_url = \"https://store.example.com/api/\"", "",
                "[[carriers]]\nid = \"store-1\"", "carriers[1].base_url", "is missing", "where the system is reached"},
        mistake{"id of a carrier", "id = \"store-1\"\n", "", "[[carriers]]\ntype = \"store\"", "carriers[1].id",
                "is missing", "name"},
        mistake{"portal's access", "webhook_url = \"https://example.bitrix24.ru/rest/1/abcdef0123456789/\"\n", "",
                portal_line, "portals[0].webhook_url", "is missing", "client_id"},
        mistake{"secret for the delivery service", "webhook_secret = \"portal-secret-1\"\n", "", portal_line,
                "portals[0].webhook_secret", "is missing", "delivery service"},
        mistake{"public address", "public_url = \"https://waybill.example.com\"", "", "[server]", "server.public_url",
                "is missing", "the portal reaches"},
        mistake{"stage", "stage = \"EXECUTING\"\n", "", "[[portals.triggers]]", "portals[0].triggers[0].stage",
                "is missing", "STATUS_ID"},
        mistake{"action", "  action = \"ship\"\n", "", "[[portals.triggers]]", "portals[0].triggers[0].action",
                "is missing", "\"ship\""},
        mistake{"service's name", "  name = \"Delivery\"\n", "", "[portals.delivery_service]",
                "portals[0].delivery_service.name", "is missing", "called"},
        mistake{"section", "    section = 15\n", "", "[[portals.parcel_defaults.by_section]]",
                "portals[0].parcel_defaults.by_section[0].section", "is missing", "section"},
        mistake{"route's portal", "portal = \"main\"\n", "", "[[routes]]", "routes[0].portal", "is missing", "portal"},
        mistake{"route's carrier", "carrier = \"swift-main\"\n", "", "[[routes]]", "routes[0].carrier", "is missing",
                "account"},
        mistake{"key of the certificate", "[server]\n", "[server]\ntls_certificate = \"/dev/null\"\n", "[server]",
                "server.tls_private_key", "is missing", "both"},
        mistake{"external without an address", "mode = \"embedded\"", "mode = \"external\"", "[redis]", "redis.url",
                "is missing", "sentinels"},
        mistake{"sentinels without a master", "mode = \"embedded\"",
                "mode = \"external\"\nsentinels = [\"10.0.0.1:26379\"]", "[redis]", "redis.sentinel_master",
                "is missing", "belong together"},
        mistake{"application without a domain",
                "webhook_url = \"https://example.bitrix24.ru/rest/1/abcdef0123456789/\"\n",
                "client_id = \"local.1\"\nclient_secret = \"x\"\n", portal_line, "portals[0].domain", "is missing",
                "local application"}));

INSTANTIATE_TEST_SUITE_P(
    values, one_mistake,
    testing::Values(
        mistake{"choice", "level = \"info\"", "level = \"inof\"", "inof", "log.level",
                "must be one of \"trace\", \"debug\", \"info\"", "did you mean \"info\"?"},
        mistake{"choice, far", "mode = \"embedded\"", "mode = \"cluster\"", "cluster", "redis.mode",
                "must be one of \"embedded\", \"external\"", "choose"},
        mistake{"action", "action = \"ship\"", "action = \"shipp\"", "shipp", "portals[0].triggers[0].action",
                "must be one of", "\"ship\""},
        mistake{"adapter's choice", "account = \"A-1\"", "account = \"A-1\"\napi = \"expres\"",
                "api =", "carriers[0].api", "must be one of \"platform\", \"express\"", "\"express\""},
        mistake{"range", "concurrency = 8", "concurrency = 0", "concurrency", "carriers[0].concurrency",
                "0 is out of range", "from 1 to 1000"},
        mistake{"open range", "[log]", "[queue]\nmax_depth = 0\n[log]", "max_depth", "queue.max_depth", "out of range",
                "at least 1"},
        mistake{"negative weight", "weight_g = 500", "weight_g = -1", "weight_g = -1",
                "portals[0].parcel_defaults.weight_g", "-1 is out of range", "from 1"},
        mistake{"duration", "poll_interval = \"15m\"", "poll_interval = \"15 minutes\"", "poll_interval",
                "carriers[0].poll_interval", "is not a duration", "\"30s\""},
        mistake{"duration as a number", "poll_interval = \"15m\"", "poll_interval = 15", "poll_interval",
                "carriers[0].poll_interval", "must be a duration in quotes, not an integer", "\"30s\""},
        mistake{"duration out of range", "deadline = \"5s\"", "deadline = \"2h\"", "deadline",
                "portals[0].delivery_service.deadline", "2h is out of range", "200ms to 1m"},
        mistake{"money as a number", "markup_amount = \"10.50\"", "markup_amount = 10.5", "markup_amount",
                "portals[0].delivery_service.markup_amount", "must be an amount in quotes", "\"350.00\""},
        mistake{"money with a comma", "markup_amount = \"10.50\"", "markup_amount = \"10,50\"", "markup_amount",
                "portals[0].delivery_service.markup_amount", "is not an amount of money", "\"350.00\""},
        mistake{"money with three decimals", "markup_amount = \"10.50\"", "markup_amount = \"10.505\"", "markup_amount",
                "portals[0].delivery_service.markup_amount", "is not an amount of money", "two decimals"},
        mistake{"negative money", "markup_amount = \"10.50\"", "markup_amount = \"-1\"", "markup_amount",
                "portals[0].delivery_service.markup_amount", "is not an amount of money", ""},
        mistake{"adapter's money", "account = \"A-1\"", "account = \"A-1\"\nfee = \"1e3\"", "fee", "carriers[0].fee",
                "is not an amount of money", ""},
        mistake{"listen", "[server]", "[server]\nlisten = \"localhost\"", "listen", "server.listen",
                "not an address with a port", "0.0.0.0:8080"},
        mistake{"listen's port", "[server]", "[server]\nlisten = \"localhost:99999\"", "listen", "server.listen",
                "not an address with a port", ""},
        mistake{"certificate", "[server]", "[server]\ntls_private_key = \"/dev/null\"\ntls_certificate = \"/no/such\"",
                "tls_certificate", "server.tls_certificate", "cannot be read", "create"},
        mistake{"plain http", "https://waybill.example.com", "http://waybill.example.com", "public_url",
                "server.public_url", "must be https", "localhost"},
        mistake{"a lookalike of loopback", "https://waybill.example.com", "http://127.0.0.1.example.com", "public_url",
                "server.public_url", "must be https", ""},
        mistake{"no url", "https://waybill.example.com", "waybill.example.com", "public_url", "server.public_url",
                "not a usable address", "https://host"},
        mistake{"url with a user", "https://waybill.example.com", "https://me:pw@waybill.example.com", "public_url",
                "server.public_url", "not a usable address", ""},
        mistake{"url with a query", "https://waybill.example.com", "https://waybill.example.com/?a=1", "public_url",
                "server.public_url", "not a usable address", ""},
        mistake{"carrier's url", "https://store.example.com/api/", "http://store.example.com/api/", "store.example.com",
                "carriers[1].base_url", "must be https", ""},
        mistake{"webhook of another shape", "rest/1/abcdef0123456789/", "rest/abcdef0123456789/", "webhook_url",
                "portals[0].webhook_url", "does not look like an inbound webhook", "rest/1/code/"},
        mistake{"webhook with a method", "abcdef0123456789/", "abcdef0123456789/profile", "webhook_url",
                "portals[0].webhook_url", "does not look like", "without a method"},
        mistake{"webhook and application", portal_id, portal_id + "\nclient_id = \"local.1\"", "webhook_url",
                "portals[0].webhook_url", "beside a local application", "either"},
        mistake{"locale", portal_id, portal_id + "\nlocale = \"de\"", "locale", "portals[0].locale",
                "must be one of \"ru\", \"en\"", ""},
        mistake{"short path secret", "portal-secret-1", "abc", "webhook_secret", "portals[0].webhook_secret",
                "not fit to stand in a path", "8"},
        mistake{"path secret with a slash", "carrier-secret-1", "carrier/secret/1", "carrier/secret",
                "carriers[0].webhook_secret", "not fit", "letters"},
        mistake{"stage without its prefix", "stage = \"C2:LOSE\"", "stage = \"LOSE\"", "stage = \"LOSE\"",
                "portals[0].triggers[1].stage", "does not belong to category 2", "write \"C2:LOSE\""},
        mistake{"stage of another pipeline", "stage = \"C2:LOSE\"", "stage = \"C4:LOSE\"", "C4:LOSE",
                "portals[0].triggers[1].stage", "does not belong to category 2",
                "\"C2:LOSE\", or the category of C4:LOSE"},
        mistake{"prefix in the main pipeline", "stage = \"EXECUTING\"", "stage = \"C2:EXECUTING\"", "C2:EXECUTING",
                "portals[0].triggers[0].stage", "does not belong to category 0", "\"EXECUTING\""},
        mistake{"a stage's name", "stage = \"EXECUTING\"", "stage = \"В доставке\"", "В доставке",
                "portals[0].triggers[0].stage", "not a stage id", "not its name"},
        mistake{"stage twice", "category = 2\n  stage = \"C2:LOSE\"", "category = 0\n  stage = \"EXECUTING\" # again",
                "# again", "portals[0].triggers[1].stage", "has a trigger already", "one"},
        mistake{"status", "delivered = \"WON\"", "deliverd = \"WON\"", "deliverd", "portals[0].stages.deliverd",
                "is not a status", "did you mean \"delivered\"?"},
        mistake{"status's stage", "delivered = \"WON\"", "delivered = \"C:WON\"", "C:WON",
                "portals[0].stages.delivered", "not a stage id", ""},
        mistake{"field's spelling", "UF_CRM_1713790573", "uf_tracking", "uf_tracking", "portals[0].fields.order_id",
                "not the name of a deal's user field", "\"UF_CRM_TRACKING\""},
        mistake{"field", "UF_CRM_1713790573", "Трек", "Трек", "portals[0].fields.order_id",
                "not the name of a deal's user field", "capitals"},
        mistake{"field used twice", "UF_CRM_1713790573", "UF_CRM_TRACKING_NUMBER", "order_id",
                "portals[0].fields.order_id", "names the same field as tracking_number", "its own"},
        mistake{"currency", "deadline = \"5s\"", "currency = \"rub\"", "currency",
                "portals[0].delivery_service.currency", "not a currency", "RUB"},
        mistake{"section twice", "    section = 15\n",
                "    section = 15\n    [[portals.parcel_defaults.by_section]]\n    section = 15 # again\n", "# again",
                "portals[0].parcel_defaults.by_section[1].section", "has its defaults already", ""},
        mistake{"sender's phone", "+7 (495) 123-45-67", "8 495 123-45-67", "8 495", "carriers[0].sender.phone",
                "not an international number", "+74951234567"},
        mistake{"sender's mail", "city_code = 44", "city_code = 44\n  email = \"me\"", "email",
                "carriers[0].sender.email", "not an e-mail", "@"},
        mistake{"redis address", "mode = \"embedded\"", "mode = \"external\"\nurl = \"rediss://u:pw@host/0\"", "rediss",
                "redis.url", "not an address of Redis", "redis://"},
        mistake{"address of an embedded redis", "mode = \"embedded\"", "url = \"redis://127.0.0.1:6379/0\"", "redis://",
                "redis.url", "no use with an embedded", "external"},
        mistake{"redis prefix", "mode = \"embedded\"", "prefix = \"a b\"", "prefix", "redis.prefix",
                "not a usable prefix", "32"},
        mistake{"service code", "courier = 137", "courier = true", "courier = true", "carriers[0].services.courier",
                "must be a string or an integer", ""}));

INSTANTIATE_TEST_SUITE_P(
    references, one_mistake,
    testing::Values(mistake{"unknown carrier type", "type = \"store\"\nbase_url", "type = \"stor\"\nbase_url",
                            "type = \"stor\"", "carriers[1].type", "\"stor\" is not a carrier type",
                            "did you mean \"store\"?"},
                    mistake{"far carrier type", "type = \"store\"\nbase_url", "type = \"teleport\"\nbase_url",
                            "teleport", "carriers[1].type", "not a carrier type", "known here: swift, store"},
                    mistake{"no carrier type", "type = \"store\"\n", "", "[[carriers]]\nid = \"store-1\"",
                            "carriers[1].type", "is missing", "known here: swift, store"},
                    mistake{"portal of a route", "portal = \"main\"", "portal = \"mian\"", "mian", "routes[0].portal",
                            "\"mian\" is not the id of a portal", "did you mean \"main\"?"},
                    mistake{"carrier of a route", "carrier = \"swift-main\"", "carrier = \"swift-mian\"", "swift-mian",
                            "routes[0].carrier", "not the id of a carrier account", "\"swift-main\""},
                    mistake{"companion of a route", "with = [\"store-1\"]", "with = [\"store-2\"]", "store-2",
                            "routes[0].with", "not the id of a carrier account", "\"store-1\""},
                    mistake{"companion twice", "with = [\"store-1\"]", "with = [\"swift-main\"]", "with",
                            "routes[0].with", "twice", "take it out"},
                    mistake{"type without a service", "delivery_types = [\"courier\", \"pickup\"]",
                            "delivery_types = [\"courier\", \"pikup\"]", "pikup", "routes[0].delivery_types",
                            "\"pikup\" is not among the services of carrier \"swift-main\"",
                            "did you mean \"pickup\"?"},
                    mistake{"unreachable route", "with = [\"store-1\"]",
                            "with = [\"store-1\"]\n[[routes]]\nportal = \"main\"\ndelivery_types = [\"pickup\"] # "
                            "late\ncarrier = \"store-1\"",
                            "# late", "routes[1].delivery_types", "never reached", "move it"},
                    mistake{"doubled portal", "[[carriers]]",
                            "[[portals]]\nid = \"main\" # again\nwebhook_url = "
                            "\"http://127.0.0.1:8090/bitrix24/x/rest/1/abcdef\"\n[[carriers]]",
                            "# again", "portals[1].id", "id of an earlier portal", "its own"}));

TEST(problems, doubled_carrier) {
  const auto read = parse_here(replaced(replaced(std::string(good), "id = \"store-1\"", "id = \"swift-main\" # again"),
                                        "with = [\"store-1\"]", ""));
  ASSERT_FALSE(read.has_value());
  ASSERT_EQ(read.error().size(), 1u) << all_of(read.error());
  EXPECT_EQ(read.error()[0].key, "carriers[1].id");
  EXPECT_TRUE(read.error()[0].what.contains("id of an earlier account")) << all_of(read.error());
}

TEST(problems, ids_are_bounded) {
  for (const std::string id : {"Main", "abcdefghijklmnopq", "a b", "a_b", "m\u00e4in"}) {
    const auto text = replaced(replaced(std::string(good), "id = \"main\"", "id = \"" + id + "\""), "portal = \"main\"",
                               "portal = \"" + id + "\"");
    const auto read = parse_here(text);
    ASSERT_FALSE(read.has_value()) << id;
    ASSERT_EQ(read.error().size(), 1u) << all_of(read.error());
    EXPECT_EQ(read.error()[0].key, "portals[0].id");
    EXPECT_EQ(read.error()[0].line, line_of(text, "id = \""));
    EXPECT_TRUE(read.error()[0].remedy.contains("at most 16"));
  }
  const auto read = parse_here(
      replaced(replaced(std::string(good), "id = \"store-1\"", "id = \"store/1\""), "with = [\"store-1\"]", ""));
  ASSERT_FALSE(read.has_value());
  EXPECT_TRUE(read.error()[0].what.contains("not a usable id"));
}

TEST(problems, the_adapters_own_check_is_asked_when_all_else_is_good) {
  const auto text = replaced(std::string(good), "city_code = 44", "city_code = 13");
  const auto read = parse_here(text);
  ASSERT_FALSE(read.has_value());
  ASSERT_EQ(read.error().size(), 2u) << all_of(read.error());
  const auto line = [&](std::string_view part) { return "dir/waybill.toml:" + std::to_string(line_of(text, part)); };
  EXPECT_EQ(to_text(read.error()[0]), line("type = \"swift\"") + ": carriers[0].type: broken in general");
  EXPECT_EQ(to_text(read.error()[1]),
            line("city_code") + ": carriers[0].sender.city_code: no parcels leave from 13; choose another city");
}

TEST(problems, all_of_a_file_come_at_once_in_the_order_of_lines) {
  const auto read = parse_here(R"([server]
listen = 8080
public_ulr = "https://x.example"
[log]
level = "loud"
[[portals]]
id = "main"
webhook_url = "https://h/rest/1/${CODE}/"
sweep_interval = "soon"
  [[portals.triggers]]
  category = 3
  stage = "WON"
  action = "fly"
[[carriers]]
id = "a"
type = "swift"
account = "${ACCOUNT}-${CONTRACT}"
[[routes]]
portal = "other"
carrier = "b"
)");
  ASSERT_FALSE(read.has_value());
  std::vector<std::pair<int, std::string>> found;
  for (const problem& p : read.error()) found.emplace_back(p.line, p.key);
  const std::vector<std::pair<int, std::string>> expected{
      {2, "server.listen"},
      {3, "server.public_ulr"},
      {5, "log.level"},
      {8, "portals[0].webhook_url"},
      {9, "portals[0].sweep_interval"},
      {12, "portals[0].triggers[0].stage"},
      {13, "portals[0].triggers[0].action"},
      {14, "carriers[0].secure_password"},
      {14, "carriers[0].sender.city_code"},
      {14, "carriers[0].sender.address"},
      {17, "carriers[0].account"},
      {17, "carriers[0].account"},
      {19, "routes[0].portal"},
      {20, "routes[0].carrier"},
  };
  EXPECT_EQ(found, expected) << all_of(read.error());
}

TEST(problems, syntax_has_its_line) {
  const auto read = parse_here("[server]\nlisten = \n[log]\n");
  ASSERT_FALSE(read.has_value());
  ASSERT_EQ(read.error().size(), 1u);
  EXPECT_EQ(read.error()[0].line, 2);
  EXPECT_TRUE(read.error()[0].what.starts_with("not valid TOML")) << read.error()[0].what;
}

TEST(problems, a_key_twice_is_a_syntax_problem) {
  const auto read = parse_here("[log]\nlevel = \"info\"\nlevel = \"info\"\n");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error()[0].line, 3);
}

TEST(problems, an_empty_file_lacks_portals_and_carriers) {
  const auto read = parse_here("");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(all_of(read.error()),
            "dir/waybill.toml: portals: is missing; add a [[portals]] table with the portal that waybill shall serve\n"
            "dir/waybill.toml: carriers: is missing; add a [[carriers]] table with an account at a carrier\n");
}

TEST(problems, a_scalar_where_a_table_belongs) {
  const auto read =
      parse_here("log = 1\nportals = [1]\n" + std::string(good).substr(std::string(good).find("[[carriers]]")));
  ASSERT_FALSE(read.has_value());
  const auto text = all_of(read.error());
  EXPECT_TRUE(text.contains(":1: log: must be a table, not an integer; write it as a table: [log]")) << text;
  EXPECT_TRUE(text.contains(":2: portals[0]: must be a table, not an integer")) << text;
}

TEST(problems, no_secret_is_ever_shown) {
  const std::vector<std::pair<std::string, std::string>> changes{
      {"https://example.bitrix24.ru/rest/1/abcdef0123456789/", "https://example.bitrix24.ru/rest/TOPSECRET"},
      {"https://example.bitrix24.ru/rest/1/abcdef0123456789/", "TOPSECRET"},
      {"portal-secret-1", "TOP/SECRET"},
      {"hunter22", "TOPSECRET${"},
      {"mode = \"embedded\"", "mode = \"external\"\nurl = \"http://TOPSECRET@x\""},
      {"https://store.example.com/api/", "https://user:TOPSECRET@store.example.com/"},
  };
  for (const auto& [from, to] : changes) {
    const auto read = parse_here(replaced(std::string(good), from, to));
    ASSERT_FALSE(read.has_value()) << to;
    const auto text = all_of(read.error());
    EXPECT_FALSE(text.contains("TOP")) << text;
  }
}

} // namespace
} // namespace waybill::config::test
