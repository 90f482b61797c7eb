#include "goods.hpp"

#include "ids.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

namespace waybill::moysklad {
namespace {

using namespace std::chrono_literals;

constexpr auto goods_live = std::chrono::hours(24);
constexpr auto absence_lives = 10min;
constexpr std::size_t longest_filter = 3000; // the whole head of a request may have 8 KB
constexpr std::size_t most_near = 5000;
constexpr std::array<std::string_view, 4> types{wire::product, wire::variant, wire::bundle, wire::service};

std::string cache_key(const good_key& key) {
  return "good:" + stable_uuid(fmt::format("{}={}", field_of(key.first), key.second));
}

bool has_value(const json::object& row, match_by by, const std::string& value) {
  if (by != match_by::barcode) {
    const auto text = json::text(row, field_of(by));
    return text && lower_ascii(*text) == lower_ascii(value);
  }
  const auto* all = json::list(row, wire::barcodes);
  if (all == nullptr) return false;
  for (const auto& each : *all)
    if (const auto* o = each.if_object())
      for (const auto& [kind, code] : *o)
        if (json::as_text(code) == value) return true;
  return false;
}

std::string describe(const item& i) {
  const std::string& code = !i.article.empty() ? i.article : !i.code.empty() ? i.code : i.sku;
  const std::string name = shortened(i.name, 80);
  return code.empty() ? "\"" + name + "\"" : "\"" + name + "\" (" + shortened(code, 60) + ")";
}

} // namespace

// One call of find(): what is looked for, and what was found.
struct goods::search {
  std::vector<std::vector<good_key>> keys; // of each item
  std::vector<std::optional<good>> found;
  std::vector<std::string> found_by; // the cache's key
  std::set<std::size_t> unweighed;   // variants: their product has the weight
};

goods::goods(settings how, std::shared_ptr<client> api, marks notes, clock_fn clock)
    : how_(std::move(how)), api_(std::move(api)), marks_(std::move(notes)), clock_(clock) {}

awaitable<std::optional<good>> goods::remembered(std::string key) {
  if (const auto it = near_.find(key); it != near_.end()) {
    if (clock_() < it->second.until) co_return it->second.what;
    near_.erase(it);
  }
  std::optional<good> none;
  const std::string text = co_await marks_.get(key);
  if (text.empty()) co_return none;
  const auto parsed = json::parse(text, 16 * 1024);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  if (o == nullptr) co_return none;
  const instant until{std::chrono::milliseconds(json::integer_or(*o, "until"))};
  good g;
  g.type = json::text_or(*o, "type");
  g.id = json::text_or(*o, "id");
  g.parent = json::text_or(*o, "parent");
  g.name = json::text_or(*o, "name");
  g.weight_g = json::integer_or(*o, "weight_g");
  g.volume_mm3 = json::integer_or(*o, "volume_mm3");
  g.vat_enabled = json::boolean(*o, "vat_enabled").value_or(false);
  g.vat = json::integer_or(*o, "vat");
  if (!is_uuid(g.id) || clock_() >= until) co_return none;
  near_[key] = kept{g, until};
  std::optional<good> out(std::move(g));
  co_return out;
}

awaitable<void> goods::remember(std::string key, good g) {
  if (near_.size() >= most_near) near_.clear();
  const instant until = clock_() + goods_live;
  near_[key] = kept{g, until};
  const json::object record{{"type", g.type},
                            {"id", g.id},
                            {"parent", g.parent},
                            {"name", g.name},
                            {"weight_g", g.weight_g},
                            {"volume_mm3", g.volume_mm3},
                            {"vat", g.vat},
                            {"vat_enabled", g.vat_enabled},
                            {"until", until.time_since_epoch().count()}};
  std::string text = json::serialize(record);
  co_await marks_.set(std::move(key), std::move(text), goods_live);
}

awaitable<void> goods::forget(std::vector<item> items) {
  for (const item& i : items)
    for (const good_key& key : keys_of(how_, i)) {
      std::string name = cache_key(key);
      near_.erase(name);
      co_await marks_.drop(std::move(name));
    }
}

// One field in one kind of goods, for all items that are still without.
awaitable<result<void>> goods::ask_for(std::shared_ptr<search> s, match_by by, std::string type) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < s->keys.size(); ++i)
    if (!s->found[i])
      for (const auto& [field, value] : s->keys[i])
        if (field == by && std::ranges::find(values, value) == values.end()) values.push_back(value);
  if (values.empty()) co_return result<void>{};
  std::map<std::string, std::vector<good>> hits;
  for (std::string& filter : filters_for(field_of(by), values, longest_filter)) {
    call c;
    c.operation = "goods";
    c.path = "/entity/" + type;
    c.query = "filter=" + filter + "%3Barchived%3Dfalse&limit=1000";
    const auto answer = co_await api_->ask(std::move(c));
    if (!answer) {
      // Variants have an article since the summer of 2026 only; where they cannot be asked for it, they have none.
      const bool young = type == wire::variant && by == match_by::article && !is_transient(answer.error().code) &&
                         answer.error().code != errc::forbidden;
      if (young) continue;
      co_return fail(answer.error());
    }
    const auto* o = answer->if_object();
    const auto* rows = o == nullptr ? nullptr : json::list(*o, wire::rows);
    if (rows == nullptr) co_return fail(errc::protocol, "MoySklad's list of goods is no list", "moysklad.no_rows");
    for (const auto& each : *rows) {
      const auto* row = each.if_object();
      const auto g = row == nullptr ? std::nullopt : read_good(how_, type, *row);
      if (!g) continue;
      for (const std::string& value : values)
        if (has_value(*row, by, value)) hits[value].push_back(*g);
    }
  }
  for (std::size_t i = 0; i < s->keys.size(); ++i) {
    if (s->found[i]) continue;
    for (const good_key& key : s->keys[i]) {
      if (key.first != by) continue;
      const auto it = hits.find(key.second);
      if (it == hits.end()) continue;
      if (it->second.size() > 1)
        co_return fail(errc::rejected,
                       fmt::format("MoySklad has {} goods with {} \"{}\": leave it to one of them", it->second.size(),
                                   field_of(by), shortened(key.second, 60)),
                       "moysklad.ambiguous_good");
      s->found[i] = it->second.front();
      s->found_by[i] = cache_key(key);
      if (type == wire::variant && s->found[i]->weight_g == 0) s->unweighed.insert(i);
    }
  }
  co_return result<void>{};
}

