// Small durable values, what adapters see of them, and the guard of the data's layout.
#include "fixture.hpp"

#include <gmock/gmock.h>

namespace {

using namespace waybill;
using namespace waybill::store;
using namespace waybill::test;
using namespace std::chrono_literals;

class values_test : public store_fixture {
 protected:
  std::optional<std::string> get(std::string key) {
    auto got = run(all->get(std::move(key)));
    EXPECT_TRUE(got);
    return got ? *got : std::nullopt;
  }
  std::shared_ptr<values> all{std::make_shared<values>(link, "t")};
};

TEST_F(values_test, put_get_forget) {
  EXPECT_FALSE(get("k"));
  ASSERT_TRUE(run(all->put("k", std::string("a\0b\n\xff", 5), 0ms))); // bytes, not text
  EXPECT_EQ(get("k"), std::string("a\0b\n\xff", 5));
  EXPECT_EQ(ask({"PTTL", "t:value:k"}).integer, -1); // for ever
  ASSERT_TRUE(run(all->put("k", "c", 1h)));
  EXPECT_GT(ask({"PTTL", "t:value:k"}).integer, 3'500'000);
  ASSERT_TRUE(run(all->put("k", "d", 0ms)));
  EXPECT_EQ(ask({"PTTL", "t:value:k"}).integer, -1);
  ASSERT_TRUE(run(all->forget("k")));
  EXPECT_FALSE(get("k"));
  EXPECT_TRUE(run(all->forget("k"))); // not there is fine
}

TEST_F(values_test, a_value_ends_with_its_lifetime) {
  ASSERT_TRUE(run(all->put("k", "v", 40ms)));
  EXPECT_TRUE(until([&] { return !get("k"); }));
}

TEST_F(values_test, one_of_many_takes_and_after_its_time_another_may) {
  const auto other = std::make_shared<values>(connect(), "t");
  EXPECT_TRUE(run(all->take("lock", "one", 80ms)).value_or(false));
  EXPECT_FALSE(run(other->take("lock", "two", 80ms)).value_or(true));
  EXPECT_EQ(get("lock"), "one");
  EXPECT_TRUE(until([&] { return run(other->take("lock", "two", 10min)).value_or(false); }));
  EXPECT_EQ(get("lock"), "two");
}

TEST_F(values_test, an_adapters_cache_is_its_accounts_own) {
  auto first = make_carrier_cache(all, "acme-1"), second = make_carrier_cache(all, "acme-2");
  ASSERT_TRUE(run(first->put("token", "secret-1", 1h)));
  EXPECT_EQ(run(first->get("token")).value_or(std::nullopt), "secret-1");
  EXPECT_EQ(run(second->get("token")).value_or("x"), std::nullopt);
  ASSERT_TRUE(run(second->put("token", "secret-2", 1h)));
  ASSERT_TRUE(run(first->forget("token")));
  EXPECT_EQ(run(first->get("token")).value_or("x"), std::nullopt);
  EXPECT_EQ(run(second->get("token")).value_or(std::nullopt), "secret-2");
}

TEST_F(values_test, without_redis_every_call_is_a_fault) {
  server.kill_now();
  ASSERT_TRUE(until([&] { return !link->up(); }));
  EXPECT_FALSE(run(all->get("k")));
  EXPECT_FALSE(run(all->put("k", "v", 0ms)));
  EXPECT_FALSE(run(all->take("k", "v", 1s)));
  EXPECT_FALSE(run(all->forget("k")));
}

TEST_F(values_test, the_layout_is_marked_and_a_newer_one_stops_the_start) {
  ASSERT_TRUE(run(check_schema(link, "t")));
  EXPECT_EQ(ask({"GET", "t:schema"}).text, std::to_string(schema));
  EXPECT_TRUE(run(check_schema(link, "t"))); // again, by the next process
  ask({"SET", "t:schema", std::to_string(schema + 1)});
  const auto stopped = run(check_schema(link, "t"));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, errc::conflict);
  EXPECT_THAT(stopped.error().what, testing::AllOf(testing::HasSubstr("layout 2"), testing::HasSubstr("prefix 't'")));
  EXPECT_EQ(ask({"GET", "t:schema"}).text, std::to_string(schema + 1)); // left as it was
  EXPECT_TRUE(run(check_schema(link, "other")));                        // another prefix is another world
}

} // namespace
