// The product as it runs: the built binary as daemon, the built binary as sandbox, a real Redis, and the steps that
// managers and carriers take.
#pragma once
#include <waybill/http.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <support/process.hpp>
#include <support/redis_server.hpp>

namespace waybill::test {

struct world_options {
  std::string carrier{"cdek"}; // type of the account that ships
  std::string beside{};        // type of a system that holds the shipment too
  std::string beside_more{};   // TOML lines into its [[carriers]], before its tables
  bool embedded_redis{false};
  std::string portal_more{};   // TOML lines into [[portals]], after its plain keys
  std::string carrier_more{};  // TOML lines into [[carriers]], before its tables
  std::string server_more{};   // TOML lines into [server]
  std::string redis_section{}; // instead of the test's own [redis]
  std::string settle_time{"1s"};
  std::string poll_interval{"15m"};
  std::string sweep_interval{"10m"};
  std::string lease{"2s"};
  double speed{20};              // the sandbox's delays are divided by it
  int requests_per_second{1000}; // of the portal; tests of the limits lower it
  int burst{5000};
  bool subscribe{true};         // the portal announces changes of deals
  bool carrier_announces{true}; // the carrier's webhooks reach the daemon
  // TOML lines instead of the inbound webhook; "@sandbox@" becomes the sandbox's host and port.
  std::string portal_access{};
};

class world {
 public:
  explicit world(world_options how = {});
  ~world();

  // ---- the daemon
  void start(std::map<std::string, std::string> environment = {}, int number = 0);
  void start_without_waiting(std::map<std::string, std::string> environment = {}, int number = 0);
  process& daemon(int number = 0);
  bool ready(int number = 0);
  // Exit code of a short command of the binary; its output is in `output`.
  int command(std::vector<std::string> words, std::string* output = nullptr);
  std::string url(const std::string& path, int number = 0) const;
  std::string log_of(int number = 0) const;
  // The next start() writes its configuration from these.
  world_options& options() { return how_; }

  // ---- the portal
  // A complete deal: courier to Tver, one product with weight. `more` overrides and adds keys of the sandbox's API.
  std::int64_t deal(json::object more = {});
  void move(std::int64_t deal, const std::string& stage);
  void edit(std::int64_t deal, json::object change);
  json::value read(std::int64_t deal);
  std::string field(std::int64_t deal, const std::string& name);
  std::vector<std::string> comments(std::int64_t deal);
  void portal_fault(json::object fault);
  json::value portal(const std::string& path);
  json::value portal_send(const std::string& method, const std::string& path, const json::value& body);
  // Posts the event of a deal to the daemon as the portal would, and gives the status of the answer.
  int announce(std::int64_t deal, int number = 0);
  std::int64_t stat(const std::string& name); // a number of the portal's statistics

  // ---- the carrier
  void advance(const std::string& reference, const std::string& code = {}, const std::string& reason = {});
  void carrier_fault(json::object fault);
  // The stand-in's view; of another system than the one that ships, by its type.
  json::value carrier(const std::string& type = {});
  // How many orders that were not refused ever existed under our number.
  std::int64_t orders_made(const std::string& reference, const std::string& type = {});

  // ---- waiting
  bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit = std::chrono::seconds(20));
  bool shipped(std::int64_t deal,
               std::chrono::milliseconds limit = std::chrono::seconds(20)); // tracking number in the deal

  http_response send(const std::string& method, const std::string& url, std::string body = {},
                     std::string type = "application/json");
  redis_server& redis() { return *redis_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  // "127.0.0.1:port" of the sandbox.
  std::string sandbox() const;

  static constexpr const char* token = "0123456789abcdef0123456789abcdef";

 private:
  std::string config(int number) const;
  json::value call(const std::string& method, const std::string& url, const std::string& body, int expected = 200);

  world_options how_;
  temporary_folder folder_{"waybill-e2e"};
  asio::io_context io_{1};
  std::shared_ptr<http_client> http_;
  std::unique_ptr<redis_server> redis_;
  std::unique_ptr<process> sandbox_;
  int sandbox_port_{0};
  std::map<int, int> ports_;
  std::map<int, std::unique_ptr<process>> daemons_;
};

// The number under which a deal's order stands at the carrier; further ones end in "-2" and so on.
inline std::string deal_reference(std::int64_t deal, int number = 1) {
  const std::string first = "B24-main-" + std::to_string(deal);
  return number == 1 ? first : first + "-" + std::to_string(number);
}

// Comments in the deal's timeline that contain this.
inline std::int64_t count(world& w, std::int64_t deal, std::string_view part) {
  return std::ranges::count_if(w.comments(deal), [&](const std::string& c) { return c.contains(part); });
}

} // namespace waybill::test
