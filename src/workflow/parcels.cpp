#include <mapping/fields.hpp>
#include <workflow/parcels.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace waybill::workflow {
namespace {

using store::phase;
using store::record;

// The furthest behind comes first.
constexpr std::array steps{
    status::problem,          status::created,   status::accepted, status::in_transit, status::out_for_delivery,
    status::ready_for_pickup, status::returning, status::lost,     status::returned,   status::partially_delivered,
    status::delivered,        status::cancelled};

int unsettled(phase p) {
  switch (p) {
  case phase::planned: return 5;
  case phase::submitting: return 4;
  case phase::submitted: return 3;
  case phase::needs_attention: return 2;
  case phase::confirmed: return 1;
  case phase::closed: return 0;
  }
  return 0;
}

bool taken(status s) { return s == status::delivered || s == status::partially_delivered; }

const bitrix24::product_row* row_of(const std::vector<bitrix24::product_row>& rows, const sale::basket_line& b) {
  const std::string mark = "sale_basket_" + std::to_string(b.id);
  const auto marked = std::ranges::find(rows, mark, &bitrix24::product_row::xml_id);
  if (marked != rows.end()) return &*marked;
  const auto same = std::ranges::find_if(rows, [&](const bitrix24::product_row& row) {
    const bool of_another = row.xml_id.starts_with("sale_basket_");
    return !of_another && row.product == b.product && row.name == b.name;
  });
  return same == rows.end() ? nullptr : &*same;
}

void note_sizes(bitrix24::deal_bundle& bundle, const sale::basket_line& b) {
  if (b.product == 0 || bundle.products.contains(b.product)) return;
  bitrix24::catalog_product p;
  p.id = b.product;
  p.name = b.name;
  p.xml_id = b.sku;
  p.weight_g = b.weight_g;
  p.length_mm = b.length_mm;
  p.width_mm = b.width_mm;
  p.height_mm = b.height_mm;
  bundle.products.emplace(p.id, std::move(p));
}

void join(std::string& all, const std::string& more) {
  if (more.empty()) return;
  if (!all.empty()) all += ", ";
  all += more;
}

// Of a mix of ends: what a person would call the deal's deliveries as a whole.
std::optional<status> common_status(const std::vector<record>& parts) {
  std::optional<status> out;
  bool any_taken = false, all_final = true;
  for (const record& r : parts) {
    if (!r.latest && r.state != phase::confirmed) return {}; // the first step is still to come
    if (!r.latest) return status::created;
    any_taken = any_taken || taken(*r.latest);
    all_final = all_final && is_final(*r.latest);
    const auto place = [](status s) { return std::ranges::find(steps, s) - steps.begin(); };
    if (!out || place(*r.latest) < place(*out)) out = r.latest;
  }
  if (out && all_final && any_taken && *out != status::delivered) return status::partially_delivered;
  return out;
}

} // namespace

bool stands_for(const record& r, std::int64_t shipment) {
  return std::ranges::find(r.in_store.shipments, shipment) != r.in_store.shipments.end();
}

bool is_whole(const record& r) { return !r.in_store.own_content && !(r.request && r.request->from_form); }

bool is_unsent(const record& r) {
  return r.version == 0 || r.state == phase::planned ||
         (r.state == phase::needs_attention && r.order_id.empty() && !r.unclear);
}

void keep_goods_of(bitrix24::deal_bundle& bundle, const config::portal& portal, const sale::order& o,
                   const sale::shipment& s) {
  std::vector<bitrix24::product_row> rows;
  for (const auto& line : s.lines) {
    const auto b = std::ranges::find(o.basket, line.basket, &sale::basket_line::id);
    if (b == o.basket.end()) continue;
    bitrix24::product_row row;
    if (const auto* known = row_of(bundle.rows, *b)) {
      row = *known;
    } else {
      row.product = b->product;
      row.name = b->name;
      row.price = b->price;
      row.tax_percent = b->vat_percent;
      note_sizes(bundle, *b);
    }
    row.quantity = line.quantity;
    rows.push_back(std::move(row));
  }
  bundle.rows = std::move(rows);
  for (const auto* name : {&portal.fields.declared_value, &portal.fields.parcels, &portal.fields.cash_on_delivery})
    if (!name->empty()) bundle.deal.fields.erase(*name);
}

std::int64_t worth_of(const sale::order& o, const sale::shipment& s) {
  std::int64_t sum = s.price.minor;
  for (const auto& line : s.lines) {
    const auto b = std::ranges::find(o.basket, line.basket, &sale::basket_line::id);
    const auto hundredths = parse_minor(line.quantity);
    if (b != o.basket.end() && hundredths) sum += proportion(b->price.minor, *hundredths, 100);
  }
  return std::max<std::int64_t>(sum, 0);
}

std::int64_t part_of(std::int64_t sum, const std::vector<std::int64_t>& worths, std::size_t which) {
  std::int64_t whole = 0, before = 0;
  for (std::size_t i = 0; i < worths.size(); ++i) {
    whole += worths[i];
    if (i < which) before += worths[i];
  }
  if (whole <= 0 || sum <= 0) return 0;
  if (sum >= whole) return worths[which];
  // Differences of running sums: no kopeck is lost or collected twice.
  return proportion(sum, before + worths[which], whole) - proportion(sum, before, whole);
}

record face_of(std::vector<record> all, const record& r) {
  std::vector<record> parts;
  for (record& one : all)
    if (one.reference != r.reference && one.latest != status::cancelled) parts.push_back(std::move(one));
  if (parts.empty()) return r;
  if (r.latest != status::cancelled) parts.push_back(r);
  std::ranges::sort(parts, {}, &record::attempt);
  record face = parts.front();
  face.order_id.clear();
  face.number.clear();
  face.cost.reset();
  face.trouble_now.reset();
  face.tracking_url.clear();
  for (record& one : parts) {
    join(face.order_id, one.order_id);
    join(face.number, one.number);
    if (face.tracking_url.empty()) face.tracking_url = one.tracking_url;
    face.planned_date = std::max(face.planned_date, one.planned_date);
    if (one.trouble_now && !face.trouble_now) face.trouble_now = std::move(one.trouble_now);
    if (!one.cost) continue;
    if (!face.cost) face.cost = money{0, one.cost->currency};
    if (face.cost->currency == one.cost->currency) face.cost->minor += one.cost->minor;
  }
  face.latest = common_status(parts);
  // The least settled one says where the deal stands.
  for (const record& one : parts)
    if (unsettled(one.state) > unsettled(face.state)) face.state = one.state;
  return face;
}

} // namespace waybill::workflow
