#include <sandbox/php.hpp>
#include <sandbox/portal.hpp>

#include <algorithm>
#include <cmath>
#include <random>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

// 32 hex digits that a portal keeps for its whole life and that tests can foresee.
std::string digest(std::string_view text, std::uint64_t salt) {
  const auto mix = [&](std::uint64_t h) {
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return h ^ (h >> 29U);
  };
  return fmt::format("{:016x}{:016x}", mix(14695981039346656037ULL + salt), mix(7809847782465536322ULL ^ salt));
}

std::string random_hex(std::size_t words) {
  static std::mt19937_64 engine{std::random_device{}()};
  std::string out;
  for (std::size_t i = 0; i < words; ++i) out += fmt::format("{:016x}", engine());
  return out;
}

std::string text_at(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v == nullptr ? std::string{} : php::scalar(*v).value_or("");
}

void add_history(portal& p, const item& deal, std::int64_t type) {
  p.stage_history.push_back(json::object{{"ID", static_cast<std::int64_t>(p.stage_history.size()) + 1},
                                         {"TYPE_ID", type},
                                         {"OWNER_ID", deal.id},
                                         {"CREATED_TIME", portal_time(p.clock())},
                                         {"CATEGORY_ID", deal.values.at("categoryId")},
                                         {"STAGE_SEMANTIC_ID", deal.values.at("stageSemanticId")},
                                         {"STAGE_ID", deal.values.at("stageId")}});
}

void start_robot(portal& p, const item& deal) {
  if (const auto own = p.app_robots.find(text_at(deal.values, "stageId")); own != p.app_robots.end())
    (void)run_app_robot(p, json::text_or(own->second, "code"), deal.id,
                        json::child(own->second, "properties") == nullptr ? json::object{}
                                                                          : *json::child(own->second, "properties"));
  const auto it = p.robots.find(text_at(deal.values, "stageId"));
  if (it == p.robots.end() || it->second.empty()) return;
  outgoing o;
  o.what = outgoing::sort::robot;
  o.deal = deal.id;
  o.url = it->second;
  p.emit(std::move(o));
}

void emit_event(portal& p, std::string name, const item& it, const change& how) {
  outgoing o;
  o.name = std::move(name);
  o.deal = it.id;
  o.user = how.by_robot ? 0 : how.user;
  if (o.name == "ONCRMDEALMOVETOCATEGORY")
    o.more = {{"CATEGORY_ID", text_at(it.values, "categoryId")}, {"STAGE_ID", text_at(it.values, "stageId")}};
  if (it.type == entity::invoice) o.more = {{"ENTITY_TYPE_ID", "31"}};
  p.emit(std::move(o));
}

std::string event_name(entity e, std::string_view verb) {
  const std::string_view object = e == entity::deal      ? "DEAL"
                                  : e == entity::contact ? "CONTACT"
                                  : e == entity::company ? "COMPANY"
                                                         : "DYNAMICITEM";
  return fmt::format("ONCRM{}{}", object, verb);
}

// Takes stage and pipeline of `values` together: fills in what follows from the other, refuses what does not fit.
std::optional<value_error> settle_stage(const portal& p, json::object& values, std::int64_t current_category) {
  const auto* wanted_category = values.if_contains("categoryId");
  const auto category_id =
      wanted_category != nullptr ? json::as_integer(*wanted_category).value_or(-1) : current_category;
  const auto* c = p.find_category(category_id);
  if (c == nullptr) return value_error{"CRM_FIELD_ERROR_VALUE_NOT_VALID", "Неверное значение поля \"Воронка\""};
  if (!values.contains("stageId")) {
    if (category_id != current_category) values["stageId"] = c->stages.front().id;
    return {};
  }
  if (p.find_stage(category_id, text_at(values, "stageId")) == nullptr)
    return value_error{"CRM_FIELD_ERROR_VALUE_NOT_VALID", "Неверное значение поля \"Стадия сделки\""};
  return {};
}

// One pipeline: new, sent, paid, unpaid.
std::optional<value_error> check_invoice_stage(const json::object& values) {
  if (!values.contains("stageId")) return {};
  for (const auto* known : {"DT31_1:N", "DT31_1:S", "DT31_1:P", "DT31_1:D"})
    if (text_at(values, "stageId") == known) return {};
  return value_error{"CRM_FIELD_ERROR_VALUE_NOT_VALID", "Неверное значение поля \"Стадия\""};
}

std::optional<value_error> check_required(const portal& p, const item& it, const json::object& changes) {
  const auto stage_id = text_at(changes, "stageId");
  for (const std::string& rule : {std::string("*"), stage_id}) {
    const auto required = p.how.required_fields.find(rule);
    if (required == p.how.required_fields.end()) continue;
    for (const auto& name : required->second) {
      const auto* v = changes.contains(name) ? changes.if_contains(name) : it.values.if_contains(name);
      if (!php::is_empty(v)) continue;
      const auto* uf = p.find_user_field(name);
      return value_error{"CRM_FIELD_ERROR_REQUIRED",
                         fmt::format("Не заполнено обязательное поле \"{}\"", uf == nullptr ? name : uf->label)};
    }
  }
  return {};
}

