// What the stand-in remembers, and the pieces it is made of. Used by sandbox_*.cpp only.
#pragma once
#include <waybill/carrier.hpp>
#include <waybill/json.hpp>
#include <waybill/stand_in.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace waybill::moysklad::sandbox {

// An answer that is a refusal.
struct problem {
  int status{400};
  std::int64_t code{0};
  std::string text, parameter;
};

// Any object: a document, a good, a customer. `body` holds its plain fields and links; positions stand beside it.
struct thing {
  std::string type, id, ui_id;
  json::object body;
  std::vector<json::object> positions;
  std::string made_from; // the order of a shipment, the shipment of a return
  instant created{}, updated{};
  bool deleted{false};
};

struct hook {
  std::string id, url, type, action, diff;
  bool enabled{true};
};

struct list_query {
  std::map<std::string, std::vector<std::string>> equal; // field -> any of these
  std::size_t limit{1000}, offset{0};
  std::set<std::string> expand;
};

class world : public std::enable_shared_from_this<world> {
 public:
  explicit world(stand_in_context c);

  stand_in_context context;
  std::string account_id;
  std::map<std::string, std::deque<thing>> tables;         // by type; never erased
  std::map<std::string, std::vector<json::object>> states; // of a document type
  std::map<std::string, std::vector<json::object>> attributes;
  std::map<std::string, std::map<std::string, std::int64_t>> stock; // good -> warehouse -> pieces
  std::vector<hook> hooks;
  std::map<std::string, std::int64_t> counts, hooks_sent;
  std::shared_ptr<fault_list> faults = std::make_shared<fault_list>();
  bool revoked{false}, unique_numbers{false}, ship_stock_only{false};
  int in_flight{0};

  // sandbox.cpp
  std::string new_uuid();
  std::chrono::milliseconds scaled(std::chrono::milliseconds d) const;
  thing* find(std::string_view type, std::string_view id);
  const json::object* state_named(std::string_view type, std::string_view name) const;
  const json::object* state_of(const thing& t) const;

  // sandbox_seed.cpp
  void seed();
  thing& put_thing(std::string type, json::object body);

  // sandbox_documents.cpp
  http_response create(const std::string& type, const json::value& body);
  http_response update(const std::string& type, std::string_view id, const json::value& body);
  http_response read(const std::string& type, std::string_view id, const list_query& q);
  http_response read_positions(const std::string& type, std::string_view id);
  http_response erase(const std::string& type, std::string_view id);
  json::object view(const thing& t, const list_query& q = {}) const;
  // Takes the fields of `body` into a copy; what is wrong with them, if anything.
  std::optional<problem> fill(thing& copy, const json::object& body, bool creating);

  // sandbox_lists.cpp
  http_response list(const std::string& type, const list_query& q);
  http_response metadata(const std::string& type) const;
  http_response attribute_list(const std::string& type) const;
  http_response stock_report(bool by_store, const form_fields& query);
  http_response hook_list() const;
  http_response hook_change(const std::string& method, std::string_view id, const json::value& body);

  // sandbox_moves.cpp
  result<void> advance(const std::string& reference, std::string code, const std::string& reason);
  void post_hooks(const thing& t, std::string_view action, std::vector<std::string> fields);
  std::vector<std::string> muted; // prefixes that the request under way keeps silent
  boost::json::value state() const;

  // The bucket of units; 0: the request may pass, else milliseconds until it may.
  std::int64_t take_units(int units);
  int units_left() const { return static_cast<int>(units_); }

 private:
  std::mt19937_64 random_{std::random_device{}()};
  double units_{45};
  std::chrono::steady_clock::time_point refilled_ = std::chrono::steady_clock::now();
};

// sandbox_checks.cpp
// What is wrong with a link `o` to one of `types` (comma-separated); its id into `id`.
std::optional<problem> check_link(world& w, const json::value* o, std::string_view types, std::string_view parameter,
                                  std::string& id);
std::optional<problem> check_state(const world& w, const std::string& type, const json::value& link,
                                   std::string_view parameter, std::string& id);
std::optional<problem> check_attribute(const world& w, const std::string& type, const json::value& given,
                                       json::object& stored);
std::optional<problem> check_position(world& w, const std::string& type, const json::value& given,
                                      json::object& stored);
std::optional<problem> check_texts(const json::object& body);
result<list_query> read_query(const std::string& type, std::string_view raw);

http_response reply(int status, const json::value& v);
http_response refuse(const problem& p);
json::object meta_of(std::string_view path, std::string_view type);
std::int64_t units(const json::object& o, std::string_view key); // thousandths
std::string moscow(instant when);

} // namespace waybill::moysklad::sandbox
