#include "world.hpp"

#include "accounts.hpp"

#include <http/client.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <support/run.hpp>

namespace waybill::test {
namespace {

using namespace std::chrono_literals;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace

world::world(world_options how) : how_(std::move(how)) {
  http_ = http::make_client(io_.get_executor());
  if (!how_.embedded_redis) redis_ = std::make_unique<redis_server>();
  sandbox_port_ = free_port();
  const std::vector<std::string> words{WAYBILL_BINARY, "sandbox",
                                       "--listen",     fmt::format("127.0.0.1:{}", sandbox_port_),
                                       "--speed",      fmt::format("{}", how_.speed)};
  sandbox_ = std::make_unique<process>(words, folder_.path() / "sandbox.log");
  const bool up = eventually([&] {
    try {
      return send("GET", fmt::format("http://127.0.0.1:{}/sandbox/health", sandbox_port_)).status == 200;
    } catch (const std::exception&) { return false; }
  });
  if (!up) throw std::runtime_error("the sandbox does not answer: " + read_file(folder_.path() / "sandbox.log"));
  portal_send("PUT", "settings",
              json::object{{"requests_per_second", how_.requests_per_second}, {"burst", how_.burst}});
  ports_[0] = free_port();
  if (how_.subscribe)
    portal_send("PUT", "subscriptions",
                json::array{json::object{{"url", url("/bitrix24/main/events")}, {"application_token", token}}});
}

world::~world() {
  for (auto& [number, d] : daemons_) d->kill_now();
}

std::string world::config(int number) const {
  const std::string redis =
      !how_.redis_section.empty() ? how_.redis_section
      : how_.embedded_redis ? fmt::format("mode = \"embedded\"\ndata_dir = \"{}\"", (folder_.path() / "data").string())
                            : fmt::format("mode = \"external\"\nurl = \"unix://{}\"", redis_->socket());
  const auto placed = [this](std::string text) {
    constexpr std::string_view place = "@sandbox@";
    for (auto at = text.find(place); at != std::string::npos; at = text.find(place))
      text.replace(at, place.size(), sandbox());
    return text;
  };
  const std::string access =
      placed(how_.portal_access.empty() ? "webhook_url = \"http://@sandbox@/bitrix24/main/rest/1/sandboxcode0000001/\""
                                        : how_.portal_access);
  std::string accounts = account_of(how_.carrier, {how_.carrier_more, how_.poll_interval, how_.settle_time});
  std::string with;
  if (!how_.beside.empty()) {
    accounts += account_of(how_.beside, {how_.beside_more, how_.poll_interval, how_.settle_time});
    with = fmt::format("with = [\"{}-main\"]", how_.beside);
  }
  // Nobody listens on port 1.
  const std::string public_url =
      fmt::format("public_url = \"http://127.0.0.1:{}\"", how_.carrier_announces ? ports_.at(number) : 1);
  return fmt::format(R"toml([server]
listen = "127.0.0.1:{port}"
{public_url}
{server_more}
[redis]
{redis}
[log]
level = "debug"
[queue]
lease = "{lease}"

[[portals]]
id = "main"
{access}
application_tokens = ["{token}"]
webhook_secret = "portal-secret-0123456789"
requests_per_second = {rate}
burst = {burst}
sweep_interval = "{sweep}"
{portal_more}
  [[portals.triggers]]
  category = 0
  stage = "EXECUTING"
  action = "ship"
  [[portals.triggers]]
  category = 0
  stage = "LOSE"
  action = "cancel"
  [portals.fields]
  label = "UF_CRM_DELIVERY_LABEL"
  planned_date = "UF_CRM_DELIVERY_DATE"
  [portals.stages]
  delivered = "WON"
  [portals.parcel_defaults]
  weight_g = 500
  length_mm = 200
  width_mm = 150
  height_mm = 100

{accounts}
[[routes]]
portal = "main"
delivery_types = ["courier", "pickup"]
carrier = "{carrier}-main"
{with}
)toml",
                     fmt::arg("port", ports_.at(number)), fmt::arg("public_url", public_url),
                     fmt::arg("access", access), fmt::arg("server_more", how_.server_more), fmt::arg("redis", redis),
                     fmt::arg("lease", how_.lease), fmt::arg("token", token),
                     fmt::arg("rate", how_.requests_per_second), fmt::arg("burst", how_.burst),
                     fmt::arg("sweep", how_.sweep_interval), fmt::arg("portal_more", how_.portal_more),
                     fmt::arg("accounts", placed(accounts)), fmt::arg("carrier", how_.carrier), fmt::arg("with", with));
}

void world::start_without_waiting(std::map<std::string, std::string> environment, int number) {
  if (!ports_.contains(number)) ports_[number] = free_port();
  std::filesystem::create_directories(folder_.path() / "data");
  const auto file = folder_.path() / fmt::format("waybill-{}.toml", number);
  std::ofstream(file) << config(number);
  const std::vector<std::string> words{WAYBILL_BINARY, "--config", file.string(), "serve"};
  daemons_[number] =
      std::make_unique<process>(words, folder_.path() / fmt::format("daemon-{}.log", number), std::move(environment));
}

void world::start(std::map<std::string, std::string> environment, int number) {
  start_without_waiting(std::move(environment), number);
  if (!eventually([&] { return ready(number); }, 30s))
    throw std::runtime_error("the daemon does not get ready: " + log_of(number));
}

process& world::daemon(int number) { return *daemons_.at(number); }

bool world::ready(int number) {
  try {
    return send("GET", url("/health/ready", number)).status == 200;
  } catch (const std::exception&) { return false; }
}

int world::command(std::vector<std::string> words, std::string* output) {
  std::vector<std::string> all{WAYBILL_BINARY, "--config", (folder_.path() / "waybill-0.toml").string()};
  all.insert(all.end(), words.begin(), words.end());
  const auto log = folder_.path() / "command.log";
  std::filesystem::remove(log);
  process p(all, log);
  const auto code = p.wait(60s);
  if (output != nullptr) *output = read_file(log);
  return code.value_or(-1);
}

std::string world::url(const std::string& path, int number) const {
  return fmt::format("http://127.0.0.1:{}{}", ports_.at(number), path);
}
std::string world::sandbox() const { return fmt::format("127.0.0.1:{}", sandbox_port_); }
std::string world::log_of(int number) const { return read_file(folder_.path() / fmt::format("daemon-{}.log", number)); }

http_response world::send(const std::string& method, const std::string& url, std::string body, std::string type) {
  http_request request;
  request.method = method;
  request.url = url;
  request.body = std::move(body);
  request.headers.emplace_back("Content-Type", std::move(type));
  request.label = "test";
  auto answer = test::run(io_, http_->send(std::move(request)), 40s);
  if (!answer) throw std::runtime_error(answer.error().what);
  return std::move(*answer);
}

json::value world::call(const std::string& method, const std::string& url, const std::string& body, int expected) {
  const auto answer = send(method, url, body);
  if (answer.status != expected)
    throw std::runtime_error(fmt::format("{} {}: {} {}", method, url, answer.status, answer.body));
  auto parsed = json::parse(answer.body.empty() ? "null" : answer.body);
  if (!parsed) throw std::runtime_error(parsed.error().what);
  return std::move(*parsed);
}

json::value world::portal(const std::string& path) {
  return call("GET", fmt::format("http://127.0.0.1:{}/sandbox/portals/main/{}", sandbox_port_, path), {});
}
json::value world::portal_send(const std::string& method, const std::string& path, const json::value& body) {
  return call(method, fmt::format("http://127.0.0.1:{}/sandbox/portals/main/{}", sandbox_port_, path),
              json::serialize(body));
}

int world::announce(std::int64_t deal, int number) {
  const std::string body =
      fmt::format("event=ONCRMDEALUPDATE&data%5BFIELDS%5D%5BID%5D={}&auth%5Bapplication_token%5D={}", deal, token);
  return send("POST", url("/bitrix24/main/events", number), body, "application/x-www-form-urlencoded").status;
}

std::int64_t world::stat(const std::string& name) {
  const auto all = portal("stats");
  return json::integer_or(all.as_object(), name, -1);
}

std::int64_t world::deal(json::object more) {
  json::object d{{"title", "Заказ"},
                 {"stage", "PREPARATION"},
                 {"fields", json::object{{"UF_CRM_DELIVERY_TYPE", "courier"},
                                         {"UF_CRM_DELIVERY_ADDRESS", "170100, г Тверь, ул Советская, 14, кв 3|;|"}}},
                 {"contact", json::object{{"name", "Мария"},
                                          {"last_name", "Иванова"},
                                          {"phone", "8 (916) 123-45-67"},
                                          {"email", "m@example.ru"}}},
                 {"rows", json::array{json::object{{"productId", 201}, {"price", 1990}, {"quantity", 1}}}}};
  for (auto& [key, value] : more) d[key] = value;
  return json::integer_or(portal_send("POST", "deals", d).as_object(), "id");
}

void world::move(std::int64_t deal, const std::string& stage) {
  portal_send("POST", fmt::format("deals/{}/move", deal), json::object{{"stage", stage}});
}
void world::edit(std::int64_t deal, json::object change) {
  portal_send("POST", fmt::format("deals/{}/edit", deal), change);
}
json::value world::read(std::int64_t deal) { return portal(fmt::format("deals/{}", deal)); }

std::string world::field(std::int64_t deal, const std::string& name) {
  const auto d = read(deal);
  const auto* v = json::at_path(d, "fields." + name);
  return v == nullptr ? std::string{} : json::as_text(*v).value_or("");
}

std::vector<std::string> world::comments(std::int64_t deal) {
  std::vector<std::string> out;
  const auto d = read(deal);
  if (const auto* all = json::at_path(d, "comments"); all != nullptr && all->is_array())
    for (const auto& c : all->get_array()) out.push_back(json::text_or(c.as_object(), "text"));
  return out;
}

void world::portal_fault(json::object fault) { portal_send("POST", "faults", fault); }

void world::advance(const std::string& reference, const std::string& code, const std::string& reason) {
  call("POST", fmt::format("http://127.0.0.1:{}/sandbox/carriers/{}/advance", sandbox_port_, how_.carrier),
       json::serialize(json::object{{"reference", reference}, {"code", code}, {"reason", reason}}));
}
void world::carrier_fault(json::object fault) {
  call("POST", fmt::format("http://127.0.0.1:{}/sandbox/carriers/{}/faults", sandbox_port_, how_.carrier),
       json::serialize(fault));
}
json::value world::carrier(const std::string& type) {
  const std::string& name = type.empty() ? how_.carrier : type;
  return call("GET", fmt::format("http://127.0.0.1:{}/sandbox/carriers/{}/state", sandbox_port_, name), {});
}

std::int64_t world::orders_made(const std::string& reference, const std::string& type) {
  const auto state = carrier(type);
  const auto* made = json::child(state.as_object(), "created_by_number");
  return made == nullptr ? 0 : json::integer_or(*made, reference);
}

bool world::eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

bool world::shipped(std::int64_t deal, std::chrono::milliseconds limit) {
  // What carries nothing has no number to follow.
  const std::string name = how_.carrier == "moysklad" ? "UF_CRM_LOGISTICS_ORDER_ID" : "UF_CRM_TRACKING_NUMBER";
  return eventually([&] { return !field(deal, name).empty(); }, limit);
}

} // namespace waybill::test
