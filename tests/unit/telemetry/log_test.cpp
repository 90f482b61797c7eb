#include <telemetry/log.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace waybill::telemetry {
namespace {

constexpr instant moment{std::chrono::milliseconds(1'795'269'948'007)}; // 2026-11-21T14:05:48.007Z

std::string json_line(std::string_view message, const field_list& fields = {}) {
  return format_line(log_format::json, moment, log::level::info, message, fields);
}

struct row {
  const char* name;
  std::string value;
  std::string in_json; // between the quotes
  std::string in_text; // after the equals sign
  friend void PrintTo(const row& r, std::ostream* out) { *out << r.name; }
};

class escaping : public testing::TestWithParam<row> {};

TEST_P(escaping, of_a_value) {
  const auto& [name, value, in_json, in_text] = GetParam();
  EXPECT_EQ(json_line("m", {{"k", value}}),
            R"({"time":"2026-11-21T14:05:48.007Z","level":"info","msg":"m","k":")" + in_json + "\"}");
  EXPECT_EQ(format_line(log_format::text, moment, log::level::warn, "m", {{"k", value}}),
            "2026-11-21T14:05:48.007Z warn  m k=" + in_text);
}

INSTANTIATE_TEST_SUITE_P(
    log, escaping,
    testing::Values(row{"plain", "b24:main:17", "b24:main:17", "b24:main:17"}, row{"empty", "", "", "\"\""},
                    row{"blank", "a b", "a b", "\"a b\""}, row{"quote", "a\"b", "a\\\"b", "\"a\\\"b\""},
                    row{"backslash", "a\\b", "a\\\\b", "\"a\\\\b\""},
                    row{"forged_json_line", "x\"}\n{\"level\":\"error\"", "x\\\"}\\n{\\\"level\\\":\\\"error\\\"",
                        "\"x\\\"}\\n{\\\"level\\\":\\\"error\\\"\""},
                    row{"forged_text_field", "1 level=error", "1 level=error", "\"1 level=error\""},
                    row{"cr_and_tab", "a\r\tb", "a\\r\\tb", "\"a\\r\\tb\""},
                    row{"escape_sequence", "\x1b[2J", "\\u001b[2J", "\"\\u001b[2J\""},
                    row{"nul", std::string("a\0b", 3), "a\\u0000b", "\"a\\u0000b\""},
                    row{"delete", "a\x7f", "a\\u007f", "\"a\\u007f\""},
                    row{"c1_control",
                        "\xc2\x9b"
                        "31m",
                        "\\u009b31m", "\"\\u009b31m\""},
                    row{"line_separator", "a\xe2\x80\xa8", "a\\u2028", "\"a\\u2028\""},
                    row{"cyrillic", "Москва", "Москва", "\"Москва\""},
                    row{"broken_utf8", "a\xff\xd0", "a\xef\xbf\xbd\xef\xbf\xbd", "\"a\xef\xbf\xbd\xef\xbf\xbd\""}),
    [](const auto& tested) { return tested.param.name; });

TEST(log_line, every_byte_stays_one_line_of_valid_json) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value = "<" + std::string(1, static_cast<char>(byte)) + ">";
    const auto line = json_line(value, {{value, value}});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    boost::system::error_code ec;
    const auto parsed = boost::json::parse(line, ec);
    ASSERT_FALSE(ec) << byte << ' ' << line;
    EXPECT_EQ(parsed.as_object().size(), 4U);
    if (byte < 0x80) { EXPECT_EQ(parsed.at("msg").as_string(), value); }
  }
}

TEST(log_line, fields_keep_their_order_and_cannot_replace_the_lines_own) {
  EXPECT_EQ(json_line("m", {{"z", "1"}, {"a", "2"}, {"level", "error"}}),
            R"({"time":"2026-11-21T14:05:48.007Z","level":"info","msg":"m","z":"1","a":"2","level_":"error"})");
}

TEST(log_line, fields_named_as_secrets_are_left_out) {
  for (const char* name : {"secret", "password", "token", "webhook_secret", "secure_password", "access_token",
                           "application_tokens", "Authorization", "AUTH-TOKEN"})
    EXPECT_EQ(json_line("m", {{name, "hunter2"}}), json_line("m")) << name;
  for (const char* name : {"token_url", "secretary", "bucket"})
    EXPECT_NE(json_line("m", {{name, "x"}}), json_line("m")) << name;
}

TEST(log_line, levels_have_names) {
  EXPECT_EQ(level_from("warn"), log::level::warn);
  EXPECT_EQ(level_from("trace"), log::level::trace);
  EXPECT_EQ(level_from("WARN"), std::nullopt);
  EXPECT_EQ(level_from(""), std::nullopt);
}

class log_to_file : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "waybill-log.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override {
    stop_log();
    std::filesystem::remove_all(folder);
  }
  std::string content() const {
    std::ifstream in(folder / "log");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  log_options options() const {
    log_options how;
    how.file = (folder / "log").string();
    return how;
  }
  std::filesystem::path folder;
};

TEST_F(log_to_file, writes_everything_before_it_stops) {
  ASSERT_TRUE(start_log(options()));
  for (int i = 0; i < 1000; ++i) log::info("turn", {{"i", std::to_string(i)}});
  stop_log();
  log::info("after the end");
  std::istringstream lines(content());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    EXPECT_TRUE(line.ends_with(R"("msg":"turn","i":")" + std::to_string(count) + "\"}")) << line;
  EXPECT_EQ(count, 1000);
}

TEST_F(log_to_file, format_characters_mean_nothing) {
  ASSERT_TRUE(start_log(options()));
  log::info("100% {} %v %n {0}");
  stop_log();
  EXPECT_NE(content().find(R"("msg":"100% {} %v %n {0}")"), std::string::npos);
}

TEST_F(log_to_file, the_level_changes_at_run_time) {
  ASSERT_TRUE(start_log(options()));
  log::debug("first");
  log::set_level(log::level::debug);
  log::debug("second");
  log::set_level(log::level::error);
  log::warn("third");
  stop_log();
  EXPECT_EQ(content().find("first"), std::string::npos);
  EXPECT_NE(content().find("second"), std::string::npos);
  EXPECT_EQ(content().find("third"), std::string::npos);
}

TEST_F(log_to_file, starts_again_in_another_format) {
  ASSERT_TRUE(start_log(options()));
  log::info("one");
  auto how = options();
  how.format = log_format::text;
  ASSERT_TRUE(start_log(how));
  log::info("two", {{"k", "v"}});
  stop_log();
  EXPECT_NE(content().find(R"("msg":"one"})"), std::string::npos);
  EXPECT_NE(content().find(" info  two k=v\n"), std::string::npos);
}

TEST_F(log_to_file, a_file_that_cannot_be_opened_is_told) {
  auto how = options();
  how.file = folder.string(); // a folder
  const auto started = start_log(how);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, errc::bad_input);
}

} // namespace
} // namespace waybill::telemetry
