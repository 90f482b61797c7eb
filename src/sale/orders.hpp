// The online store's half of a sale: order, payments and shipments behind a deal. Contract sale, sections 9 and 10.
#pragma once
#include <bitrix24/client.hpp>
#include <waybill/money.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace waybill::sale {

using portal_client = std::shared_ptr<bitrix24::client>;

// One shipment of an order, as sale.shipment.get and .list have it.
struct shipment {
  std::int64_t id{0};
  std::int64_t order{0};
  std::int64_t service{0}; // deliveryId: the profile service
  std::string tracking_number;
  std::string status_id; // DN, DF, WA ...
  bool deducted{false};  // the goods left the stock
  money price;           // priceDelivery
  struct line {
    std::int64_t id{0};
    std::int64_t basket{0};
    std::string quantity; // decimal text
  };
  std::vector<line> lines;
  boost::json::object raw; // as read: an update must send all of it back
};

struct payment {
  std::int64_t id{0};
  std::int64_t order{0};
  bool paid{false};
  bool cash{false}; // paySystemIsCash "Y"
  money sum;
  std::int64_t pay_system{0};
};

struct basket_line {
  std::int64_t id{0};
  std::int64_t product{0};
  std::string name;
  std::string sku; // productXmlId
  money price;     // per unit
  std::string quantity;
  std::int64_t weight_g{0};                             // per unit; 0: unknown
  std::int64_t width_mm{0}, height_mm{0}, length_mm{0}; // 0: unknown
  std::optional<int> vat_percent;
};

struct order {
  std::int64_t id{0};
  std::string number;
  money price;
  bool canceled{false};
  std::vector<basket_line> basket;
  std::vector<payment> payments;
  std::vector<shipment> shipments;
  std::int64_t contact{0}; // 0: none
  std::int64_t company{0};
  std::int64_t responsible{0}; // 0: nobody
  std::string comment;         // the client's own
};

// Where a shipment belongs: two commands in one batch. `deal` 0: a shop order without a deal. not_found: no such
// shipment.
struct place_of_shipment {
  shipment what;
  std::int64_t deal{0};
  std::int64_t invoice{0};
};
awaitable<result<place_of_shipment>> find_shipment(portal_client portal, std::int64_t shipment_id);

awaitable<result<order>> read_order(portal_client portal, std::int64_t order_id); // not_found
awaitable<result<std::vector<std::int64_t>>> orders_of_deal(portal_client portal, std::int64_t deal);

// One line of crm.item.delivery.list: the deal's shipments, short. Empty without an order.
struct deal_delivery {
  std::int64_t shipment{0};
  std::int64_t service{0};
  money price;
  bool deducted{false};
};
awaitable<result<std::vector<deal_delivery>>> deliveries_of_deal(portal_client portal, std::int64_t deal);

// Writes what the change names and sends all else of the shipment back as it was just read: a patch that wipes nothing.
struct shipment_change {
  std::optional<std::string> tracking_number;
  std::optional<std::string> status_id;
  // The status is written only over one of these: one that a person has set stays. Empty: over any.
  std::vector<std::string> only_over;
  std::optional<money> price;
};
awaitable<result<void>> change_shipment(portal_client portal, std::int64_t shipment_id, shipment_change change);

// What the id of a property in PROPERTY_VALUES means; kept for ten minutes per portal by the caller.
struct shipment_property {
  std::int64_t id{0};
  std::int64_t person_type{0};
  std::string code; // WAYBILL_PVZ ...
  std::string type; // STRING, ADDRESS ...
  std::string name;
  bool address_from{false}, address_to{false};
};
awaitable<result<std::vector<shipment_property>>> shipment_properties(portal_client portal);

} // namespace waybill::sale
