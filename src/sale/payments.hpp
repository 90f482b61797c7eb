// Payments of a deal or an invoice, what they cover, and their documents. A paid payment cannot be changed: forbidden.
#pragma once
#include <sale/orders.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace waybill::sale {

// Deal (2) or smart invoice (31).
struct owner {
  int type{2};
  std::int64_t id{0};
};

struct crm_payment {
  std::int64_t id{0};
  std::string number; // "117/1"
  bool paid{false};
  std::int64_t pay_system{0};
  std::string pay_system_name;
  money sum;
};
awaitable<result<std::vector<crm_payment>>> payments_of(portal_client portal, owner whose); // empty without an order
awaitable<result<crm_payment>> payment_by_id(portal_client portal, std::int64_t id);        // not_found

// Makes the order too when there is none. Returns once the portal finds the new payment, which it may not at once.
// After a lost answer the list is compared with the one before.
awaitable<result<std::int64_t>> add_payment(portal_client portal, owner whose);
awaitable<result<void>> set_pay_system(portal_client portal, std::int64_t payment, std::int64_t pay_system);
awaitable<result<void>> delete_payment(portal_client portal, std::int64_t payment); // gone already: done
// Reads first and reads back: true when it was changed by this call, false when it was so already.
awaitable<result<bool>> mark_paid(portal_client portal, std::int64_t payment);
awaitable<result<bool>> mark_unpaid(portal_client portal, std::int64_t payment);

// What a payment covers: product rows of the deal ...
struct paid_row {
  std::int64_t id{0};
  std::int64_t row{0};
  std::string quantity; // decimal text
};
awaitable<result<std::vector<paid_row>>> paid_rows(portal_client portal, std::int64_t payment);
// A row that is there already keeps its id and gets this quantity.
awaitable<result<std::int64_t>> put_paid_row(portal_client portal, std::int64_t payment, std::int64_t row,
                                             std::string quantity);
awaitable<result<void>> set_paid_quantity(portal_client portal, std::int64_t paid_row, std::string quantity);
awaitable<result<void>> remove_paid_row(portal_client portal, std::int64_t paid_row); // gone already: done

// ... and shipments. `deliveryId` of these methods is the shipment.
struct paid_delivery {
  std::int64_t id{0};
  std::int64_t shipment{0};
};
awaitable<result<std::vector<paid_delivery>>> paid_deliveries(portal_client portal, std::int64_t payment);
awaitable<result<std::int64_t>> put_paid_delivery(portal_client portal, std::int64_t payment, std::int64_t shipment);
awaitable<result<void>> move_paid_delivery(portal_client portal, std::int64_t paid_delivery, std::int64_t shipment);
awaitable<result<void>> remove_paid_delivery(portal_client portal, std::int64_t paid_delivery); // gone already: done

// The store's own record of a payment: knows whether its system is cash, and carries documents.
awaitable<result<payment>> store_payment(portal_client portal, std::int64_t id); // not_found
awaitable<result<std::vector<payment>>> payments_of_order(portal_client portal, std::int64_t order);
// The number of the carrier's register; all else is sent back as it was just read. `date`: YYYY-MM-DD or empty.
awaitable<result<void>> set_payment_document(portal_client portal, std::int64_t payment, std::string number,
                                             std::string date);

struct pay_system {
  std::int64_t id{0};
  std::string name;
  bool cash{false};
};
awaitable<result<std::vector<pay_system>>> pay_systems(portal_client portal); // active ones; scope pay_system

struct payment_link {
  std::string url, short_url;
};
awaitable<result<payment_link>> link_to_pay(portal_client portal, std::int64_t payment); // scope salescenter

} // namespace waybill::sale