// A variant weighs what its product weighs.
awaitable<result<void>> goods::weigh_variants(std::shared_ptr<search> s) {
  std::vector<std::string> parents;
  for (const std::size_t i : s->unweighed)
    if (const std::string& p = s->found[i]->parent; is_uuid(p) && std::ranges::find(parents, p) == parents.end())
      parents.push_back(p);
  if (parents.empty()) co_return result<void>{};
  for (std::string& filter : filters_for(wire::id, parents, longest_filter)) {
    call c;
    c.operation = "goods";
    c.path = "/entity/product";
    c.query = "filter=" + filter + "&limit=1000";
    const auto answer = co_await api_->ask(std::move(c));
    if (!answer) co_return fail(answer.error());
    const auto* o = answer->if_object();
    const auto* rows = o == nullptr ? nullptr : json::list(*o, wire::rows);
    if (rows == nullptr) co_return fail(errc::protocol, "MoySklad's list of goods is no list", "moysklad.no_rows");
    for (const auto& each : *rows) {
      const auto* row = each.if_object();
      const auto product = row == nullptr ? std::nullopt : read_good(how_, std::string(wire::product), *row);
      if (!product) continue;
      for (const std::size_t i : s->unweighed)
        if (good& g = *s->found[i]; g.parent == product->id) {
          g.weight_g = product->weight_g;
          g.volume_mm3 = g.volume_mm3 == 0 ? product->volume_mm3 : g.volume_mm3;
          g.vat = product->vat;
          g.vat_enabled = product->vat_enabled;
        }
    }
  }
  co_return result<void>{};
}

