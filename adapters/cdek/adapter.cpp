#include <waybill/carrier.hpp>
namespace waybill::cdek {
const carrier_type& type() {
  static const carrier_type t{"cdek", "СДЭК", "https://api.cdek.ru/v2", {}};
  return t;
}
} // namespace waybill::cdek
