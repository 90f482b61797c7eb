#include <waybill/shipment.hpp>

#include <array>
#include <utility>

#include <fmt/format.h>
#include <openssl/sha.h>

namespace waybill {
namespace {

constexpr std::array<std::pair<status, std::string_view>, 12> names{{
    {status::created, "created"},
    {status::accepted, "accepted"},
    {status::in_transit, "in_transit"},
    {status::ready_for_pickup, "ready_for_pickup"},
    {status::out_for_delivery, "out_for_delivery"},
    {status::delivered, "delivered"},
    {status::partially_delivered, "partially_delivered"},
    {status::problem, "problem"},
    {status::returning, "returning"},
    {status::returned, "returned"},
    {status::cancelled, "cancelled"},
    {status::lost, "lost"},
}};

// Length-prefixed, so that no two different lists of fields give the same text.
class digest {
 public:
  digest& add(std::string_view text) {
    fmt::format_to(std::back_inserter(text_), "{}:{};", text.size(), text);
    return *this;
  }
  digest& add(std::int64_t number) { return add(std::to_string(number)); }
  digest& add(const money& m) { return add(m.minor).add(m.currency); }
  std::string hex() const {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
    SHA256(reinterpret_cast<const unsigned char*>(text_.data()), text_.size(), hash.data());
    std::string out;
    for (std::size_t i = 0; i < 16; ++i) fmt::format_to(std::back_inserter(out), "{:02x}", hash[i]);
    return out;
  }

 private:
  std::string text_;
};

void add(digest& d, const party& p) { d.add(p.name).add(p.company).add(p.phone).add(p.phone_extension).add(p.email); }

} // namespace

std::string_view to_string(status s) {
  for (const auto& [value, name] : names)
    if (value == s) return name;
  return "problem";
}

std::optional<status> status_from(std::string_view name) {
  for (const auto& [value, text] : names)
    if (text == name) return value;
  return {};
}

bool is_final(status s) {
  switch (s) {
  case status::delivered:
  case status::partially_delivered:
  case status::returned:
  case status::cancelled:
  case status::lost: return true;
  case status::created:
  case status::accepted:
  case status::in_transit:
  case status::ready_for_pickup:
  case status::out_for_delivery:
  case status::problem:
  case status::returning: return false;
  }
  return false;
}

std::string fingerprint(const shipment& s) {
  digest d;
  d.add(s.service).add(s.pickup_point).add(s.comment);
  add(d, s.sender);
  add(d, s.recipient);
  const address& to = s.destination;
  d.add(to.raw)
      .add(to.country_code)
      .add(to.postal_code)
      .add(to.region)
      .add(to.city)
      .add(to.street)
      .add(to.house)
      .add(to.flat);
  d.add(s.declared_value).add(s.cash_on_delivery).add(s.delivery_fee);
  for (const parcel& p : s.parcels) {
    d.add(p.number).add(p.weight_g).add(p.length_mm).add(p.width_mm).add(p.height_mm);
    for (const item& i : p.items) {
      d.add(i.name).add(i.sku).add(i.quantity).add(i.weight_g).add(i.price).add(i.cash_on_delivery);
      d.add(i.vat_percent ? std::to_string(*i.vat_percent) : "-").add(i.marking);
    }
  }
  for (const auto& [code, parameter] : s.options) d.add(code).add(parameter);
  return d.hex();
}

} // namespace waybill
