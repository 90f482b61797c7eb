// What MoySklad answers and calls us with.
#include "fuzz.hpp"

#include <moysklad/errors.hpp>
#include <moysklad/ids.hpp>
#include <moysklad/mapping.hpp>
#include <moysklad/webhooks.hpp>
#include <waybill/gzip.hpp>
#include <waybill/json.hpp>

#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waybill;
  const auto text = fuzz::text_of(data, size);
  if (const auto plain = gunzip(text, 1000)) fuzz::must(plain->size() <= 1000);
  (void)moysklad::scaled(text, 3);
  (void)moysklad::moscow_time(text);

  http_request request;
  request.method = "POST";
  request.body = std::string(text);
  if (const auto notices = moysklad::read_webhook(request, "", {}))
    for (const auto& notice : *notices) fuzz::must(!notice.relevant || !notice.order_id.empty());

  const auto answer = json::parse(text, 64 * 1024);
  if (!answer) return 0;
  (void)moysklad::errors_in(*answer);
  const auto* o = answer->if_object();
  if (o == nullptr) return 0;
  static const moysklad::settings how{};
  (void)moysklad::facts_from(*answer);
  (void)moysklad::read_good(how, "variant", *o);
  moysklad::order_documents docs;
  docs.order = *o;
  docs.demands.push_back(*o);
  docs.returns.push_back(*o);
  const moysklad::account_facts facts;
  fuzz::must(!moysklad::read_order(how, facts, docs).events.empty());
  if (const auto* rows = json::list(*o, "rows")) {
    (void)moysklad::changed_positions(how, {}, *rows);
    (void)moysklad::unreserved(*rows);
    (void)moysklad::demand_body(facts, *o, *rows, "r");
    (void)moysklad::return_body(*o, *rows, "r");
  }
  return 0;
}
