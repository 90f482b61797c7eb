#include <store/codec.hpp>
#include <store/record.hpp>
#include <waybill/text.hpp>

#include <array>

#include <fmt/format.h>
#include <openssl/sha.h>

namespace waybill {

// Found by argument-dependent lookup from the codec.
static std::string_view enum_name(status s) { return to_string(s); }
static std::optional<status> enum_from(const std::string& name, status) { return status_from(name); }
static std::string_view enum_name(errc c) { return to_string(c); }
static std::optional<errc> enum_from(const std::string& name, errc) { return errc_from(name); }

template <class A> void visit_fields(A& a, address& x) {
  a("raw", x.raw), a("country", x.country_code), a("zip", x.postal_code), a("region", x.region), a("city", x.city);
  a("street", x.street), a("house", x.house), a("flat", x.flat), a("lat", x.latitude), a("lon", x.longitude);
}
template <class A> void visit_fields(A& a, party& x) {
  a("name", x.name), a("company", x.company), a("phone", x.phone), a("ext", x.phone_extension), a("email", x.email);
}
template <class A> void visit_fields(A& a, item& x) {
  a("name", x.name), a("sku", x.sku), a("qty", x.quantity), a("g", x.weight_g), a("price", x.price);
  a("cod", x.cash_on_delivery), a("vat", x.vat_percent), a("mark", x.marking);
  a("xml", x.external_code), a("code", x.code), a("article", x.article), a("barcode", x.barcode),
      a("full", x.full_price);
}
template <class A> void visit_fields(A& a, progress& x) {
  a("carrier", x.carrier), a("number", x.number), a("url", x.tracking_url), a("reached", x.reached);
  a("cost", x.cost), a("stage", x.stage);
}
template <class A> void visit_fields(A& a, parcel& x) {
  a("no", x.number), a("g", x.weight_g), a("l", x.length_mm), a("w", x.width_mm), a("h", x.height_mm),
      a("items", x.items);
}
template <class A> void visit_fields(A& a, shipment& x) {
  a("ref", x.reference), a("service", x.service), a("sender", x.sender), a("recipient", x.recipient),
      a("to", x.destination);
  a("point", x.pickup_point), a("parcels", x.parcels), a("declared", x.declared_value), a("cod", x.cash_on_delivery);
  a("fee", x.delivery_fee), a("comment", x.comment), a("options", x.options);
}
template <class A> void visit_fields(A& a, tracking_event& x) {
  a("s", x.canonical), a("code", x.code), a("text", x.text), a("at", x.when), a("place", x.place);
  bool unknown = !x.known; // stored the other way round: known is the rule, and false is left out
  a("unknown", unknown);
  x.known = !unknown;
}

} // namespace waybill

