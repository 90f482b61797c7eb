// deal -> Shipment: every obstacle at once, so that the manager mends the deal in one go.
#include <mapping/fields.hpp>
#include <mapping/goods.hpp>
#include <mapping/mapping.hpp>
#include <mapping/text.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>

#include <algorithm>
#include <array>

namespace waybill::mapping {
namespace {

// ---- where to: door or pickup point ------------------------------------------------------------------------------

// Words of a delivery type that tell where the parcel is handed over. A type with none of them, or with both kinds, is
// told by the pickup point's field: filled means point.
struct kind_word {
  std::string_view word;
  destination_kind kind;
};
constexpr std::array kind_words{
    kind_word{"pickup", destination_kind::point},    kind_word{"pvz", destination_kind::point},
    kind_word{"point", destination_kind::point},     kind_word{"locker", destination_kind::point},
    kind_word{"postamat", destination_kind::point},  kind_word{"terminal", destination_kind::point},
    kind_word{"самовывоз", destination_kind::point}, kind_word{"пвз", destination_kind::point},
    kind_word{"постамат", destination_kind::point},  kind_word{"выдачи", destination_kind::point},
    kind_word{"courier", destination_kind::door},    kind_word{"door", destination_kind::door},
    kind_word{"курьер", destination_kind::door},     kind_word{"курьером", destination_kind::door},
    kind_word{"курьерская", destination_kind::door}, kind_word{"двери", destination_kind::door}};

// ---- lists -------------------------------------------------------------------------------------------------------

// A list field's id becomes its XML_ID or text; a string field stays as it is. False: an id that the list does not
// have.
bool read_list(const boost::json::object& fields, const std::string& name,
               const std::map<std::string, std::string>& list, std::string& out) {
  out = field_text(fields, name);
  if (const auto it = list.find(out); it != list.end()) {
    out = std::string(trim(it->second));
    return true;
  }
  return list.empty() || !is_digits(out);
}

// ---- recipient ---------------------------------------------------------------------------------------------------

std::string full_name(const bitrix24::contact& c) {
  std::string name;
  for (const auto* part : {&c.last_name, &c.name, &c.second_name}) {
    const auto plain = trim(*part);
    if (plain.empty()) continue;
    if (!name.empty()) name += ' ';
    name += plain;
  }
  return name;
}

void read_phone(const bitrix24::deal_bundle& bundle, const config::portal& portal, mapped& out) {
  auto typed = field_texts(bundle.deal.fields, portal.fields.phone);
  for (const auto* who : {&bundle.person, &bundle.company})
    if (*who)
      for (const std::string& p : (*who)->phones)
        if (!trim(p).empty()) typed.push_back(p);
  for (const std::string& text : typed) {
    auto found = normalize_phone(text);
    if (!found) continue;
    out.what.recipient.phone = std::move(found->e164);
    out.what.recipient.phone_extension = std::move(found->extension);
    return;
  }
  if (typed.empty()) out.obstacles.push_back({"missing_phone", {}});
  else out.obstacles.push_back({"bad_phone", {{"phone", log::masked(typed.front())}}});
}

void read_recipient(const bitrix24::deal_bundle& bundle, const config::portal& portal, mapped& out) {
  party& to = out.what.recipient;
  if (bundle.company) to.company = cut(trim(bundle.company->name), 250);
  if (bundle.person) to.name = cut(full_name(*bundle.person), 250);
  // A company without a contact person receives in its own name.
  if (to.name.empty()) to.name = to.company;
  if (to.name.empty()) out.obstacles.push_back({"missing_name", {}});
  read_phone(bundle, portal, out);
  for (const auto* who : {&bundle.person, &bundle.company})
    if (*who)
      for (const std::string& mail : (*who)->emails)
        if (to.email.empty() && trim(mail).contains('@')) to.email = std::string(trim(mail));
}

// ---- destination -------------------------------------------------------------------------------------------------

std::string composed(const address& a) {
  std::string text;
  for (const auto* part : {&a.postal_code, &a.region, &a.city, &a.street, &a.house}) {
    if (part->empty()) continue;
    if (!text.empty()) text += ", ";
    text += *part;
  }
  if (!a.flat.empty()) text += (text.empty() ? "кв. " : ", кв. ") + a.flat;
  return text;
}

void read_destination(const bitrix24::deal_bundle& bundle, const config::portal& portal, mapped& out) {
  // Of a multiple field the first filled value counts; "|;|" is what an emptied address leaves.
  for (const std::string& value : field_texts(bundle.deal.fields, portal.fields.address)) {
    auto a = parse_address_field(value);
    if (a.raw.empty()) continue;
    out.what.destination = std::move(a);
    break;
  }
  address& to = out.what.destination;
  if (to.raw.empty() && bundle.requisite_address) {
    to = *bundle.requisite_address;
    if (to.raw.empty()) to.raw = composed(to);
  }

  auto point = field_text(bundle.deal.fields, portal.fields.pickup_point);
  const auto kind = kind_of(out.delivery_type);
  if (kind == destination_kind::door && !point.empty()) {
    // A point that was chosen before the type was changed.
    out.remarks.push_back({"pickup_point_ignored", {{"point", cut(point, 50)}}});
    point.clear();
  }
  out.what.pickup_point = std::move(point);
  if (!out.what.pickup_point.empty()) return;
  if (kind == destination_kind::point) out.obstacles.push_back({"missing_pickup_point", {}});
  else if (to.raw.empty()) out.obstacles.push_back({"missing_address", {}});
}

// ---- money -------------------------------------------------------------------------------------------------------

void read_money(const bitrix24::deal_bundle& bundle, const config::portal& portal, std::vector<good>& all,
                mapped& out) {
  const auto& fields = bundle.deal.fields;
  const auto currency =
      bundle.deal.opportunity.currency.empty() ? std::string("RUB") : bundle.deal.opportunity.currency;
  out.what.declared_value = {value_of(all), currency};
  if (auto value = field_money(fields, portal.fields.declared_value, currency); value && value->minor >= 0)
    out.what.declared_value = std::move(*value);

  money cash{0, currency};
  if (const auto flag = field_flag(fields, portal.fields.cash_on_delivery))
    cash.minor = *flag ? bundle.deal.opportunity.minor : 0;
  else if (auto amount = field_money(fields, portal.fields.cash_on_delivery, currency)) cash = std::move(*amount);
  cash.minor = std::clamp<std::int64_t>(cash.minor, 0, 100'000'000'000'000);
  out.what.delivery_fee = {spread_cash(all, cash.minor), cash.currency};
  out.what.cash_on_delivery = std::move(cash);
}

std::int64_t parcels_wanted(const bitrix24::deal_bundle& bundle, const config::portal& portal) {
  if (portal.fields.parcels.empty()) return 1;
  const auto text = field_text(bundle.deal.fields, portal.fields.parcels);
  const auto n = json::as_integer(boost::json::value(text));
  return std::clamp<std::int64_t>(n.value_or(1), 1, 99);
}

} // namespace

destination_kind kind_of(std::string_view delivery_type) {
  bool door = false, point = false;
  std::string spaced(delivery_type);
  std::ranges::replace(spaced, '_', ' ');
  for (const std::string& word : words(spaced)) {
    const auto it = std::ranges::find(kind_words, word, &kind_word::word);
    if (it == kind_words.end()) continue;
    (it->kind == destination_kind::door ? door : point) = true;
  }
  return door == point ? destination_kind::unknown : door ? destination_kind::door : destination_kind::point;
}

mapped to_shipment(const bitrix24::deal_bundle& bundle, const config::portal& portal) {
  mapped out;
  const auto& fields = bundle.deal.fields;
  const bool listed = read_list(fields, portal.fields.delivery_type, bundle.delivery_types, out.delivery_type);
  if (out.delivery_type.empty()) out.obstacles.push_back({"missing_delivery_type", {}});
  else if (!listed) out.obstacles.push_back({"unknown_delivery_type", {{"type", cut(out.delivery_type, 50)}}});
  out.what.service = out.delivery_type;
  read_list(fields, portal.fields.carrier, bundle.carriers, out.carrier);

  read_recipient(bundle, portal, out);
  read_destination(bundle, portal, out);
  out.what.comment = cut(simplified(field_text(fields, portal.fields.comment)), 500);

  auto goods = goods_of(bundle, portal);
  std::ranges::move(goods.remarks, std::back_inserter(out.remarks));
  std::ranges::move(goods.obstacles, std::back_inserter(out.obstacles));
  read_money(bundle, portal, goods.all, out);
  const auto wanted = parcels_wanted(bundle, portal);
  out.what.parcels = pack(goods.all, wanted);
  if (const auto made = static_cast<std::int64_t>(out.what.parcels.size()); made < wanted && !goods.all.empty())
    out.remarks.push_back({"fewer_parcels", {{"wanted", std::to_string(wanted)}, {"parcels", std::to_string(made)}}});
  return out;
}

} // namespace waybill::mapping
