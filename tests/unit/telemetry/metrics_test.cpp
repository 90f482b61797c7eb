#include <telemetry/metrics.hpp>
#include <waybill/metrics.hpp>

#include <sstream>

#include <gmock/gmock.h>

namespace waybill::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

// The value of one line of the text; "" when there is none.
std::string value_of(const std::string& text, const std::string& series) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
  return {};
}

class metrics_text : public testing::Test {
 protected:
  void SetUp() override { start_metrics(); }
  void TearDown() override { metrics::set_backend(nullptr); }
};

TEST_F(metrics_text, counters_add_up_per_label) {
  metrics::count("test_jobs_total", {{"lane", "a"}});
  metrics::count("test_jobs_total", {{"lane", "a"}}, 2);
  metrics::count("test_jobs_total", {{"lane", "b"}});
  const auto text = render();
  EXPECT_EQ(value_of(text, R"(test_jobs_total{lane="a"})"), "3");
  EXPECT_EQ(value_of(text, R"(test_jobs_total{lane="b"})"), "1");
  EXPECT_THAT(text, HasSubstr("# TYPE test_jobs_total counter"));
}

TEST_F(metrics_text, label_order_does_not_matter_and_neighbours_do_not_run_together) {
  metrics::count("test_pairs_total", {{"a", "1"}, {"b", "2"}});
  metrics::count("test_pairs_total", {{"b", "2"}, {"a", "1"}});
  metrics::count("test_pairs_total", {{"a", "12"}, {"b", ""}});
  const auto text = render();
  EXPECT_EQ(value_of(text, R"(test_pairs_total{a="1",b="2"})"), "2");
  EXPECT_EQ(value_of(text, R"(test_pairs_total{a="12",b=""})"), "1");
}

TEST_F(metrics_text, gauges_hold_the_last_value) {
  metrics::gauge("test_depth", {}, 5);
  metrics::gauge("test_depth", {}, 3);
  EXPECT_EQ(value_of(render(), "test_depth"), "3");
}

TEST_F(metrics_text, histograms_have_buckets_in_seconds) {
  metrics::observe("test_seconds", {{"label", "x"}}, 0.02);
  metrics::observe("test_seconds", {{"label", "x"}}, 3);
  metrics::observe("test_seconds", {{"label", "x"}}, 1000);
  const auto text = render();
  EXPECT_EQ(value_of(text, R"(test_seconds_bucket{label="x",le="0.01"})"), "0");
  EXPECT_EQ(value_of(text, R"(test_seconds_bucket{label="x",le="0.025"})"), "1");
  EXPECT_EQ(value_of(text, R"(test_seconds_bucket{label="x",le="5"})"), "2");
  EXPECT_EQ(value_of(text, R"(test_seconds_bucket{label="x",le="+Inf"})"), "3");
  EXPECT_EQ(value_of(text, R"(test_seconds_count{label="x"})"), "3");
}

TEST_F(metrics_text, help_is_told_or_made_from_the_name) {
  describe("test_described_total", "What it means.");
  metrics::count("test_described_total");
  metrics::count("waybill_test_things_total");
  const auto text = render();
  EXPECT_THAT(text, HasSubstr("# HELP test_described_total What it means."));
  EXPECT_THAT(text, HasSubstr("# HELP waybill_test_things_total Test things."));
}

TEST_F(metrics_text, a_name_used_for_two_kinds_or_not_valid_harms_nothing) {
  metrics::count("test_twice");
  metrics::gauge("test_twice", {}, 7);
  metrics::count("not a name");
  metrics::count("test_label_total", {{"not a label", "x"}});
  metrics::count("test_twice");
  const auto text = render();
  EXPECT_EQ(value_of(text, "test_twice"), "2");
  EXPECT_THAT(text, Not(HasSubstr("not a")));
}

TEST_F(metrics_text, counters_never_go_down) {
  metrics::count("test_up_total", {}, 2);
  metrics::count("test_up_total", {}, -1);
  EXPECT_EQ(value_of(render(), "test_up_total"), "2");
}

TEST_F(metrics_text, a_family_that_explodes_is_capped) {
  for (int i = 0; i < 5000; ++i) metrics::count("test_exploded_total", {{"id", std::to_string(i)}});
  const auto text = render();
  std::size_t lines = 0;
  for (auto at = text.find("test_exploded_total{"); at != std::string::npos;
       at = text.find("test_exploded_total{", at + 1))
    ++lines;
  EXPECT_EQ(lines, 2000U);
}

TEST_F(metrics_text, the_process_is_described) {
  const auto text = render();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
                           "process_max_fds", "process_start_time_seconds"})
    EXPECT_FALSE(value_of(text, name).empty()) << name;
  EXPECT_GT(std::stod(value_of(text, "process_resident_memory_bytes")), 100'000.0);
  EXPECT_GT(std::stod(value_of(text, "process_open_fds")), 2.0);
  EXPECT_GT(std::stod(value_of(text, "process_start_time_seconds")), 1.6e9);
  EXPECT_THAT(text, HasSubstr("waybill_build_info{version=\"" WAYBILL_VERSION "\"} 1"));
}

} // namespace
} // namespace waybill::telemetry
