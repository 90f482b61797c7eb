// Commands that need neither daemon nor Redis.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <support/process.hpp>
#include <support/redis_server.hpp>

namespace {

using namespace waybill::test;
using namespace std::chrono_literals;

std::string text_of(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(commands, the_table_of_systems_in_the_documents_is_what_the_adapters_say) {
  const temporary_folder folder{"waybill-commands"};
  const std::vector<std::string> words{WAYBILL_BINARY, "carriers"};
  process p(words, folder.path() / "out");
  ASSERT_EQ(p.wait(30s), 0);
  const std::string table = text_of(folder.path() / "out");
  EXPECT_TRUE(table.contains("`cdek`") && table.contains("`dpd`") && table.contains("`moysklad`")) << table;
  EXPECT_TRUE(text_of(std::filesystem::path(WAYBILL_SOURCE_DIR) / "docs/carriers.md").contains(table))
      << "docs/carriers.md is out of date:\n"
      << table;
}

} // namespace
