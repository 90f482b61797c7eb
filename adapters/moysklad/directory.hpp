// What the account is made of: legal entity, warehouse, states, additional fields. Read at the first need and once an
// hour, shared by all processes through the cache, read anew when MoySklad no longer knows something of it.
#pragma once
#include "client.hpp"
#include "settings.hpp"
#include "statuses.hpp"

#include <waybill/carrier.hpp>
#include <waybill/marks.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::moysklad {

struct attribute_info {
  std::string id, name, kind; // kind: string | text | link | long | double | ...
  bool required{false};
};

struct account_facts {
  std::string account_id;
  std::string organization_id, organization_name;
  std::string store_id, store_name; // empty: the account has none
  std::string sales_channel_id, project_id;
  std::string delivery_type, delivery_id; // the service that delivery is sold as
  bool delivery_vat_enabled{false};
  std::int64_t delivery_vat{0};
  std::map<document, std::vector<state_info>> states;
  std::map<document, std::vector<attribute_info>> attributes;
  std::int64_t read_at{0}; // milliseconds since 1970

  const state_info* state(document d, const std::string& id) const;
  const state_info* state_named(document d, const std::string& name) const;
  const attribute_info* attribute_named(document d, const std::string& name) const;
};

json::value to_json(const account_facts& f);
std::optional<account_facts> facts_from(const json::value& v);

class directory {
 public:
  using facts_ptr = std::shared_ptr<const account_facts>;
  directory(settings how, std::shared_ptr<client> api, marks notes, executor ex, clock_fn clock);

  // Faults: forbidden where the configuration names something that the account lacks.
  awaitable<result<facts_ptr>> facts();
  // The next facts() asks MoySklad.
  awaitable<void> forget();
  // The accountId, if it is known by now.
  std::string account_id() const;

 private:
  awaitable<std::optional<account_facts>> from_cache();
  awaitable<result<account_facts>> read();
  awaitable<result<json::array>> rows(std::string path, std::string query);
  awaitable<result<json::object>> choose(std::string type, std::string wanted, std::string setting);
  awaitable<result<void>> read_document(std::shared_ptr<account_facts> into, document d);

  settings how_;
  std::shared_ptr<client> api_;
  marks marks_;
  clock_fn clock_;
  std::string cache_key_;
  facts_ptr now_;
  bool reading_{false};
  signal read_done_;
};

} // namespace waybill::moysklad
