// sale.status.* and sale.statusLang.*: two letters, and their names elsewhere.
#include <sandbox/store_call.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

constexpr std::size_t longest_id = 2;

json::object shown(const sale_status& s) {
  return {{"id", s.id},     {"type", s.type},   {"notify", s.notify ? "Y" : "N"},
          {"sort", s.sort}, {"color", s.color}, {"xmlId", s.xml_id}};
}

sale_status* status_by(portal& p, std::string_view id) {
  const auto it = std::ranges::find(p.shop.statuses, id, &sale_status::id);
  return it == p.shop.statuses.end() ? nullptr : &*it;
}

outcome no_status() { return refused_by_number(201340400001, "status is not exists"); }
outcome wrong_type() { return refused_by_number(201350000003, "status type is out of range"); }

void write_fields(sale_status& s, const json::object& sent) {
  if (sent.contains("notify")) s.notify = flag_of(sent, "notify");
  if (const auto n = json::integer(sent, "sort")) s.sort = *n;
  if (sent.contains("color")) s.color = text_of(sent, "color");
  if (sent.contains("xmlId")) s.xml_id = text_of(sent, "xmlId");
}

outcome status_add(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"fields"})) return *wrong;
  const auto& sent = *c.object("fields");
  if (sent.contains("id") && php::is_empty(sent.if_contains("id")))
    return refused_by_number(201350000004, "status id is empty");
  if (auto wrong = required(sent, {"id", "type"})) return *wrong;
  sale_status s;
  s.id = text_of(sent, "id");
  s.type = text_of(sent, "type");
  if (s.type != "O" && s.type != "D") return wrong_type();
  if (s.id.size() > longest_id) return refused_by_number(201350000005, "status id length exceeded");
  if (status_by(c.at, s.id) != nullptr) return refused_by_number(201350000001, "duplicate status id");
  write_fields(s, sent);
  c.at.shop.statuses.push_back(s);
  return ok(json::object{{"status", shown(s)}});
}

outcome status_update(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id", "fields"})) return *wrong;
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"type"})) return *wrong; // also when it stays
  auto* s = status_by(c.at, c.text("id"));
  if (s == nullptr) return no_status();
  const auto type = text_of(sent, "type");
  if (type != "O" && type != "D") return wrong_type();
  if (type != s->type) {
    if (s->system) return refused_by_number(201350000006, "the type of a system status cannot be changed");
    const auto has = [s](const auto& one) { return one.second.status == s->id; };
    if (std::ranges::any_of(c.at.shop.orders, has)) return refused_by_number(201350000007, "orders have this status");
    if (std::ranges::any_of(c.at.shop.shipments, has))
      return refused_by_number(201350000008, "shipments have this status");
    s->type = type;
  }
  write_fields(*s, sent);
  return ok(json::object{{"status", shown(*s)}});
}

outcome status_get(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto* s = status_by(c.at, c.text("id"));
  return s == nullptr ? no_status() : ok(json::object{{"status", shown(*s)}});
}

outcome status_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  json::array rows;
  for (const auto& s : c.at.shop.statuses) rows.push_back(shown(s));
  return listed(c, std::move(rows), "statuses");
}

outcome status_delete(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"id"})) return *wrong;
  const auto id = c.text("id");
  const auto* s = status_by(c.at, id);
  if (s == nullptr) return no_status();
  if (s->system) return refused_by_number(201350000002, "a system status cannot be deleted");
  std::erase_if(c.at.shop.statuses, [&id](const sale_status& one) { return one.id == id; });
  std::erase_if(c.at.shop.names, [&id](const status_name& one) { return one.status == id; });
  return ok(true);
}

outcome status_fields(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return ok(json::object{{"status", described({"id", "type"}, {"notify", "sort", "color", "xmlId"})}});
}

json::object shown(const status_name& n) {
  return {{"statusId", n.status}, {"lid", n.lid}, {"name", n.name}, {"description", n.description}};
}

// The portal speaks two languages.
bool is_language(std::string_view lid) { return lid == "ru" || lid == "en"; }

outcome no_language() { return refused_by_number(201750000004, "lid is not exists"); }

outcome name_add(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"fields"})) return *wrong;
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"statusId", "lid", "name"})) return *wrong;
  status_name n{text_of(sent, "statusId"), text_of(sent, "lid"), text_of(sent, "name"), text_of(sent, "description")};
  if (status_by(c.at, n.status) == nullptr) return error_zero("Status not found");
  if (!is_language(n.lid)) return no_language();
  for (const auto& other : c.at.shop.names)
    if (other.status == n.status && other.lid == n.lid)
      return refused_by_number(201750000003, "Duplicate entry for key [statusId, lid]");
  c.at.shop.names.push_back(n);
  return ok(json::object{{"statusLang", shown(n)}});
}

outcome name_list(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  json::array rows;
  for (const auto& n : c.at.shop.names) rows.push_back(shown(n));
  return listed(c, std::move(rows), "statusLangs");
}

// `name` must be there and does not matter.
outcome name_delete(const call& c) {
  if (auto wrong = no_right_to_write(c)) return *wrong;
  if (auto wrong = lacks(c, {"fields"})) return *wrong;
  const auto& sent = *c.object("fields");
  if (auto wrong = required(sent, {"statusId", "lid", "name"})) return *wrong;
  if (!is_language(text_of(sent, "lid"))) return no_language();
  const auto count = std::erase_if(c.at.shop.names, [&sent](const status_name& n) {
    return n.status == text_of(sent, "statusId") && n.lid == text_of(sent, "lid");
  });
  return count == 0 ? refused_by_number(201740400001, "status lang is not exists") : ok(true);
}

outcome languages(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return ok(json::object{{"langs", json::array{json::object{{"lid", "ru"}, {"name", "Russian"}, {"active", "Y"}},
                                               json::object{{"lid", "en"}, {"name", "English"}, {"active", "Y"}}}}});
}

outcome name_fields(const call& c) {
  if (auto wrong = no_right_to_read(c)) return *wrong;
  return ok(json::object{{"statusLang", described({"statusId", "lid", "name"}, {"description"})}});
}

constexpr auto table = std::to_array<method>({
    {"sale.status.add", "sale", effort::write, false, status_add},
    {"sale.status.update", "sale", effort::write, false, status_update},
    {"sale.status.get", "sale", effort::read, false, status_get},
    {"sale.status.list", "sale", effort::read, false, status_list},
    {"sale.status.delete", "sale", effort::write, false, status_delete},
    {"sale.status.getfields", "sale", effort::read, false, status_fields},
    {"sale.statuslang.add", "sale", effort::write, false, name_add},
    {"sale.statuslang.list", "sale", effort::read, false, name_list},
    {"sale.statuslang.deletebyfilter", "sale", effort::write, false, name_delete},
    {"sale.statuslang.getlistlangs", "sale", effort::read, false, languages},
    {"sale.statuslang.getfields", "sale", effort::read, false, name_fields},
});

} // namespace

std::span<const method> status_methods() { return table; }

} // namespace waybill::sandbox
