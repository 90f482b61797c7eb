// What the typed CRM calls share. Private to the room.
#pragma once
#include <bitrix24/cache.hpp>
#include <bitrix24/catalog.hpp>
#include <bitrix24/crm.hpp>
#include <bitrix24/loader.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace waybill::bitrix24 {

inline constexpr int deal_type = 2, contact_type = 3, company_type = 4, requisite_type = 8;
inline constexpr std::size_t page_size = 50;

using names_by_id = std::map<std::string, std::string>;

// Reads that need no more than the client.
// crm.item.list of one type by ids, each item as it came.
awaitable<result<std::map<std::int64_t, boost::json::object>>> fetch_items(std::shared_ptr<client> portal, int type,
                                                                           std::shared_ptr<id_group> group);
awaitable<result<std::map<std::int64_t, std::vector<product_row>>>> fetch_rows(std::shared_ptr<client> portal,
                                                                               std::shared_ptr<id_group> group);
// Empty: no such field, or no list field.
awaitable<result<names_by_id>> fetch_enumeration(std::shared_ptr<client> portal, std::string field);
// Of the contact's or the company's requisites; nothing: none there.
awaitable<result<std::optional<address>>> fetch_requisite_address(std::shared_ptr<client> portal, std::int64_t person,
                                                                  std::int64_t company);
// "*" and every user field that the configuration names.
boost::json::array deal_select(const config::deal_fields& fields);

struct crm::impl {
  explicit impl(std::shared_ptr<client> p);

  std::shared_ptr<client> portal;
  std::shared_ptr<loader<boost::json::object>> deals, contacts, companies;
  std::shared_ptr<loader<std::vector<product_row>>> rows;
  std::map<std::string, std::shared_ptr<loader<names_by_id>>> enumeration_loaders;
  catalog goods;

  struct enumeration {
    names_by_id names;
    std::chrono::steady_clock::time_point read;
  };
  cache<std::string, enumeration> enumerations;
  cache<std::int64_t, std::vector<stage>> stages;

  static awaitable<result<bitrix24::deal>> read_one(std::shared_ptr<impl> self, std::int64_t id);
  static awaitable<result<deal_bundle>> bundle(std::shared_ptr<impl> self, bitrix24::deal d);
  static awaitable<result<std::optional<contact>>> person(std::shared_ptr<impl> self, std::int64_t id);
  static awaitable<result<std::optional<contact>>> company(std::shared_ptr<impl> self, std::int64_t id);
  static awaitable<result<std::vector<product_row>>> rows_of(std::shared_ptr<impl> self, std::int64_t deal);
  // `seen`: ids that must be known; an unknown one makes the list be read again, at most once a minute.
  static awaitable<result<names_by_id>> names(std::shared_ptr<impl> self, std::string field,
                                              std::vector<std::string> seen);
  static awaitable<result<std::vector<stage>>> stages_of(std::shared_ptr<impl> self, std::int64_t category);
  // Without an order number, or (with `moved_since`) that came into these stages since then.
  static awaitable<result<std::vector<bitrix24::deal>>> in_stages(std::shared_ptr<impl> self, std::int64_t category,
                                                                  std::vector<std::string> stages,
                                                                  std::optional<instant> moved_since,
                                                                  std::int64_t after_id);
};

} // namespace waybill::bitrix24