awaitable<result<std::vector<std::optional<good>>>> goods::find(std::vector<item> items, bool absence_counts) {
  const auto s = std::make_shared<search>();
  s->found.resize(items.size());
  s->found_by.resize(items.size());
  for (const item& i : items) s->keys.push_back(keys_of(how_, i));
  for (std::size_t i = 0; i < items.size(); ++i)
    for (const good_key& key : s->keys[i]) {
      auto known = co_await remembered(cache_key(key));
      if (!known) continue;
      s->found[i] = std::move(known);
      break;
    }
  const auto absent = [this](const good_key& key) {
    const auto it = absent_.find(cache_key(key));
    return it != absent_.end() && clock_() < it->second;
  };
  if (absence_counts)
    for (std::size_t i = 0; i < items.size(); ++i)
      if (!s->found[i] && std::ranges::all_of(s->keys[i], absent)) s->keys[i].clear();
  for (const match_by by : how_.product_match)
    for (const std::string_view type : types) {
      if (by == match_by::article && type == wire::service) continue; // services have none
      const auto asked = co_await ask_for(s, by, std::string(type));
      if (!asked) co_return fail(asked.error());
    }
  const auto weighed = co_await weigh_variants(s);
  if (!weighed) co_return fail(weighed.error());
  if (absent_.size() >= most_near) absent_.clear();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!s->found[i])
      for (const good_key& key : s->keys[i]) absent_[cache_key(key)] = clock_() + absence_lives;
    else if (!s->found_by[i].empty()) co_await remember(s->found_by[i], *s->found[i]);
  }
  co_return std::move(s->found);
}

awaitable<result<good>> goods::create(item i) {
  const auto keys = keys_of(how_, i);
  json::object body;
  body[wire::title] = shortened(i.name.empty() ? keys.front().second : i.name, 255);
  body[wire::sync_id] = sync_id(wire::product, fmt::format("{}={}", field_of(keys.front().first), keys.front().second));
  for (const auto& [by, value] : keys) {
    if (by != match_by::barcode) body[field_of(by)] = value;
    else body[wire::barcodes] = json::array{json::object{{"code128", value}}};
  }
  if (i.weight_g > 0) body[wire::weight] = decimal_of(i.weight_g, how_.weight_power);
  if (i.vat_percent) {
    body[wire::vat] = *i.vat_percent;
    body[wire::vat_enabled] = true;
  }
  call c;
  c.operation = "create_product";
  c.method = "POST";
  c.path = "/entity/product";
  c.body = std::move(body);
  c.kind = call_kind::change;
  c.repeatable = true; // the syncId makes it so
  auto answer = co_await api_->ask(std::move(c));
  if (!answer) {
    fault f = answer.error();
    if (f.code == errc::outcome_unknown) f.code = errc::unavailable; // the repeat finds what was made
    co_return fail(std::move(f));
  }
  const auto* o = answer->if_object();
  auto made = o == nullptr ? std::nullopt : read_good(how_, std::string(wire::product), *o);
  if (!made) co_return fail(errc::protocol, "MoySklad's answer lacks the new product", "moysklad.no_id");
  co_await remember(cache_key(keys.front()), *made);
  co_return std::move(*made);
}

awaitable<result<std::vector<good>>> goods::require(std::vector<item> items) {
  auto found = co_await find(items, false);
  if (!found) co_return fail(found.error());
  std::vector<good> out;
  std::string missing;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!(*found)[i] && how_.create_unknown && !keys_of(how_, items[i]).empty()) {
      item one = items[i];
      auto made = co_await create(std::move(one));
      if (!made) co_return fail(made.error());
      (*found)[i] = std::move(*made);
    }
    if ((*found)[i]) out.push_back(std::move(*(*found)[i]));
    else if (missing.size() < 400) missing += (missing.empty() ? "" : ", ") + describe(items[i]);
  }
  if (!missing.empty())
    co_return fail(errc::bad_input,
                   "MoySklad has no goods for " + missing + ": add them there, or give the article the same code",
                   "moysklad.unknown_good");
  co_return out;
}

} // namespace waybill::moysklad
