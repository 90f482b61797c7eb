// A deal that ships, and its portal, for the tests of the mapping.
#pragma once
#include <mapping/mapping.hpp>

#include <string>

namespace waybill::mapping::test {

inline bitrix24::product_row row_of(std::int64_t product, std::string name, std::int64_t price,
                                    std::string quantity = "1") {
  bitrix24::product_row r;
  r.product = product;
  r.name = std::move(name);
  r.price = {price, "RUB"};
  r.quantity = std::move(quantity);
  return r;
}

inline bitrix24::catalog_product product_of(std::int64_t id, std::int64_t weight, std::int64_t length,
                                            std::int64_t width, std::int64_t height) {
  bitrix24::catalog_product p;
  p.id = id;
  p.weight_g = weight;
  p.length_mm = length;
  p.width_mm = width;
  p.height_mm = height;
  return p;
}

inline config::portal portal() {
  config::portal p;
  p.id = "main";
  p.fields.cash_on_delivery = "UF_CRM_COD";
  p.fields.declared_value = "UF_CRM_DECLARED";
  p.fields.parcels = "UF_CRM_PARCELS";
  p.fields.comment = "UF_CRM_COMMENT";
  p.delivery_row_names = {"Доставка"};
  p.parcels.weight_g = 500;
  p.parcels.length_mm = 200;
  p.parcels.width_mm = 150;
  p.parcels.height_mm = 100;
  return p;
}

inline bitrix24::deal_bundle bundle() {
  bitrix24::deal_bundle b;
  b.deal.id = 759;
  b.deal.opportunity = {450'000, "RUB"};
  b.deal.fields = {{"UF_CRM_DELIVERY_ADDRESS", "г Тверь, ул Советская, 14|;|"},
                   {"UF_CRM_DELIVERY_TYPE", 45},
                   {"UF_CRM_DELIVERY_PHONE", nullptr}};
  b.delivery_types = {{"45", "courier"}, {"46", "pickup"}, {"47", "Экспресс"}};
  b.carriers = {{"51", "cdek"}};
  b.rows = {row_of(201, "Кроссовки, 42", 450'000)};
  b.products = {{201, product_of(201, 900, 330, 210, 120)}};
  bitrix24::contact c;
  c.id = 31;
  c.name = "Иван";
  c.second_name = "Петрович";
  c.last_name = "Сидоров";
  c.phones = {"8 (912) 345-67-89"};
  c.emails = {"ivan@example.com"};
  b.person = c;
  return b;
}

inline std::string keys(const std::vector<obstacle>& list) {
  std::string all;
  for (const auto& o : list) all += (all.empty() ? "" : " ") + o.key;
  return all;
}
inline std::string keys(const std::vector<remark>& list) {
  std::string all;
  for (const auto& r : list) all += (all.empty() ? "" : " ") + r.key;
  return all;
}

} // namespace waybill::mapping::test
