#include <telemetry/metrics.hpp>
#include <telemetry/process.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <unordered_map>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace waybill::telemetry {
namespace {

// From an answer out of memory to a carrier at its deadline.
const prometheus::Histogram::BucketBoundaries& boundaries() {
  static const prometheus::Histogram::BucketBoundaries b{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                         0.25,   0.5,   1,      2.5,   5,    10,    30,   60};
  return b;
}

// Labels are ours, so a family that grows past this has a mistake in it: better a missing child than a full memory.
constexpr std::size_t most_children = 2000;

// "waybill_queue_depth" -> "Queue depth."
std::string help_from(std::string_view name) {
  if (name.starts_with("waybill_")) name.remove_prefix(8);
  if (name.ends_with("_total")) name.remove_suffix(6);
  std::string out(name);
  for (char& c : out)
    if (c == '_') c = ' ';
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z')
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  return out + ".";
}

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

class backend final : public metrics::backend {
 public:
  backend() : process_(std::make_shared<process_metrics>()) {
    describe("waybill_http_requests_total", "Requests answered, by route pattern and class of status.");
    describe("waybill_http_request_seconds", "Time from a read request to its answer, by route pattern.");
    describe("waybill_http_refused_total", "Requests and connections refused before any handler, by reason.");
    describe("waybill_http_connections", "Open inbound connections.");
    describe("waybill_http_handler_exceptions_total", "Request handlers that ended with an exception.");
    describe("waybill_upstream_seconds", "Time of whole exchanges with outside systems, by label.");
    describe("waybill_upstream_errors_total", "Exchanges with outside systems that gave no answer, by label and kind.");
    describe("waybill_stray_exceptions_total", "Background tasks that ended with an exception.");
  }

  void count(std::string_view name, metrics::labels l, double by) override {
    const std::lock_guard lock(guard_);
    if (by >= 0)
      if (auto *c = child(counters_, name, l, [](auto& family, const auto& labels) { return &family.Add(labels); }))
        c->Increment(by);
  }
  void gauge(std::string_view name, metrics::labels l, double value) override {
    const std::lock_guard lock(guard_);
    if (auto *g = child(gauges_, name, l, [](auto& family, const auto& labels) { return &family.Add(labels); }))
      g->Set(value);
  }
  void observe(std::string_view name, metrics::labels l, double seconds) override {
    const std::lock_guard lock(guard_);
    if (auto *h = child(histograms_, name, l,
                        [](auto& family, const auto& labels) { return &family.Add(labels, boundaries()); }))
      h->Observe(seconds);
  }
  void describe(std::string_view name, std::string_view help) {
    const std::lock_guard lock(guard_);
    help_[std::string(name)] = help;
  }
  std::string render() const {
    auto families = registry_.Collect();
    auto own = process_->Collect();
    families.insert(families.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  template <class Metric> struct kind {
    struct family {
      prometheus::Family<Metric>* registered{nullptr}; // null: the name is taken by another kind, or not valid
      std::size_t children{0};
    };
    std::unordered_map<std::string, Metric*, text_hash, std::equal_to<>> known; // name and labels -> child
    std::map<std::string, family, std::less<>> families;
  };

  // The usual case is one look into a hash table with a key built in memory that is kept: no allocation.
  template <class Metric, class Add>
  Metric* child(kind<Metric>& all, std::string_view name, metrics::labels l, Add add) {
    key_.assign(name);
    for (const auto& [label, value] : l) ((key_ += '\x1f') += label) += '\x1e', key_ += value;
    if (const auto at = all.known.find(std::string_view(key_)); at != all.known.end()) return at->second;
    Metric* made = make(all, name, l, add);
    if (all.known.size() < 4 * most_children) all.known.emplace(key_, made); // null is remembered too: complain once
    return made;
  }

  template <class Metric, class Add>
  Metric* make(kind<Metric>& all, std::string_view name, metrics::labels l, Add add) {
    try {
      auto at = all.families.find(name);
      if (at == all.families.end()) {
        at = all.families.emplace(std::string(name), typename kind<Metric>::family{}).first;
        at->second.registered = &register_family(all, std::string(name));
      }
      auto& f = at->second;
      if (f.registered == nullptr || f.children >= most_children) return nullptr;
      std::map<std::string, std::string> labels;
      for (const auto& [label, value] : l) labels.emplace(label, value);
      Metric* made = add(*f.registered, labels);
      ++f.children;
      return made;
    } catch (const std::exception& e) {
      log::error("a metric cannot be kept", {{"name", name}, {"why", e.what()}});
      return nullptr;
    }
  }

  std::string help_of(const std::string& name) const {
    const auto at = help_.find(name);
    return at != help_.end() ? at->second : help_from(name);
  }
  prometheus::Family<prometheus::Counter>& register_family(const kind<prometheus::Counter>&, const std::string& name) {
    return prometheus::BuildCounter().Name(name).Help(help_of(name)).Register(registry_);
  }
  prometheus::Family<prometheus::Gauge>& register_family(const kind<prometheus::Gauge>&, const std::string& name) {
    return prometheus::BuildGauge().Name(name).Help(help_of(name)).Register(registry_);
  }
  prometheus::Family<prometheus::Histogram>& register_family(const kind<prometheus::Histogram>&,
                                                             const std::string& name) {
    return prometheus::BuildHistogram().Name(name).Help(help_of(name)).Register(registry_);
  }

  prometheus::Registry registry_;
  std::shared_ptr<process_metrics> process_;
  std::mutex guard_; // the CPU pool counts as well as the loop
  std::string key_;
  kind<prometheus::Counter> counters_;
  kind<prometheus::Gauge> gauges_;
  kind<prometheus::Histogram> histograms_;
  std::map<std::string, std::string, std::less<>> help_;
};

backend& only() {
  static backend b;
  return b;
}

} // namespace

void start_metrics() { metrics::set_backend(&only()); }
void describe(std::string_view name, std::string_view help) { only().describe(name, help); }
std::string render() { return only().render(); }

} // namespace waybill::telemetry
