#include <delivery/portal_reader.hpp>

namespace waybill::delivery {
namespace {

class rest_reader final : public portal_reader {
 public:
  explicit rest_reader(std::shared_ptr<workflow::services> s) : s_(std::move(s)) {}

  awaitable<result<sale::place_of_shipment>> place_of(std::string portal, std::int64_t shipment) override {
    return sale::find_shipment(client_of(portal), shipment);
  }
  awaitable<result<std::vector<sale::shipment_property>>> properties(std::string portal) override {
    return sale::shipment_properties(client_of(portal));
  }

 private:
  // Callers name portals of the configuration only; each of them has its client.
  sale::portal_client client_of(const std::string& portal) const {
    return s_->portals.find(portal)->second.crm->shared_portal();
  }
  std::shared_ptr<workflow::services> s_;
};

} // namespace

std::shared_ptr<portal_reader> make_portal_reader(std::shared_ptr<workflow::services> s) {
  return std::make_shared<rest_reader>(std::move(s));
}

} // namespace waybill::delivery
