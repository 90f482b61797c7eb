// One CDEK account behind the carrier interface. What is sent and read stands in mapping; here is the order of calls.
#pragma once
#include "client.hpp"
#include "mapping.hpp"
#include "offices.hpp"

#include <waybill/carrier.hpp>
#include <waybill/marks.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::cdek {

// How patient the adapter is with CDEK's asynchronous answers. Tests wait less and hold the clock.
struct patience {
  clock_fn clock{&now};
  std::chrono::milliseconds first_look{700}; // before the first look at a verdict inside one call
  std::chrono::milliseconds between_looks{1'000};
  int looks{6};        // for changes, returns, courier calls
  int label_looks{20}; // forms take longer
};

class adapter final : public carrier {
 public:
  explicit adapter(carrier_context context, patience how_long = {});

  const capabilities& can() const override { return can_; }
  awaitable<result<std::string>> probe() override;
  awaitable<result<std::vector<quote>>> quote_for(shipment s) override;
  awaitable<result<carrier_order>> create_order(shipment s) override;
  awaitable<result<std::optional<carrier_order>>> find_order(std::string reference) override;
  awaitable<result<carrier_order>> order(std::string id) override;
  awaitable<result<carrier_order>> update_order(std::string id, shipment s) override;
  awaitable<result<carrier_order>> cancel(std::string id) override;
  awaitable<result<return_order>> create_return(std::string id, std::string service) override;
  awaitable<result<label>> make_label(std::string id, label_kind kind) override;
  awaitable<result<std::vector<pickup_point>>> pickup_points(pickup_query query) override;
  awaitable<result<std::string>> request_courier(courier_request request) override;
  result<std::vector<carrier_notice>> parse_webhook(const http_request& request) override;
  awaitable<result<std::string>> keep_webhooks(std::string url) override;

 private:
  struct looked {
    json::value answer;
    order_facts facts;
  };

  awaitable<result<json::value>> get_order(std::string id);
  awaitable<result<looked>> look(std::string id);
  // Merges the steps of the return order (CDEK's own, or the one that we asked for) into the direct one.
  awaitable<result<carrier_order>> with_way_back(order_facts f);
  // Waits a little until the request of this type is judged; gives the last look.
  awaitable<result<looked>> settle(std::string id, std::string request_type);
  awaitable<result<carrier_order>> remove(std::string id);
  awaitable<result<carrier_order>> refuse(std::string id);
  struct printed_form {
    std::string uuid;
    bool reused{false}; // made by an earlier call
  };
  awaitable<result<printed_form>> form_for(std::string id, label_kind kind);
  awaitable<result<void>> form_ready(std::string form, label_kind kind);
  awaitable<result<std::int64_t>> city_of_sender();

  awaitable<void> remember_uuid(std::string reference, std::string uuid);

  settings how_;
  patience patience_;
  capabilities can_;
  marks marks_; // their loss costs a detour, never an order
  std::shared_ptr<client> api_;
  offices offices_;
};

const carrier_type& type();

} // namespace waybill::cdek
