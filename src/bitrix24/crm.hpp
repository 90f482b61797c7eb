// Typed reads and writes of the CRM. Reads of many deals in one moment become list calls of up to 50 ids.
#pragma once
#include <bitrix24/client.hpp>
#include <waybill/money.hpp>
#include <waybill/shipment.hpp>
#include <waybill/time.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::bitrix24 {

struct deal {
  std::int64_t id{0};
  std::string title;
  std::int64_t category{0};
  std::string stage;    // "C2:UC_SHIP01"
  std::string semantic; // P | S | F
  bool closed{false};
  money opportunity;                  // the deal's whole amount
  std::int64_t company{0};            // 0: none
  std::vector<std::int64_t> contacts; // the primary one first
  std::int64_t responsible{0};
  std::string updated, moved; // ISO as sent
  boost::json::object fields; // everything as read, user fields by their UF_CRM_ names
};

struct product_row {
  std::int64_t product{0}; // 0: a free row
  std::string name;
  money price;          // per unit, after discount, with tax
  money full_price;     // the same before discount
  std::string quantity; // decimal text: may be fractional
  std::optional<int> tax_percent;
  int type{1};           // 1 simple, 2 set, 3 parent, 4 variation, 7 service
  int measure_code{796}; // OKEI
  std::string xml_id;
};

struct catalog_product {
  std::int64_t id{0};
  std::int64_t parent{0}; // of a variation
  std::int64_t section{0};
  std::string name;
  std::string xml_id;           // SKU in 1C/MoySklad
  std::string code;             // symbolic
  std::string article, barcode; // of the properties that the portal's settings name
  std::int64_t weight_g{0}, length_mm{0}, width_mm{0}, height_mm{0}; // 0: unknown
  int type{1};
};

struct contact {
  std::int64_t id{0};
  std::string name, second_name, last_name; // company: title in name
  std::vector<std::string> phones;          // as typed, mobile and work first
  std::vector<std::string> emails;
};

// All that mapping needs to make a shipment of a deal.
struct deal_bundle {
  bitrix24::deal deal;
  std::vector<product_row> rows;
  std::map<std::int64_t, catalog_product> products;     // by row's product id, parents too
  std::map<std::int64_t, std::int64_t> section_parents; // section -> its parent (0: top), for defaults
  std::optional<contact> person;
  std::optional<contact> company;
  std::optional<address> requisite_address; // of the requisites, when the deal has neither address nor pickup point
  std::map<std::string, std::string> delivery_types; // enumeration id -> XML_ID, else text
  std::map<std::string, std::string> carriers;       // the same for the deal's carrier field
  std::string locale;
};

struct stage {
  std::string id;
  std::string name;
  std::string semantic;
  int sort{0};
};

struct timeline_comment {
  std::int64_t id{0};
  std::string text;
  instant created{};
};

class crm {
 public:
  explicit crm(std::shared_ptr<client> portal);

  // ---- reads; concurrent calls are coalesced -------------------------------------------------------------------
  awaitable<result<bitrix24::deal>> deal(std::int64_t id);             // not_found when deleted
  awaitable<result<deal_bundle>> bundle(bitrix24::deal d);             // everything else about it
  awaitable<result<std::vector<stage>>> stages(std::int64_t category); // cached
  // Deals in these stages without an order number, after `after_id`, at most 50, by ascending id (the sweep).
  awaitable<result<std::vector<bitrix24::deal>>>
  deals_without_order(std::int64_t category, std::vector<std::string> stages, std::int64_t after_id);
  // Deals that entered these stages since then, after `after_id`, at most 50, by ascending id.
  awaitable<result<std::vector<bitrix24::deal>>>
  deals_moved_since(std::int64_t category, std::vector<std::string> stages, instant since, std::int64_t after_id);
  awaitable<result<std::vector<timeline_comment>>> comments(std::int64_t deal); // newest first, at most 50
  // Ids of delivery requests' owners etc. come with the delivery service.

  // ---- writes ---------------------------------------------------------------------------------------------------
  // One crm.item.update. The answer is read back: a field that the portal ignored (unknown name) is named in the
  // result. `updated` is the deal's stamp after the write (deal::updated), which tells our own event from a person's.
  struct update_result {
    std::vector<std::string> ignored;
    std::string updated;
  };
  awaitable<result<update_result>> update_deal(std::int64_t id, boost::json::object fields);
  awaitable<result<std::int64_t>> add_comment(std::int64_t deal, std::string text);
  awaitable<result<void>> notify(std::int64_t user, std::string text, std::string tag);
  awaitable<result<std::int64_t>> add_todo(std::int64_t deal, std::int64_t responsible, std::string title,
                                           std::string text, instant deadline);
  // PDF and the like into a file field.
  awaitable<result<void>> attach_file(std::int64_t deal, std::string field, std::string file_name, std::string bytes);

  client& portal();
  std::shared_ptr<client> shared_portal();

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

// sale.delivery.request.*, contract section 7. For shipments that came by the delivery button.
struct request_update {
  std::int64_t delivery_id{0};
  std::string request_id;
  std::string status_text; // empty: no STATUS
  bool success{false};     // SEMANTIC success, else process
  bool finalize{false};
  struct property {
    std::string name, value;
    bool phone{false};
  };
  std::vector<property> properties;
};
awaitable<result<void>> update_delivery_request(std::shared_ptr<client> portal, request_update u);
awaitable<result<void>> message_manager(std::shared_ptr<client> portal, std::int64_t delivery_id,
                                        std::string request_id, std::string subject, std::string body,
                                        std::string semantic);
// A real SMS, paid by the portal's owner; true also when nobody could be reached.
awaitable<result<void>> message_recipient(std::shared_ptr<client> portal, std::int64_t delivery_id,
                                          std::string request_id, std::string body);
awaitable<result<void>> delete_delivery_request(std::shared_ptr<client> portal, std::int64_t delivery_id,
                                                std::string request_id);

// What `waybill check` says of a portal: one line each, `ok` false with a remedy.
struct finding {
  bool ok{true};
  std::string what;
  std::string remedy;
};
awaitable<std::vector<finding>> inspect(std::shared_ptr<client> portal);

} // namespace waybill::bitrix24
