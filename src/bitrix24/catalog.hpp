// Weights and sizes: products and variations by id, merged into list calls and kept for a while.
#pragma once
#include <bitrix24/crm.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace waybill::bitrix24 {

class catalog {
 public:
  explicit catalog(std::shared_ptr<client> portal);

  // By id, with the parents of variations. Ids that the catalogue lacks are left out.
  awaitable<result<std::map<std::int64_t, catalog_product>>> products(std::vector<product_row> rows);
  // Section -> its parent (0: top), for these and all above them.
  awaitable<result<std::map<std::int64_t, std::int64_t>>> section_parents(std::vector<std::int64_t> sections);

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace waybill::bitrix24
