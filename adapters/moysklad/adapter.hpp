// One MoySklad account behind the carrier interface. What is sent and read stands in mapping; here is the order of
// calls. MoySklad carries nothing: it keeps the goods and the documents of a shipment, alone or beside a carrier.
#pragma once
#include "client.hpp"
#include "customers.hpp"
#include "directory.hpp"
#include "goods.hpp"
#include "mapping.hpp"
#include "webhooks.hpp"

#include <waybill/carrier.hpp>
#include <waybill/marks.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::moysklad {

class adapter final : public carrier {
 public:
  explicit adapter(carrier_context context, clock_fn clock = &now, pacing pace = {});

  const capabilities& can() const override { return can_; }
  awaitable<result<std::string>> probe() override;
  awaitable<result<carrier_order>> create_order(shipment s) override;
  awaitable<result<std::optional<carrier_order>>> find_order(std::string reference) override;
  awaitable<result<carrier_order>> order(std::string id) override;
  awaitable<result<carrier_order>> update_order(std::string id, shipment s) override;
  awaitable<result<carrier_order>> cancel(std::string id) override;
  result<std::vector<carrier_notice>> parse_webhook(const http_request& request) override;
  awaitable<result<carrier_order>> tell_progress(std::string id, progress p) override;
  awaitable<result<std::vector<goods_fact>>> goods_facts(std::vector<item> items) override;
  awaitable<result<std::string>> keep_webhooks(std::string url) override;

 private:
  using documents_ptr = std::shared_ptr<order_documents>;

  // One object as it is now; the answer of a change is the whole object too.
  awaitable<result<json::object>> get(document d, std::string id);
  awaitable<result<json::object>> put(document d, std::string id, json::object body, std::string operation);
  awaitable<result<json::object>> post(document d, json::object body, std::string operation, bool repeatable);
  awaitable<result<json::array>> positions_of(document d, std::string id);
  awaitable<result<std::vector<json::object>>> listed(std::string field, std::string value);

  // The order under our reference, whoever made it. Several: conflict.
  awaitable<result<std::optional<json::object>>> look_up(std::string reference);
  // Its shipments and returns.
  awaitable<result<documents_ptr>> documents(json::object order);
  // As the core takes it.
  awaitable<result<carrier_order>> told(documents_ptr docs);

  awaitable<result<json::object>> make(shipment s, bool own_number);
  // Changes what differs from the shipment.
  awaitable<result<carrier_order>> align(json::object order, shipment s);

  struct telling; // one call of tell_progress
  awaitable<result<void>> ship(std::shared_ptr<telling> t);
  awaitable<result<void>> mark_shipments(std::shared_ptr<telling> t);
  awaitable<result<void>> take_back(std::shared_ptr<telling> t);
  awaitable<result<void>> mark_order(std::shared_ptr<telling> t);

  awaitable<result<std::map<std::string, std::int64_t>>> stock_of(std::vector<std::string> ids);

  settings how_;
  capabilities can_;
  clock_fn clock_;
  marks marks_;
  std::shared_ptr<client> api_;
  directory directory_;
  goods goods_;
  customers customers_;
  document_index index_; // which order a shipment or a return belongs to, as far as we have seen
};

const carrier_type& type();

} // namespace waybill::moysklad
