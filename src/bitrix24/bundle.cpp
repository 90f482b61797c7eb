// Everything about a deal, in as few rounds as the portal allows: what needs only the deal is asked for at once.
#include <bitrix24/crm_impl.hpp>
#include <bitrix24/running.hpp>
#include <bitrix24/values.hpp>
#include <waybill/log.hpp>
#include <waybill/metrics.hpp>

#include <algorithm>
#include <set>

namespace waybill::bitrix24 {
namespace {

using namespace std::chrono_literals;

// Missing rights on what only refines the shipment stop nothing: defaults take its place, and `check` names the remedy.
bool is_optional_loss(const fault& f, std::string_view what, const std::string& portal) {
  if (f.code != errc::forbidden && f.code != errc::not_found) return false;
  log::warn("a deal is read without a part that the portal does not show",
            {{"portal", portal}, {"part", what}, {"why", f.what}});
  metrics::count("waybill_bitrix24_parts_missing_total", {{"portal", portal}});
  return true;
}

} // namespace

awaitable<result<std::optional<contact>>> crm::impl::person(std::shared_ptr<impl> self, std::int64_t id) {
  if (id <= 0) co_return std::optional<contact>{};
  auto item = co_await loader<boost::json::object>::load(self->contacts, id);
  if (!item) co_return fail(item.error());
  if (!*item) co_return std::optional<contact>{};
  co_return std::optional<contact>{read_contact(**item)};
}

awaitable<result<std::optional<contact>>> crm::impl::company(std::shared_ptr<impl> self, std::int64_t id) {
  if (id <= 0) co_return std::optional<contact>{};
  auto item = co_await loader<boost::json::object>::load(self->companies, id);
  if (!item) co_return fail(item.error());
  if (!*item) co_return std::optional<contact>{};
  co_return std::optional<contact>{read_company(**item)};
}

awaitable<result<std::vector<product_row>>> crm::impl::rows_of(std::shared_ptr<impl> self, std::int64_t deal) {
  auto got = co_await loader<std::vector<product_row>>::load(self->rows, deal);
  if (!got) co_return fail(got.error());
  co_return got->has_value() ? std::move(**got) : std::vector<product_row>{};
}

namespace {

awaitable<result<std::map<std::int64_t, names_by_id>>> fetch_names(std::shared_ptr<client> portal, std::string field,
                                                                   std::shared_ptr<id_group> group) {
  group->sealed = true;
  auto names = co_await fetch_enumeration(portal, field);
  if (!names) co_return fail(names.error());
  std::map<std::int64_t, names_by_id> out;
  out.emplace(0, std::move(*names));
  co_return out;
}

} // namespace

awaitable<result<names_by_id>> crm::impl::names(std::shared_ptr<impl> self, std::string field,
                                                std::vector<std::string> seen) {
  if (field.empty()) co_return names_by_id{};
  if (auto cached = self->enumerations.get(field)) {
    const bool known = std::ranges::all_of(seen, [&](const auto& id) { return cached->names.contains(id); });
    // An empty list is that of a field which is no list: its values are names themselves.
    if (known || cached->names.empty() || std::chrono::steady_clock::now() - cached->read < 1min)
      co_return std::move(cached->names);
  }
  auto& entry = self->enumeration_loaders[field];
  if (!entry)
    entry = std::make_shared<loader<names_by_id>>(
        self->portal->get_executor(), 1,
        [p = self->portal, field](std::shared_ptr<id_group> g) { return fetch_names(p, field, std::move(g)); },
        joining::until_answered);
  auto reader = entry;
  auto got = co_await loader<names_by_id>::load(reader, 0);
  if (!got) co_return fail(got.error());
  enumeration fresh;
  fresh.names = **got;
  fresh.read = std::chrono::steady_clock::now();
  self->enumerations.put(field, fresh);
  co_return std::move(fresh.names);
}

awaitable<result<deal_bundle>> crm::impl::bundle(std::shared_ptr<impl> self, bitrix24::deal d) {
  const auto& settings = self->portal->portal();
  const auto& fields = settings.fields;
  const auto ex = self->portal->get_executor();
  const auto person_id = d.contacts.empty() ? 0 : d.contacts.front();
  const auto value = [&d](const std::string& name) { return name.empty() ? nullptr : d.fields.if_contains(name); };

  using maybe_contact = std::optional<contact>;
  using maybe_address = std::optional<address>;
  auto rows = running<std::vector<product_row>>::start(ex, rows_of(self, d.id));
  auto who = running<maybe_contact>::start(ex, person(self, person_id));
  auto firm = running<maybe_contact>::start(ex, company(self, d.company));
  auto types =
      running<names_by_id>::start(ex, names(self, fields.delivery_type, enumeration_ids(value(fields.delivery_type))));
  auto carriers = running<names_by_id>::start(ex, names(self, fields.carrier, enumeration_ids(value(fields.carrier))));
  std::shared_ptr<running<maybe_address>> place;
  if (is_blank(value(fields.address)) && is_blank(value(fields.pickup_point)) && (person_id > 0 || d.company > 0))
    place = running<maybe_address>::start(ex, fetch_requisite_address(self->portal, person_id, d.company));

  deal_bundle out;
  out.locale = settings.locale;
  auto got_rows = co_await running<std::vector<product_row>>::get(rows);
  if (!got_rows) co_return fail(got_rows.error());
  out.rows = std::move(*got_rows);
  for (auto& row : out.rows) row.price.currency = d.opportunity.currency;

  auto products = co_await self->goods.products(out.rows);
  if (products) {
    out.products = std::move(*products);
  } else if (!is_optional_loss(products.error(), "catalogue", settings.id)) {
    co_return fail(products.error());
  }
  if (!settings.parcels.by_section.empty()) {
    std::set<std::int64_t> sections;
    for (const auto& [_, p] : out.products)
      if (p.section > 0) sections.insert(p.section);
    std::vector<std::int64_t> list(sections.begin(), sections.end());
    auto parents = co_await self->goods.section_parents(std::move(list));
    if (parents) {
      out.section_parents = std::move(*parents);
    } else if (!is_optional_loss(parents.error(), "sections", settings.id)) {
      co_return fail(parents.error());
    }
  }

  auto got_who = co_await running<maybe_contact>::get(who);
  if (!got_who) co_return fail(got_who.error());
  out.person = std::move(*got_who);
  auto got_firm = co_await running<maybe_contact>::get(firm);
  if (!got_firm) co_return fail(got_firm.error());
  out.company = std::move(*got_firm);
  auto got_types = co_await running<names_by_id>::get(types);
  if (!got_types) co_return fail(got_types.error());
  out.delivery_types = std::move(*got_types);
  auto got_carriers = co_await running<names_by_id>::get(carriers);
  if (!got_carriers) co_return fail(got_carriers.error());
  out.carriers = std::move(*got_carriers);
  if (place) {
    auto got_place = co_await running<maybe_address>::get(place);
    if (got_place) {
      out.requisite_address = std::move(*got_place);
    } else if (!is_optional_loss(got_place.error(), "requisites", settings.id)) {
      co_return fail(got_place.error());
    }
  }
  out.deal = std::move(d);
  co_return out;
}

} // namespace waybill::bitrix24
