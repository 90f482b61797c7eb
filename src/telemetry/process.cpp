#include <telemetry/log.hpp>
#include <telemetry/process.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <sys/resource.h>
#include <unistd.h>

namespace waybill::telemetry {
namespace {

void add(std::vector<prometheus::MetricFamily>& out, std::string name, std::string help, prometheus::MetricType type,
         double value) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) metric.counter.value = value;
  else metric.gauge.value = value;
  family.metric.push_back(std::move(metric));
  out.push_back(std::move(family));
}

// When the process began, in seconds since 1970: the machine's boot time plus field 22 of /proc/self/stat.
std::optional<double> read_start_time() {
  std::ifstream stat("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  const auto name_end = text.rfind(')'); // the name may hold blanks and parentheses
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) rest >> skipped;
  double ticks = 0;
  if (!(rest >> ticks)) return std::nullopt;
  std::ifstream machine("/proc/stat");
  for (std::string line; std::getline(machine, line);)
    if (line.starts_with("btime "))
      return std::stod(line.substr(6)) + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return std::nullopt;
}

std::optional<double> resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  if (!(statm >> total >> resident)) return std::nullopt;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::optional<double> open_descriptors() {
  std::error_code ec;
  double count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", ec), last; !ec && at != last; at.increment(ec)) ++count;
  if (ec) return std::nullopt;
  return count - 1; // the folder's own
}

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

} // namespace

std::vector<prometheus::MetricFamily> process_metrics::Collect() const {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> out;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0)
    add(out, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", MetricType::Counter,
        seconds(used.ru_utime) + seconds(used.ru_stime));
  if (const auto bytes = resident_bytes())
    add(out, "process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge, *bytes);
  if (const auto count = open_descriptors())
    add(out, "process_open_fds", "Number of open file descriptors.", MetricType::Gauge, *count);
  rlimit most{};
  if (::getrlimit(RLIMIT_NOFILE, &most) == 0)
    add(out, "process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge,
        static_cast<double>(most.rlim_cur));
  static const auto begun = read_start_time();
  if (begun)
    add(out, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", MetricType::Gauge,
        *begun);
  add(out, "waybill_log_lines_lost_total", "Log lines lost because they came faster than they could be written.",
      MetricType::Counter, static_cast<double>(lost_log_lines()));
  prometheus::MetricFamily build;
  build.name = "waybill_build_info";
  build.help = "The running version; the value is always 1.";
  build.type = MetricType::Gauge;
  prometheus::ClientMetric one;
  one.label.push_back({"version", WAYBILL_VERSION});
  one.gauge.value = 1;
  build.metric.push_back(std::move(one));
  out.push_back(std::move(build));
  return out;
}

} // namespace waybill::telemetry