namespace waybill::store {
namespace {

constexpr std::array<std::pair<phase, std::string_view>, 6> phases{{
    {phase::planned, "planned"},
    {phase::submitting, "submitting"},
    {phase::submitted, "submitted"},
    {phase::confirmed, "confirmed"},
    {phase::needs_attention, "needs_attention"},
    {phase::closed, "closed"},
}};

} // namespace

static std::string_view enum_name(phase p) { return to_string(p); }
static std::optional<phase> enum_from(const std::string& name, phase) { return phase_from(name); }
static std::string_view enum_name(owner o) { return to_string(o); }
static std::optional<owner> enum_from(const std::string& name, owner) {
  return name == "operator" ? owner::operator_ : owner::manager;
}

template <class A> void visit_fields(A& a, trouble& x) {
  a("key", x.key), a("values", x.values), a("whose", x.whose), a("peer_code", x.peer_code), a("code", x.code);
  a("fp", x.fingerprint), a("peer_text", x.peer_text);
}
template <class A> void visit_fields(A& a, notice& x) {
  a("id", x.id), a("kind", x.kind), a("text", x.text), a("started", x.started);
}
template <class A> void visit_fields(A& a, delivery_request& x) {
  a("delivery_id", x.delivery_id), a("request_id", x.request_id), a("told", x.told), a("finalized", x.finalized);
  a("order", x.order), a("from_form", x.from_form), a("cancel_asked", x.cancel_asked), a("messaged", x.messaged);
  a("recipient_messaged", x.recipient_messaged);
}
template <class A> void visit_fields(A& a, store_parcel& x) {
  a("shipments", x.shipments), a("own_content", x.own_content), a("told", x.told), a("left", x.left);
}
template <class A> void visit_fields(A& a, cash_payment& x) {
  a("id", x.id), a("begun", x.begun), a("paid", x.paid), a("unpaid", x.unpaid), a("shared", x.shared);
}
template <class A> void visit_fields(A& a, billed_shipment& x) {
  a("shipment", x.shipment), a("item", x.item), a("price", x.price);
}
template <class A> void visit_fields(A& a, money_state& x) {
  a("cash", x.cash), a("told", x.told), a("said", x.said);
  a("row", x.row), a("row_begun", x.row_begun), a("row_ours", x.row_ours), a("row_price", x.row_price);
  a("invoice", x.invoice);
  a("payment", x.payment), a("payment_begun", x.payment_begun), a("payment_ours", x.payment_ours);
  a("payments_before", x.payments_before), a("billed", x.billed), a("price_ours", x.price_ours);
  a("link_told", x.link_told), a("part_told", x.part_told);
}
template <class A> void visit_fields(A& a, record& x) {
  a("ref", x.reference), a("portal", x.portal), a("deal", x.deal), a("account", x.account), a("attempt", x.attempt);
  a("state", x.state), a("trace", x.trace), a("created", x.created), a("changed", x.changed);
  a("what", x.what), a("fp", x.fingerprint), a("wanted", x.wanted), a("refused_fp", x.refused_fingerprint);
  a("deal_digest", x.deal_digest), a("deal_updated", x.deal_updated), a("deal_moved", x.deal_moved),
      a("asked_by_move", x.asked_by_move);
  a("cancel_wanted", x.cancel_wanted), a("cancel_sent", x.cancel_sent), a("update_sent", x.update_sent);
  a("return_wanted", x.return_wanted), a("label_wanted", x.label_wanted), a("label_done", x.label_done);
  a("order", x.order_id), a("named", x.named_order), a("number", x.number), a("url", x.tracking_url), a("cost", x.cost),
      a("collected", x.collected);
  a("planned_date", x.planned_date), a("point", x.pickup_point), a("kept_until", x.kept_until);
  a("return_order", x.return_order_id), a("return_number", x.return_number), a("warnings", x.warnings);
  a("submit_began", x.submit_began), a("submit_count", x.submit_count), a("unclear", x.unclear), a("events", x.events),
      a("latest", x.latest);
  a("latest_text", x.latest_text), a("latest_at", x.latest_at), a("looked", x.looked), a("next_look", x.next_look);
  a("look_serial", x.look_serial), a("looks_pending", x.looks_pending), a("trouble", x.trouble_now),
      a("outbox", x.outbox);
  a("next_notice", x.next_notice), a("write_due", x.write_due), a("request", x.request), a("money", x.money_done);
  a("with", x.with), a("with_told", x.with_told), a("stage", x.stage), a("beside", x.beside);
  a("progress_wanted", x.progress_wanted), a("progress_told", x.progress_told);
  a("in_store", x.in_store), a("handed", x.handed_over);
}

std::string_view to_string(phase p) {
  for (const auto& [value, name] : phases)
    if (value == p) return name;
  return "planned";
}

std::optional<phase> phase_from(std::string_view name) {
  for (const auto& [value, text] : phases)
    if (text == name) return value;
  return {};
}

std::string_view to_string(owner o) { return o == owner::operator_ ? "operator" : "manager"; }

std::string encode(const record& r) {
  json::object o;
  codec::writer w(o);
  visit_fields(w, const_cast<record&>(r)); // the writer only reads
  return json::serialize(o);
}

result<record> decode(std::string_view text) {
  auto parsed = json::parse(text);
  if (!parsed) return fail(errc::internal, "a stored shipment is unreadable: " + parsed.error().what);
  const auto* o = parsed->if_object();
  if (o == nullptr) return fail(errc::internal, "a stored shipment is no object");
  record r;
  codec::reader reading(*o);
  visit_fields(reading, r);
  r.stored_state = r.state;
  if (r.reference.empty()) return fail(errc::internal, "a stored shipment has no reference");
  return r;
}

std::string make_reference(std::string_view portal, std::int64_t deal, std::int64_t attempt) {
  return attempt <= 1 ? fmt::format("B24-{}-{}", portal, deal) : fmt::format("B24-{}-{}-{}", portal, deal, attempt);
}

std::string make_shop_reference(std::string_view portal, std::int64_t store_shipment, std::int64_t attempt) {
  return attempt <= 1 ? fmt::format("B24-{}-S{}", portal, store_shipment)
                      : fmt::format("B24-{}-S{}-{}", portal, store_shipment, attempt);
}

std::string make_companion_reference(const std::string& main, const std::string& account) {
  constexpr std::size_t longest = 40, digits = 8;
  std::string plain = concat({main, "+", account});
  if (plain.size() <= longest) return plain;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(plain.data()), plain.size(), hash.data());
  plain.resize(longest - digits - 1);
  plain += '+';
  append_hex(plain,
             (std::uint64_t{hash[0]} << 24U) | (std::uint64_t{hash[1]} << 16U) | (std::uint64_t{hash[2]} << 8U) |
                 hash[3],
             digits);
  return plain;
}

std::string order_key(std::string_view portal, std::int64_t deal, std::int64_t shop_order) {
  const bool of_deal = deal != 0 || shop_order == 0;
  const fmt::format_int number(of_deal ? deal : shop_order);
  return concat({of_deal ? "deal:" : "shop:", portal, ":", {number.data(), number.size()}});
}

std::string order_key(const record& r) { return order_key(r.portal, r.deal, r.request ? r.request->order : 0); }

} // namespace waybill::store