// The primary contact and the list of all are two views of one thing.
void settle_contacts(json::object& values) {
  if (const auto* all = values.if_contains("contactIds"); all != nullptr && all->is_array()) {
    values["contactId"] = all->get_array().empty() ? json::value(0) : all->get_array().front();
  } else if (const auto* one = values.if_contains("contactId")) {
    values["contactIds"] = json::as_integer(*one).value_or(0) > 0 ? json::array{*one} : json::array{};
  }
}

void note_fm(json::object& values) {
  const auto* fm = values.if_contains("fm");
  if (fm == nullptr || !fm->is_array()) return;
  bool phone = false, email = false;
  for (const auto& v : fm->get_array()) {
    phone = phone || text_at(v.as_object(), "typeId") == "PHONE";
    email = email || text_at(v.as_object(), "typeId") == "EMAIL";
  }
  values["hasPhone"] = phone ? "Y" : "N";
  values["hasEmail"] = email ? "Y" : "N";
}

bool blank(const json::value& v) {
  if (const auto* a = v.if_array()) return a->empty();
  return v.is_null() || (v.is_string() && v.get_string().empty());
}

// null, "" and [] are one kind of nothing; a number of the portal's own that was never set is 0.
bool same(std::string_view name, const json::value* before, const json::value& after) {
  if (before == nullptr || blank(*before)) return blank(after) || (!name.starts_with("UF_") && php::is_empty(&after));
  return *before == after;
}

void note_stage(const portal& p, item& deal) {
  const auto* s =
      p.find_stage(json::as_integer(deal.values.at("categoryId")).value_or(0), text_at(deal.values, "stageId"));
  const std::string semantics = s == nullptr ? "P" : s->semantics;
  deal.values["stageSemanticId"] = semantics;
  deal.values["closed"] = semantics == "P" ? "N" : "Y";
}

} // namespace

portal::portal(std::string portal_id, std::function<instant()> now_fn)
    : id(std::move(portal_id)), member_id(digest(id, 1)), application_token(digest(id, 2)), clock(std::move(now_fn)) {}

item* portal::find(entity e, std::int64_t item_id) {
  auto& all = items[e];
  const auto it = all.find(item_id);
  return it == all.end() ? nullptr : &it->second;
}

const user_field* portal::find_user_field(std::string_view name) const {
  const auto it = std::ranges::find(user_fields, name, &user_field::name);
  return it == user_fields.end() ? nullptr : &*it;
}

const std::vector<user_field>& portal::fields_made_for(entity e) const {
  static const std::vector<user_field> none;
  return e == entity::deal ? user_fields : e == entity::invoice ? invoice_fields : none;
}

const category* portal::find_category(std::int64_t category_id) const {
  const auto it = std::ranges::find(categories, category_id, &category::id);
  return it == categories.end() ? nullptr : &*it;
}

const stage* portal::find_stage(std::int64_t category_id, std::string_view stage_id) const {
  const auto* c = find_category(category_id);
  if (c == nullptr) return nullptr;
  const auto it = std::ranges::find(c->stages, stage_id, &stage::id);
  return it == c->stages.end() ? nullptr : &*it;
}

std::optional<std::int64_t> portal::category_of(std::string_view stage_id) const {
  for (const auto& c : categories)
    if (find_stage(c.id, stage_id) != nullptr) return c.id;
  return {};
}

const catalog_entry* portal::find_product(std::int64_t product_id) const {
  const auto it = std::ranges::find(catalogue, product_id, &catalog_entry::id);
  return it == catalogue.end() ? nullptr : &*it;
}

