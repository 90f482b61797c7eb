// One portal as it is kept: what managers see, what the REST methods read and write, its settings and its counters.
// Plain data and the few operations that keep it consistent; nothing here waits or sends. Used from one thread.
#pragma once
#include <sandbox/fields.hpp>
#include <sandbox/limits.hpp>
#include <sandbox/sale.hpp>
#include <waybill/json.hpp>
#include <waybill/time.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace waybill::sandbox {

struct item {
  entity type{entity::deal};
  std::int64_t id{0};
  json::object values; // by universal name, user fields by UF_CRM_ name; "fm" holds phones and e-mails
};

struct stage {
  std::string id; // C2:EXECUTING
  std::string name;
  std::string semantics; // P | S | F
  int sort{10};
  bool system{false};
};

struct category {
  std::int64_t id{0};
  std::string name;
  int sort{100};
  std::vector<stage> stages;
};

struct catalog_entry {
  std::int64_t id{0};
  std::int64_t iblock{0};
  std::int64_t parent{0}; // of a variation
  std::int64_t section{0};
  int type{1}; // 1 simple, 3 parent, 4 variation, 7 service
  std::string name{};
  std::string xml_id{};
  std::optional<std::int64_t> weight_g{}, length_mm{}, width_mm{}, height_mm{};
  std::int64_t price_minor{0};
};

struct section {
  std::int64_t id{0};
  std::int64_t parent{0};
  std::int64_t iblock{0};
  std::string name;
};

struct user {
  std::int64_t id{0};
  std::string name, last_name;
  bool admin{false};
};

struct subscription {
  std::string url;
  std::string application_token;
  std::set<std::string> events; // upper case
  bool application{false};      // bound by an application: its events carry tokens
  std::int64_t handler_id{0};
  bool offline{false}; // nothing is sent: the events wait to be fetched
};

// An event that waits for event.offline.get: one of an object, the last one.
struct offline_event {
  std::int64_t id{0};
  std::string name;
  std::int64_t object{0};
  std::string at;
  std::string process; // who has reserved it
  bool failed{false};
};

// One start of a rule of the application, and what it gave back.
struct robot_run {
  std::string token;
  std::string code;
  std::int64_t deal{0};
  json::object properties;
  bool awaited{true}; // the next rules wait for bizproc.event.send
  bool done{false};
  json::object returned;
  std::string log;
};

// What the portal sends by itself. `data` as below "data[...]" (or the robot's document).
struct outgoing {
  enum class sort { event, robot, app_robot }; // of an application's rule `name` is the token of the run
  sort what{sort::event};
  std::string name; // ONCRMDEALUPDATE
  std::int64_t deal{0};
  std::vector<std::pair<std::string, std::string>> more; // further FIELDS
  std::string url;                                       // of a robot
  std::int64_t user{0};                                  // who made the change; 0: a robot or agent, then no tokens
};

struct fault_rule {
  std::string method{"*"}; // lower case; "batch", "oauth.token" too
  std::string kind;        // down | latency | lost_answer | rename | garbage | error
  std::int64_t count{1};   // -1: until cleared or `until`
  std::optional<instant> until;
  int status{0}; // down: 0 closes the connection, else an HTML page
  std::chrono::milliseconds latency{0};
  std::string to; // rename
};

struct settings {
  double requests_per_second{2};
  double burst{50};
  double operating_limit_s{480};
  double read_ms{20};
  double write_ms{60};
  double cut_s{60};
  std::map<std::string, double> method_ms; // lower case name -> simulated execution time
  std::int64_t token_lifetime_s{3600};
  std::string webhook_code{"sandboxcode0000001"};
  std::string client_id{"local.sandbox0000000.00000001"};
  std::string client_secret{"sandboxclientsecret0001"};
  std::set<std::string> scopes{"crm",       "catalog",         "im",   "user",     "user_basic", "bizproc",
                               "placement", "userfieldconfig", "sale", "delivery", "pay_system", "salescenter"};
  std::string handler_http{"1.0"}; // how the delivery handler is called: 1.0 | 1.1
  double handler_timeout_s{60};
  std::map<std::string, std::set<std::string>>
      required_fields; // stage ("*": any) -> fields that must be filled to enter it
  bool classic_update_starts_robots{false};
  std::int64_t lose_events{0};   // so many next events are lost
  std::int64_t double_events{0}; // so many next events come twice
  std::chrono::milliseconds event_delay{0};
  std::int64_t reorder_window{0}; // > 1: events are held until so many wait, then sent in reverse
};

struct token {
  std::int64_t user{1};
  instant expires{};
};

struct statistics {
  std::int64_t requests{0}, refused_503{0}, refused_429{0}, batches{0}, commands_in_batches{0};
  std::int64_t events_sent{0}, events_lost{0}, events_failed{0}, token_refreshes{0};
  std::int64_t parallel{0}, max_parallel{0};
  std::map<std::string, std::int64_t> commands; // executed, by method
  std::map<std::string, double> operating;      // execution seconds, by method
  std::map<std::string, std::int64_t> errors;   // by code
};

