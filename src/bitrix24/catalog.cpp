#include <bitrix24/cache.hpp>
#include <bitrix24/catalog.hpp>
#include <bitrix24/loader.hpp>
#include <bitrix24/running.hpp>
#include <bitrix24/values.hpp>
#include <waybill/json.hpp>

#include <algorithm>
#include <set>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;
using namespace std::chrono_literals;

constexpr int variation = 4, service = 7;
constexpr std::size_t page = 50;
constexpr std::size_t deepest_section = 12;

// Products and variations live in different information blocks, and lists want to be told which.
struct blocks {
  std::vector<std::int64_t> products, variations;
};
using found_products = std::map<std::int64_t, catalog_product>;

void add_unique(std::vector<std::int64_t>& list, std::int64_t id) {
  if (id > 0 && std::ranges::find(list, id) == list.end()) list.push_back(id);
}

bj::array numbers(const std::vector<std::int64_t>& ids) { return bj::array(ids.begin(), ids.end()); }

bj::object list_params(const config::portal& portal, bool variations, std::int64_t block,
                       const std::vector<std::int64_t>& ids) {
  bj::array select{"id",     "iblockId", "iblockSectionId", "name",  "type", "weight",
                   "length", "width",    "height",          "xmlId", "code"};
  if (variations) select.emplace_back("parentId");
  for (const auto* names : {&portal.article_properties, &portal.barcode_properties})
    for (const auto& name : *names) select.emplace_back(name);
  bj::object params;
  params["select"] = std::move(select);
  params["filter"] = bj::object{{"iblockId", block}, {"id", numbers(ids)}};
  return params;
}

// What the loaders' reads share; apart from them, so that nothing owns itself.
struct state {
  std::shared_ptr<client> portal;
  std::optional<blocks> known_blocks;
  std::chrono::steady_clock::time_point blocks_until{};
  std::shared_ptr<loader<blocks>> block_loader;
};

awaitable<result<std::map<std::int64_t, blocks>>> fetch_blocks(std::shared_ptr<client> portal,
                                                               std::shared_ptr<id_group> group) {
  group->sealed = true;
  bj::object none;
  auto got = co_await portal->call("catalog.catalog.list", std::move(none));
  if (!got) co_return fail(got.error());
  blocks b;
  for (const auto* c : records(got->result, "catalogs")) {
    const auto id = json::integer_or(*c, "iblockId"), of = json::integer_or(*c, "productIblockId");
    if (of > 0) {
      add_unique(b.variations, id);
      add_unique(b.products, of);
    } else {
      add_unique(b.products, id);
    }
  }
  std::map<std::int64_t, blocks> out;
  out.emplace(0, std::move(b));
  co_return out;
}

awaitable<result<blocks>> blocks_of(std::shared_ptr<state> s) {
  if (s->known_blocks && s->blocks_until > std::chrono::steady_clock::now()) co_return *s->known_blocks;
  auto got = co_await loader<blocks>::load(s->block_loader, 0);
  if (!got) co_return fail(got.error());
  s->known_blocks = **got;
  s->blocks_until = std::chrono::steady_clock::now() + 24h;
  co_return *s->known_blocks;
}

awaitable<result<answer>> list_late(std::shared_ptr<client> portal, bool variations, std::int64_t block,
                                    std::shared_ptr<id_group> group) {
  const std::function<bj::object()> params = [portal, variations, block, group] {
    group->sealed = true;
    return list_params(portal->portal(), variations, block, group->ids);
  };
  co_return co_await portal->call_late(variations ? "catalog.product.offer.list" : "catalog.product.list", params);
}

awaitable<result<found_products>> fetch_products(std::shared_ptr<state> s, bool variations,
                                                 std::shared_ptr<id_group> group) {
  auto known = co_await blocks_of(s);
  if (!known) co_return fail(known.error());
  std::vector<std::shared_ptr<running<answer>>> lists;
  for (const auto block : variations ? known->variations : known->products)
    lists.push_back(running<answer>::start(s->portal->get_executor(), list_late(s->portal, variations, block, group)));
  const config::portal& settings = s->portal->portal();
  found_products out;
  for (auto& list : lists) {
    auto got = co_await running<answer>::get(list);
    if (!got) co_return fail(got.error());
    for (const auto* o : records(got->result, variations ? "offers" : "products")) {
      auto p = read_product(*o, settings.article_properties, settings.barcode_properties);
      if (p.id > 0) out.emplace(p.id, std::move(p));
    }
  }
  group->sealed = true;
  co_return out;
}

awaitable<result<std::int64_t>> fetch_parent(std::shared_ptr<client> portal, std::int64_t section) {
  bj::object params{{"id", section}};
  auto got = co_await portal->call("catalog.section.get", std::move(params));
  if (!got) {
    if (got.error().code == errc::not_found) co_return 0;
    co_return fail(got.error());
  }
  const auto* o = got->result.if_object();
  if (o == nullptr) co_return 0;
  const auto* inner = json::child(*o, "section");
  co_return json::integer_or(inner == nullptr ? *o : *inner, "iblockSectionId");
}

} // namespace

