// Goods of a deal among MoySklad's: looked for in batches, remembered for a day, made where the account allows it.
#pragma once
#include "client.hpp"
#include "settings.hpp"

#include <waybill/carrier.hpp>
#include <waybill/marks.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waybill::moysklad {

// One product, variant, bundle or service.
struct good {
  std::string type, id;
  std::string parent; // of a variant: its product
  std::string name;
  std::int64_t weight_g{0}, volume_mm3{0}; // 0: unknown or not plausible
  bool vat_enabled{false};
  std::int64_t vat{0};
  friend bool operator==(const good&, const good&) = default;
};

// What an item is looked for by, in the order of the settings; fields that it lacks are left out.
using good_key = std::pair<match_by, std::string>;
std::vector<good_key> keys_of(const settings& how, const item& i);
std::string_view field_of(match_by by);

// A row of a list; nothing when it is not usable.
std::optional<good> read_good(const settings& how, const std::string& type, const json::object& row);
// Grams and cubic millimetres of a bare number in the account's unit; 0 when it is not plausible.
std::int64_t plausible_weight(const settings& how, const json::object& row);
std::int64_t plausible_volume(const settings& how, const json::object& row);
// "code=A;code=B", percent-encoded, at most `most` bytes a text; a value's own ';' and '\' are guarded.
std::vector<std::string> filters_for(std::string_view field, const std::vector<std::string>& values, std::size_t most);

class goods {
 public:
  goods(settings how, std::shared_ptr<client> api, marks notes, clock_fn clock);

  // One per item, same order; nothing where MoySklad has none. A key with several goods: rejected, naming it.
  // `absence_counts`: what was missing some minutes ago is not looked for again.
  awaitable<result<std::vector<std::optional<good>>>> find(std::vector<item> items, bool absence_counts);
  // As find(), but what is missing is made, or refused with the names of the goods.
  awaitable<result<std::vector<good>>> require(std::vector<item> items);
  // What was remembered of these is not to be trusted any more.
  awaitable<void> forget(std::vector<item> items);

 private:
  struct search;
  awaitable<std::optional<good>> remembered(std::string key);
  awaitable<void> remember(std::string key, good g);
  awaitable<result<void>> ask_for(std::shared_ptr<search> s, match_by by, std::string type);
  awaitable<result<void>> weigh_variants(std::shared_ptr<search> s);
  awaitable<result<good>> create(item i);

  settings how_;
  std::shared_ptr<client> api_;
  marks marks_;
  clock_fn clock_;
  struct kept {
    good what;
    instant until{};
  };
  std::map<std::string, kept> near_;      // in this process, so that a busy shop does not ask Redis for each line
  std::map<std::string, instant> absent_; // a good that is nowhere costs up to a dozen requests
};

} // namespace waybill::moysklad