struct delivery_request {
  std::int64_t delivery_id{0};
  std::string request_id;
  std::int64_t deal{0};
  std::string status_text, status_semantic;
  bool finalized{false};
  json::array properties; // {NAME, VALUE, TAGS}
  json::array messages;   // {ADDRESSEE, MESSAGE}
  json::array updates;    // everything that came, in order
  bool deleted{false};
  bool cancelled{false};                 // the handler agreed to it
  std::vector<std::int64_t> shipments{}; // none: made by the control API
};

struct delivery_service {
  std::int64_t id{0};
  std::int64_t parent{0};
  std::string rest_code, name, currency{"RUB"}, profile; // no rest_code: one of the portal's own
  json::array config;
  std::string description{};
  bool active{true};
  std::int64_t sort{100};
  json::value logotype{};
};

class portal {
 public:
  portal(std::string id, std::function<instant()> clock);

  std::string id;
  std::string member_id;
  std::string application_token; // of the installed application
  settings how;
  statistics stats;
  std::function<instant()> clock;
  std::function<void(outgoing)> emit = [](const outgoing&) {}; // where events and robots go

  std::vector<user_field> user_fields;    // of deals
  std::vector<user_field> invoice_fields; // UF_CRM_SMART_INVOICE_...
  std::vector<category> categories;
  std::map<entity, std::map<std::int64_t, item>> items;
  std::map<std::int64_t, json::array> rows;     // deal -> product rows, universal spelling
  std::map<std::int64_t, json::array> comments; // deal -> {id, text, author, created, files}
  std::map<std::int64_t, json::array> todos;
  std::map<std::int64_t, json::array> log_messages;
  json::array notifications; // {id, user, message, tag, kind}
  json::array stage_history; // as crm.stagehistory.list shows it
  json::array requisites;    // {ID, ENTITY_TYPE_ID, ENTITY_ID, ..}
  json::array addresses;     // as crm.address.list shows it
  std::vector<catalog_entry> catalogue;
  std::vector<section> sections;
  std::vector<user> users;
  std::vector<delivery_service> services;
  std::vector<delivery_request> requests;
  json::array handlers; // sale.delivery.handler.*
  json::array placements;
  json::array robots_of_app;                      // bizproc.robot.*
  std::map<std::string, json::object> app_robots; // stage -> {code, properties}: the application's rule on it
  std::vector<robot_run> robot_runs;
  std::vector<offline_event> offline;
  store shop;
  bool installed{true}; // the application
  std::vector<subscription> subscriptions;
  std::map<std::string, std::string> robots; // stage -> url of its "outgoing webhook" rule
  std::vector<fault_rule> faults;

  std::map<std::string, token> access_tokens;
  std::map<std::string, std::int64_t> refresh_tokens; // -> user; each is good for one use
  std::map<std::string, leaky_bucket> buckets;        // by source address
  std::map<std::string, operating_meter> operating;   // "caller method"

  std::int64_t next_id() { return ++last_id_; }
  std::int64_t last_id_{500};

  item* find(entity e, std::int64_t item_id);
  const user_field* find_user_field(std::string_view name) const; // of deals
  const std::vector<user_field>& fields_made_for(entity e) const; // contacts and companies have none here
  const category* find_category(std::int64_t category_id) const;
  const stage* find_stage(std::int64_t category_id, std::string_view stage_id) const;
  // The pipeline that a stage id belongs to.
  std::optional<std::int64_t> category_of(std::string_view stage_id) const;
  const catalog_entry* find_product(std::int64_t product_id) const;

  struct token_pair {
    std::string access, refresh;
    std::int64_t user{1};
  };
  token_pair issue_tokens(std::int64_t user_id);
};

// How a change came about.
struct change {
  std::int64_t user{1};
  bool by_robot{false}; // then events carry no tokens
  bool starts_robots{true};
  bool silent{false}; // neither events nor robots nor checks of required fields
};

// Creates an item; a deal gets its defaults, its first stage history entry, its event and its robot.
std::expected<std::int64_t, value_error> create_item(portal& p, entity e, json::object values, change how);
// The event and the robot of a deal that was created silently.
void announce_created(portal& p, const item& deal, change how);
// Writes what really changes: true when something did. Checks stage, pipeline and required fields of deals.
std::expected<bool, value_error> change_item(portal& p, item& it, json::object values, change how);
void delete_item(portal& p, entity e, std::int64_t id, change how);
// The sum of the rows becomes the deal's amount unless that is manual.
void set_rows(portal& p, std::int64_t deal, json::array rows);

// Starts a rule of the application on a deal: its call goes out with a new token. Empty: no such rule.
std::string run_app_robot(portal& p, const std::string& code, std::int64_t deal, json::object properties);
// Keeps an event for those who fetch theirs.
void keep_offline(portal& p, const outgoing& what);

// The defaults of a new portal.
void seed(portal& p);

} // namespace waybill::sandbox
