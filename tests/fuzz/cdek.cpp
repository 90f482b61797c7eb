// What CDEK answers and calls us with.
#include "fuzz.hpp"

#include <cdek/mapping.hpp>
#include <waybill/json.hpp>

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waybill;
  const auto text = fuzz::text_of(data, size);

  http_request request;
  request.method = "POST";
  request.path = "/carriers/cdek-main/secret";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::string(text);
  if (const auto notices = cdek::read_webhook(request))
    for (const auto& notice : *notices)
      fuzz::must(!notice.relevant || !notice.order_id.empty() || !notice.reference.empty());

  const auto answer = json::parse(text, 64 * 1024);
  if (!answer) return 0;
  static const cdek::settings how{};
  if (const auto facts = cdek::read_order(how, *answer)) {
    fuzz::must(!facts->order.id.empty());
    (void)cdek::is_deletable(*facts);
    (void)cdek::is_closed(*facts);
    for (std::size_t i = 1; i < facts->order.events.size(); ++i) fuzz::must(!facts->order.events[i].code.empty());
  }
  for (const char* type : {"CREATE", "UPDATE", "DELETE"}) (void)cdek::verdict_of(*answer, type);
  (void)cdek::entity_uuid(*answer);
  (void)cdek::read_tariff_list(how, *answer);
  (void)cdek::read_tariff(136, *answer);
  (void)cdek::read_form(*answer);
  return 0;
}
