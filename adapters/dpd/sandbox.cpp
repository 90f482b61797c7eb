// Transport, authentication, injected faults and the view from outside.
#include "sandbox.hpp"

#include "sandbox_world.hpp"

#include <waybill/text.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::dpd {
namespace {

using namespace sandbox;

http_response xml(int status, std::string body) {
  http_response r;
  r.status = status;
  r.headers.emplace_back("Content-Type", std::string(soap::content_type));
  r.body = std::move(body);
  return r;
}

http_response faulty(const soap::fault_to_say& f) { return xml(500, soap::fault_envelope(f)); }

http_response client_fault(std::string text) {
  soap::fault_to_say f;
  f.code = "Client";
  f.text = std::move(text);
  return faulty(f);
}

http_response throttled() {
  http_response r = xml(429, "");
  r.headers.emplace_back("Retry-After", "1");
  return r;
}

std::string description(std::string_view service) {
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?><definitions "
                     "xmlns=\"http://schemas.xmlsoap.org/wsdl/\" targetNamespace=\"{}\" name=\"{}\"/>",
                     space_of(service), service);
}

// The auth element stands in the wrapper, or for one operation right below.
soap::node auth_in(const soap::node& request) {
  if (const soap::node direct = request.child("auth")) return direct;
  const auto wrapper = request.elements();
  return wrapper.empty() ? soap::node() : wrapper.front().child("auth");
}

class dpd_stand_in final : public stand_in {
 public:
  explicit dpd_stand_in(stand_in_context c) : world_(std::make_shared<world>(std::move(c))) {}

  awaitable<http_response> handle(http_request rq) override { return serve(world_, std::move(rq)); }
  void inject(stand_in_fault f) override { world_->faults->inject(std::move(f)); }
  result<void> advance(std::string reference, std::string code, std::string reason) override {
    return world_->advance(reference, std::move(code), std::move(reason));
  }

  boost::json::value state() const override {
    world_->ripen();
    json::array orders;
    json::object live_by, created_by, requests;
    std::int64_t waiting = 0;
    for (const order& o : world_->orders) {
      json::array parcels, extras;
      for (const auto& [number, weight] : o.parcels) parcels.emplace_back(number);
      for (const std::string& e : o.extras) extras.emplace_back(e);
      for (const event& e : o.events) waiting += e.confirmed ? 0 : 1;
      orders.push_back({{"number", o.number},
                        {"dpd_number", o.dpd},
                        {"date", o.date},
                        {"status", o.status},
                        {"last_event", o.last()},
                        {"live", o.live()},
                        {"variant", o.variant},
                        {"service", o.service},
                        {"point", o.point},
                        {"value", o.value},
                        {"parcels", std::move(parcels)},
                        {"extras", std::move(extras)},
                        {"goods", o.goods}});
      live_by[o.number] = json::integer_or(live_by, o.number) + (o.live() ? 1 : 0);
      created_by[o.number] = json::integer_or(created_by, o.number) + (o.made() ? 1 : 0);
    }
    for (const auto& [name, n] : world_->counts) requests[name] = n;
    return json::object{{"orders", std::move(orders)},
                        {"live_by_number", std::move(live_by)},
                        {"created_by_number", std::move(created_by)},
                        {"requests", std::move(requests)},
                        {"unconfirmed_events", waiting}};
  }

