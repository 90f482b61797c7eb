// Documents as canonical facts: what is known of an order from its state, its shipments and its returns.
#include "ids.hpp"
#include "mapping.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>

namespace waybill::moysklad {
namespace {

instant time_of(const json::object& o, std::string_view key) {
  const auto text = json::text(o, key);
  const auto when = text ? moscow_time(*text) : std::nullopt;
  return when.value_or(instant{});
}

// The additional field of that fact, where people or we have filled it.
std::string attribute_text(const settings& how, const account_facts& facts, document d, const json::object& doc,
                           fact f) {
  const auto named = how.attributes.find(f);
  const auto* all = json::list(doc, wire::attributes);
  if (named == how.attributes.end() || all == nullptr) return {};
  const attribute_info* a = facts.attribute_named(d, named->second);
  if (a == nullptr) return {};
  for (const auto& each : *all)
    if (const auto* o = each.if_object(); o != nullptr && lower_ascii(json::text_or(*o, wire::id)) == a->id)
      return json::text_or(*o, wire::value);
  return {};
}

// A number that people typed, as the core takes it.
std::string usable_number(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text.size() <= 64 && is_valid_utf8(text) &&
                 std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; })
             ? text
             : std::string();
}

struct shipped_facts {
  bool any{false}, partly{false};
  instant first{};
  std::optional<status> least; // of the shipments' own states, where all of them say something
  instant least_at{};
};

shipped_facts shipped_of(const settings& how, const account_facts& facts, const order_documents& docs) {
  shipped_facts out;
  bool silent = false;
  for (const json::object& d : docs.demands) {
    if (!is_posted(d)) continue;
    const instant when = time_of(d, wire::created);
    out.first = out.any ? std::min(out.first, when) : when;
    out.any = true;
    const state_info* state = state_of(facts, document::demand, d);
    const meaning m = state == nullptr ? meaning{status::created, false} : meaning_of(how, document::demand, *state);
    if (!m.known || m.canonical == status::created) {
      silent = true;
    } else if (!out.least || progress_of(m.canonical) < progress_of(*out.least)) {
      out.least = m.canonical;
      out.least_at = std::max(time_of(d, wire::updated), when);
    }
  }
  if (silent) out.least.reset();
  const auto sum = kopecks(docs.order, wire::sum), gone = kopecks(docs.order, "shippedSum");
  out.partly = out.any && sum && gone && *gone < *sum;
  return out;
}

} // namespace

bool is_posted(const json::object& document) { return json::boolean(document, wire::applicable).value_or(true); }

std::string state_id_of(const json::object& document) { return linked_id(document, wire::state); }

const state_info* state_of(const account_facts& facts, document d, const json::object& doc) {
  const std::string id = state_id_of(doc);
  return id.empty() ? nullptr : facts.state(d, id);
}

carrier_order read_order(const settings& how, const account_facts& facts, const order_documents& docs) {
  const json::object& o = docs.order;
  carrier_order out;
  out.id = lower_ascii(json::text_or(o, wire::id));
  if (auto reference = json::text(o, wire::external_code); reference && is_reference(*reference))
    out.reference = std::move(*reference);
  out.phase = order_phase::active;
  for (const json::object& d : docs.demands)
    if (out.number.empty()) out.number = usable_number(json::text_or(d, wire::document_number));
  if (out.number.empty())
    out.number = usable_number(attribute_text(how, facts, document::order, o, fact::tracking_number));
  const std::string link = attribute_text(how, facts, document::order, o, fact::tracking_url);
  if (link.size() <= 500 && (link.starts_with("https://") || link.starts_with("http://"))) out.tracking_url = link;

  const instant made = time_of(o, wire::created);
  const auto add = [&out](status s, std::string code, std::string text, instant when, bool known = true) {
    out.events.push_back({s, std::move(code), std::move(text), when, {}, known});
  };
  add(status::created, "order", "Заказ в МоёмСкладе", made);

  status reached = status::created;
  const auto shipped = shipped_of(how, facts, docs);
  if (shipped.any) {
    add(status::accepted, "demand", shipped.partly ? "Отгружено частично" : "Отгружено", shipped.first);
    reached = status::accepted;
    if (shipped.partly) out.warnings.emplace_back("МойСклад: заказ отгружен не полностью");
    if (shipped.least && progress_of(*shipped.least) > progress_of(reached)) {
      reached = *shipped.least;
      // A part that arrived is not the whole order.
      if (reached == status::delivered && shipped.partly) reached = status::partially_delivered;
      add(reached, "demand_state", "Отгрузка: " + std::string(words_for(reached)), shipped.least_at);
    }
  }
  bool returned = false, returning = false;
  instant back{};
  for (const json::object& r : docs.returns) {
    if (!is_posted(r)) continue;
    const state_info* state = state_of(facts, document::sales_return, r);
    const bool done = state != nullptr && meaning_of(how, document::sales_return, *state).canonical == status::returned;
    returned = returned || done;
    returning = true;
    back = std::max(back, done ? time_of(r, wire::updated) : time_of(r, wire::created));
    if (out.return_number.empty()) out.return_number = usable_number(json::text_or(r, wire::title));
  }
  if (returning) {
    reached = returned ? status::returned : status::returning;
    add(reached, "salesreturn", returned ? "Возврат принят" : "Создан возврат", back);
  }

  const state_info* state = state_of(facts, document::order, o);
  if (state == nullptr) return out;
  meaning m = meaning_of(how, document::order, *state);
  // The goods have left, so it is no plain withdrawal any more.
  if (m.known && m.canonical == status::cancelled && shipped.any) m.canonical = status::problem;
  instant since = docs.state_since.value_or(time_of(o, wire::updated));
  // The order's state lags behind its documents: what it says counts only when it is further on.
  const bool news =
      m.known ? (progress_of(m.canonical) > progress_of(reached) || m.canonical == status::problem) : true;
  if (news && !(m.known && m.canonical == status::created)) {
    for (const tracking_event& e : out.events) since = std::max(since, e.when);
    add(m.canonical, "state." + clean_code(state->id.substr(0, 8)), shortened(state->name, 100), since, m.known);
  }
  if (m.known && m.canonical == status::cancelled) out.phase = order_phase::cancelled;
  return out;
}

} // namespace waybill::moysklad