struct catalog::impl {
  std::shared_ptr<state> shared;
  std::shared_ptr<loader<catalog_product>> products, variations;
  // nullopt: looked for and not there.
  cache<std::int64_t, std::optional<catalog_product>> known{20'000, 30min};
  cache<std::int64_t, std::int64_t> parents{5'000, 60min};

  static awaitable<result<std::optional<catalog_product>>> find(std::shared_ptr<impl> self, std::int64_t id,
                                                                bool variation_first);
  static awaitable<result<found_products>> find_all(std::shared_ptr<impl> self, std::map<std::int64_t, bool> wanted);
};

// A row's type may be out of date, so what one list lacks is looked for in the other.
awaitable<result<std::optional<catalog_product>>> catalog::impl::find(std::shared_ptr<impl> self, std::int64_t id,
                                                                      bool variation_first) {
  auto got = co_await loader<catalog_product>::load(variation_first ? self->variations : self->products, id);
  if (!got) co_return fail(got.error());
  if (!*got) {
    got = co_await loader<catalog_product>::load(variation_first ? self->products : self->variations, id);
    if (!got) co_return fail(got.error());
  }
  // What is not weighed yet is about to be: the manager mends the catalogue and tries again at once.
  const bool weighed = got->has_value() && (**got).weight_g > 0;
  if (weighed) self->known.put(id, *got);
  else self->known.put_for(id, *got, 1min);
  co_return *got;
}

awaitable<result<found_products>> catalog::impl::find_all(std::shared_ptr<impl> self,
                                                          std::map<std::int64_t, bool> wanted) {
  using found = std::optional<catalog_product>;
  found_products out;
  std::vector<std::shared_ptr<running<found>>> under_way;
  for (const auto& [id, is_variation] : wanted) {
    if (auto cached = self->known.get(id)) {
      if (*cached) out.emplace(id, **cached);
    } else {
      under_way.push_back(running<found>::start(self->shared->portal->get_executor(), find(self, id, is_variation)));
    }
  }
  for (auto& one : under_way) {
    auto got = co_await running<found>::get(one);
    if (!got) co_return fail(got.error());
    if (*got) out.emplace((*got)->id, **got);
  }
  co_return out;
}

catalog::catalog(std::shared_ptr<client> portal) : impl_(std::make_shared<impl>()) {
  auto s = std::make_shared<state>();
  s->portal = portal;
  const auto ex = portal->get_executor();
  s->block_loader = std::make_shared<loader<blocks>>(
      ex, 1, [portal](std::shared_ptr<id_group> g) { return fetch_blocks(portal, std::move(g)); },
      joining::until_answered);
  impl_->shared = s;
  impl_->products = std::make_shared<loader<catalog_product>>(
      ex, page, [s](std::shared_ptr<id_group> g) { return fetch_products(s, false, std::move(g)); },
      joining::until_answered);
  impl_->variations = std::make_shared<loader<catalog_product>>(
      ex, page, [s](std::shared_ptr<id_group> g) { return fetch_products(s, true, std::move(g)); },
      joining::until_answered);
}

awaitable<result<std::map<std::int64_t, catalog_product>>> catalog::products(std::vector<product_row> rows) {
  auto self = impl_;
  std::map<std::int64_t, bool> wanted;
  for (const auto& r : rows)
    if (r.product > 0 && r.type != service) wanted.emplace(r.product, r.type == variation);
  auto found = co_await impl::find_all(self, std::move(wanted));
  if (!found) co_return fail(found.error());
  std::map<std::int64_t, bool> parents;
  for (const auto& [id, p] : *found)
    if (p.parent > 0 && !found->contains(p.parent)) parents.emplace(p.parent, false);
  auto above = co_await impl::find_all(self, std::move(parents));
  if (!above) co_return fail(above.error());
  found->merge(*above);
  co_return std::move(*found);
}

awaitable<result<std::map<std::int64_t, std::int64_t>>> catalog::section_parents(std::vector<std::int64_t> sections) {
  auto self = impl_;
  std::map<std::int64_t, std::int64_t> out;
  std::set<std::int64_t> level(sections.begin(), sections.end());
  for (std::size_t depth = 0; depth < deepest_section && !level.empty(); ++depth) {
    std::vector<std::pair<std::int64_t, std::shared_ptr<running<std::int64_t>>>> under_way;
    for (const auto section : level) {
      if (section <= 0 || out.contains(section)) continue;
      if (const auto cached = self->parents.get(section)) out.emplace(section, *cached);
      else
        under_way.emplace_back(section, running<std::int64_t>::start(self->shared->portal->get_executor(),
                                                                     fetch_parent(self->shared->portal, section)));
    }
    for (auto& [section, one] : under_way) {
      auto got = co_await running<std::int64_t>::get(one);
      if (!got) co_return fail(got.error());
      self->parents.put(section, *got);
      out.emplace(section, *got);
    }
    std::set<std::int64_t> next;
    for (const auto section : level)
      if (const auto it = out.find(section); it != out.end() && it->second > 0 && !out.contains(it->second))
        next.insert(it->second);
    level = std::move(next);
  }
  co_return out;
}

} // namespace waybill::bitrix24