 private:
  static awaitable<http_response> serve(std::shared_ptr<world> w, http_request rq) {
    auto parts = path_segments(rq.path);
    if (!parts.empty() && parts.front() == "services") parts.erase(parts.begin());
    const std::string service = parts.size() == 1 ? parts.front() : std::string();
    const bool describes = rq.method == "GET" && rq.query == "wsdl";
    auto said = describes ? result<soap::message>(soap::message{}) : soap::read_message(rq.body);
    const operation* what = said && !said->fault ? find_operation(service, said->payload.name()) : nullptr;
    const std::string name(describes ? "describe" : what != nullptr ? what->called : "unknown");
    ++w->counts[name];
    std::function<http_response(const std::string*)> job = [w, service, describes, rq = std::move(rq),
                                                            said = std::move(said), what](const std::string* refusal) {
      if (space_of(service).empty()) return xml(404, "<html><body>Not found</body></html>");
      if (describes) return xml(200, description(service));
      return work(*w, service, rq, said, what, refusal);
    };
    fault_shapes shapes;
    shapes.throttled = throttled;
    shapes.garbage = "<?xml version=\"1.0\"?><S:Envelope xmlns:S=\"http://schemas.xmlso";
    co_return co_await with_faults(w->faults, name, w->context.speed, std::move(shapes), std::move(job));
  }

  static http_response work(world& w, const std::string& service, const http_request& rq,
                            const result<soap::message>& said, const operation* what, const std::string* refusal) {
    const std::string* type = find_header(rq.headers, "Content-Type");
    if (rq.method != "POST" || type == nullptr || !lower_ascii(*type).starts_with("text/xml"))
      return xml(415, "<html><body>Unsupported Media Type</body></html>");
    if (const std::string* action = find_header(rq.headers, "SOAPAction"); action == nullptr || *action != "\"\"")
      return client_fault("The SOAPAction header is missing or not empty");
    if (!said) return client_fault("Couldn't create SOAP message: " + said.error().what);
    if (what == nullptr || said->payload.space() != space_of(service))
      return client_fault(
          fmt::format("Cannot find dispatch method for {{{}}}{}", said->payload.space(), said->payload.name()));
    if (auto wrong = misshapen(said->payload, what->shape)) return client_fault(*wrong);
    const soap::node auth = auth_in(said->payload);
    const std::string client = soap::text_or(auth, "clientNumber");
    if (soap::text_or(auth, "clientKey").find("wrong") != std::string::npos)
      return answer(service, *what, refused(service, "AUTH", "Ошибка авторизации клиента"));
    w.ripen();
    return answer(service, *what, dispatch(w, *what, said->payload, client, refusal));
  }

  static answer_parts dispatch(world& w, const operation& what, const soap::node& request, const std::string& client,
                               const std::string* refusal) {
    const std::string_view name = what.name;
    if (name == "createOrder2") return w.create(request, refusal);
    if (name == "getOrderStatus") return w.status(request);
    if (name == "cancelOrder") return w.cancel(request);
    if (name == "addParcels" || name == "removeParcels") return w.move_parcels(request, name == "addParcels");
    if (name == "getInvoiceFile") return w.invoice(request);
    if (name == "createLabelFile") return w.print(request);
    if (name == "getEvents") return w.events(request, client);
    if (name == "confirm") return w.confirm(request);
    if (name == "getStatesByClientOrder") return w.states(request);
    if (name == "getParcelShops") return w.shops(request);
    if (name == "getTerminalsSelfDelivery2") return w.terminals();
    if (name == "getCitiesCashPay") return w.cities(request);
    return w.cost(request, name == "getServiceCostByParcels2");
  }

  static http_response answer(const std::string& service, const operation& what, const answer_parts& parts) {
    if (parts.fault) return faulty(*parts.fault);
    return xml(200, soap::envelope(space_of(service), std::string(what.name) + "Response", parts.children));
  }

  std::shared_ptr<world> world_;
};

} // namespace

std::unique_ptr<stand_in> make_stand_in(stand_in_context context) {
  return std::make_unique<dpd_stand_in>(std::move(context));
}

sandbox::answer_parts sandbox::refused(std::string_view service, std::string code, std::string message) {
  soap::writer w;
  w.put("code", code).put("message", message);
  answer_parts out;
  out.fault = soap::fault_to_say{"Server", std::move(message), std::string(space_of(service)), "WSFault", w.take()};
  return out;
}

} // namespace waybill::dpd
