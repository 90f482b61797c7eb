// One DPD account behind the carrier interface. What is sent and read stands in mapping; here is the order of calls.
#pragma once
#include "client.hpp"
#include "events.hpp"
#include "mapping.hpp"
#include "places.hpp"
#include "record.hpp"

#include <waybill/carrier.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::dpd {

class adapter final : public carrier {
 public:
  explicit adapter(carrier_context context, clock_fn clock = &now);

  const capabilities& can() const override { return can_; }
  awaitable<result<std::string>> probe() override;
  awaitable<result<std::vector<quote>>> quote_for(shipment s) override;
  awaitable<result<carrier_order>> create_order(shipment s) override;
  awaitable<result<std::optional<carrier_order>>> find_order(std::string reference) override;
  awaitable<result<carrier_order>> order(std::string id) override;
  awaitable<result<carrier_order>> update_order(std::string id, shipment s) override;
  awaitable<result<carrier_order>> cancel(std::string id) override;
  awaitable<result<label>> make_label(std::string id, label_kind kind) override;
  awaitable<result<std::vector<pickup_point>>> pickup_points(pickup_query query) override;
  awaitable<result<feed>> read_feed() override;
  awaitable<result<void>> confirm_feed(std::string receipt) override;

 private:
  // What DPD says of a number; nothing: it has no such order.
  awaitable<result<std::optional<order_answer>>> ask_status(std::string number, std::string date);
  // Under the date that was sent, then under the earlier ones.
  awaitable<result<std::optional<order_answer>>> look(order_record r);
  // The identity of the order, kept before DPD hears of it. The second: an order that is there already.
  struct identity {
    order_record record;
    std::optional<order_answer> there;
  };
  awaitable<result<identity>> fix_identity(shipment s);
  awaitable<result<carrier_order>> settle_create(order_record r, order_answer a);
  // Takes over what DPD said into the record and makes our order of it.
  awaitable<result<carrier_order>> taken(order_record r, order_answer a);
  carrier_order order_of(const order_record& r) const;
  // The events of the inbox and, where they leave a gap, of the history.
  awaitable<carrier_order> with_events(carrier_order out, order_record r);
  awaitable<std::vector<stored_event>> inbox_of(std::string number);
  awaitable<result<std::optional<order_record>>> keep_news(order_news news);
  awaitable<result<void>> move_parcels(std::string operation, order_record r, std::vector<box> moved,
                                       std::vector<box> after);
  awaitable<place_asked> start_place();
  awaitable<place_asked> end_place(shipment s);

  settings how_;
  capabilities can_;
  clock_fn clock_;
  std::shared_ptr<carrier_cache> cache_;
  std::shared_ptr<client> api_;
  std::shared_ptr<places> places_;
  records records_;
};

const carrier_type& type();

} // namespace waybill::dpd