portal::token_pair portal::issue_tokens(std::int64_t user_id) {
  token_pair pair{random_hex(4) + "000000000000", random_hex(4) + "000000000001", user_id};
  access_tokens[pair.access] = {user_id, clock() + std::chrono::seconds(how.token_lifetime_s)};
  refresh_tokens[pair.refresh] = user_id;
  // Long runs with events of an application would fill the memory with dead tokens.
  if (access_tokens.size() > 10'000)
    std::erase_if(access_tokens, [at = clock()](const auto& t) { return t.second.expires < at; });
  return pair;
}

std::expected<std::int64_t, value_error> create_item(portal& p, entity e, json::object values, change how) {
  const auto now_text = portal_time(p.clock());
  item fresh{e, p.next_id(), {}};
  json::object& v = fresh.values;
  v = {{"id", fresh.id},         {"opened", "Y"},         {"assignedById", e == entity::deal ? 7 : 1},
       {"createdBy", how.user},  {"updatedBy", how.user}, {"createdTime", now_text},
       {"updatedTime", now_text}};
  if (e == entity::deal) {
    if (auto wrong = settle_stage(p, values, 0)) return std::unexpected(*wrong);
    settle_contacts(values);
    for (const auto* name : {"isNew", "isRecurring", "isReturnCustomer", "isRepeatedApproach", "isManualOpportunity"})
      v[name] = "N";
    v["categoryId"] = 0;
    v["stageId"] = p.categories.front().stages.front().id;
    v["opportunity"] = 0;
    v["currencyId"] = "RUB";
    v["movedBy"] = how.user;
    v["movedTime"] = now_text;
    v["lastActivityBy"] = how.user;
    v["lastActivityTime"] = now_text;
    v["begindate"] = portal_date(p.clock());
    v["closedate"] = portal_date(p.clock() + std::chrono::days(7));
  }
  if (e == entity::invoice) {
    if (auto wrong = check_invoice_stage(values)) return std::unexpected(*wrong);
    v["categoryId"] = 1;
    v["stageId"] = "DT31_1:N";
    v["title"] = fmt::format("Счёт №{}", fresh.id);
    v["accountNumber"] = std::to_string(fresh.id);
    v["opportunity"] = v["parentId2"] = 0;
    v["currencyId"] = "RUB";
    v["isManualOpportunity"] = "N";
  }
  for (auto& member : values) v[member.key()] = std::move(member.value());
  note_fm(v);
  const bool person = e == entity::contact || e == entity::company;
  if (person && !v.contains("hasPhone")) v["hasPhone"] = v["hasEmail"] = "N";
  if (e == entity::deal) {
    note_stage(p, fresh);
    if (text_at(v, "title").empty()) v["title"] = fmt::format("Сделка #{}", fresh.id);
  }
  auto& stored = p.items[e][fresh.id] = std::move(fresh);
  if (e == entity::deal) add_history(p, stored, 1);
  if (!how.silent) emit_event(p, event_name(e, "ADD"), stored, how);
  if (e == entity::deal && !how.silent && how.starts_robots) start_robot(p, stored);
  return stored.id;
}

void announce_created(portal& p, const item& deal, change how) {
  emit_event(p, event_name(entity::deal, "ADD"), deal, how);
  if (how.starts_robots) start_robot(p, deal);
}

std::expected<bool, value_error> change_item(portal& p, item& it, json::object values, change how) {
  const bool deal = it.type == entity::deal;
  if (deal) {
    if (auto wrong = settle_stage(p, values, json::as_integer(it.values.at("categoryId")).value_or(0)))
      return std::unexpected(*wrong);
    settle_contacts(values);
  }
  if (it.type == entity::invoice)
    if (auto wrong = check_invoice_stage(values)) return std::unexpected(*wrong);
  json::object changed;
  for (auto& member : values) {
    const auto* before = it.values.if_contains(member.key());
    if (same(member.key(), before, member.value())) continue;
    changed[member.key()] = std::move(member.value());
  }
  if (changed.empty()) return false;
  const bool moved = deal && changed.contains("stageId");
  const bool other_pipeline = changed.contains("categoryId");
  if (moved && !how.silent)
    if (auto missing = check_required(p, it, changed)) return std::unexpected(*missing);
  note_fm(changed);
  for (auto& member : changed) it.values[member.key()] = member.value();
  const auto now_text = portal_time(p.clock());
  it.values["updatedTime"] = now_text;
  it.values["updatedBy"] = how.user;
  if (moved) {
    it.values["movedTime"] = now_text;
    it.values["movedBy"] = how.user;
    note_stage(p, it);
    add_history(p, it, other_pipeline ? 5 : text_at(it.values, "closed") == "Y" ? 3 : 2);
  }
  if (how.silent) return true;
  emit_event(p, other_pipeline ? "ONCRMDEALMOVETOCATEGORY" : event_name(it.type, "UPDATE"), it, how);
  if (moved && how.starts_robots) start_robot(p, it);
  return true;
}

void delete_item(portal& p, entity e, std::int64_t id, change how) {
  auto* it = p.find(e, id);
  if (it == nullptr) return;
  const item gone = std::move(*it);
  p.items[e].erase(id);
  p.rows.erase(id);
  if (!how.silent) emit_event(p, event_name(e, "DELETE"), gone, how);
}

void set_rows(portal& p, std::int64_t deal, json::array rows) {
  auto* it = p.find(entity::deal, deal);
  if (it == nullptr) return;
  std::int64_t sum = 0;
  for (const auto& row : rows) {
    const auto price = json::minor(row.as_object(), "price").value_or(0);
    // Quantities may be fractional: thousandths are exact enough for a sum.
    const auto quantity = json::real(row.as_object(), "quantity").value_or(1.0);
    sum += proportion(price, std::llround(quantity * 1000), 1000);
  }
  if (text_at(it->values, "isManualOpportunity") != "Y" && !rows.empty())
    it->values["opportunity"] = json::decimal(money{sum});
  p.rows[deal] = std::move(rows);
}

} // namespace waybill::sandbox
