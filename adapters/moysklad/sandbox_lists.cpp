// Lists with filters, metadata, the short stock report, subscriptions.
#include "ids.hpp"
#include "sandbox_world.hpp"

#include <waybill/text.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::moysklad::sandbox {
namespace {

bool matches(const world& w, const thing& t, const std::string& field, const std::string& value) {
  if (field == "id") return t.id == lower_ascii(id_in_href(value).empty() ? value : id_in_href(value));
  if (field == "archived") return json::boolean(t.body, "archived").value_or(false) == (value == "true");
  if (field == "barcode") {
    const auto* all = json::list(t.body, "barcodes");
    if (all != nullptr)
      for (const auto& each : *all)
        for (const auto& [kind, code] : each.get_object())
          if (json::as_text(code) == value) return true;
    return false;
  }
  if (field == "syncId") return json::text_or(t.body, "syncId") == lower_ascii(value);
  (void)w;
  return json::text_or(t.body, field) == value;
}

constexpr std::array<std::string_view, 3> actions{"CREATE", "UPDATE", "DELETE"};

json::object hook_json(const world& w, const hook& h) {
  json::object o{{"meta", meta_of("webhook/" + h.id, "webhook")},
                 {"id", h.id},
                 {"accountId", w.account_id},
                 {"entityType", h.type},
                 {"url", h.url},
                 {"method", "POST"},
                 {"enabled", h.enabled},
                 {"action", h.action}};
  if (!h.diff.empty()) o["diffType"] = h.diff;
  return o;
}

} // namespace

http_response world::list(const std::string& type, const list_query& q) {
  json::array rows;
  std::size_t size = 0;
  for (const thing& t : tables[type]) {
    if (t.deleted) continue;
    const bool wanted = std::ranges::all_of(q.equal, [&](const auto& condition) {
      return std::ranges::any_of(condition.second,
                                 [&](const std::string& value) { return matches(*this, t, condition.first, value); });
    });
    if (!wanted) continue;
    if (size++ >= q.offset && rows.size() < q.limit) rows.push_back(view(t, q));
  }
  json::object meta = meta_of(type, type);
  meta["size"] = size;
  meta["limit"] = q.limit;
  meta["offset"] = q.offset;
  return reply(200, json::object{{"context", json::object()}, {"meta", std::move(meta)}, {"rows", std::move(rows)}});
}

http_response world::metadata(const std::string& type) const {
  json::object o{{"meta", meta_of(type + "/metadata", type)}};
  // A reference without rows, as the newest answers have it.
  json::object about = meta_of(type + "/metadata/attributes", "attributemetadata");
  const auto fields = attributes.find(type);
  about["size"] = fields == attributes.end() ? 0 : fields->second.size();
  o["attributes"] = json::object{{"meta", std::move(about)}};
  if (const auto it = states.find(type); it != states.end()) {
    json::array all;
    for (const json::object& s : it->second) all.push_back(s);
    o["states"] = std::move(all);
  }
  o["createShared"] = false;
  return reply(200, o);
}

http_response world::attribute_list(const std::string& type) const {
  json::array rows;
  if (const auto it = attributes.find(type); it != attributes.end())
    for (const json::object& a : it->second) rows.push_back(a);
  return reply(200, json::object{{"meta", meta_of(type + "/metadata/attributes", "attributemetadata")},
                                 {"rows", std::move(rows)}});
}

http_response world::stock_report(bool by_store, const form_fields& query) {
  const auto* kind = find_field(query, "stockType");
  const std::string type = kind == nullptr ? "stock" : *kind;
  if (type != "stock" && type != "freeStock" && type != "quantity")
    return refuse({400, 1034, "Неизвестный stockType", "stockType"});
  std::vector<std::string> ids;
  std::string only_store;
  if (const auto* filter = find_field(query, "filter"))
    for (std::string_view rest = *filter; !rest.empty();) {
      const auto end = std::min(rest.find(';'), rest.size());
      auto part = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (part.starts_with("storeId=")) only_store = part.substr(8);
      else if (part.starts_with("assortmentId=")) {
        part.remove_prefix(13);
        while (!part.empty()) {
          const auto comma = std::min(part.find(','), part.size());
          if (!is_uuid(part.substr(0, comma))) return refuse({400, 1052, "Некорректный UUID", "filter"});
          ids.emplace_back(part.substr(0, comma));
          part.remove_prefix(std::min(comma + 1, part.size()));
        }
      } else {
        return refuse({400, 1034, "Неизвестное поле фильтра", "filter"});
      }
    }
  if (!by_store && !only_store.empty()) return refuse({400, 1034, "Неизвестное поле фильтра", "filter"});
  json::array rows;
  for (const auto& [good, stores] : stock) {
    if (!ids.empty() && std::ranges::find(ids, good) == ids.end()) continue;
    std::int64_t reserved = 0;
    if (type != "stock")
      for (const thing& o : tables["customerorder"])
        if (!o.deleted && json::boolean(o.body, "applicable").value_or(true))
          for (const json::object& p : o.positions)
            if (linked_id(p, "assortment") == good) reserved += units(p, "reserve") / 1000;
    std::int64_t all = 0;
    for (const auto& [store, pieces] : stores) {
      all += pieces;
      const auto left = pieces - reserved;
      if (by_store && left != 0 && (only_store.empty() || only_store == store)) {
        json::object row{{"assortmentId", good}, {"storeId", store}};
        row[type] = json::decimal(std::to_string(left) + ".0");
        rows.push_back(std::move(row));
      }
    }
    if (!by_store && all - reserved != 0) { // nothing left is no row
      json::object row{{"assortmentId", good}};
      row[type] = all - reserved;
      rows.push_back(std::move(row));
    }
  }
  return reply(200, rows);
}

http_response world::hook_list() const {
  json::array rows;
  for (const hook& h : hooks) rows.push_back(hook_json(*this, h));
  json::object meta = meta_of("webhook", "webhook");
  meta["size"] = rows.size();
  return reply(200, json::object{{"meta", std::move(meta)}, {"rows", std::move(rows)}});
}

http_response world::hook_change(const std::string& method, std::string_view id, const json::value& body) {
  const auto it = std::ranges::find(hooks, id, &hook::id);
  if (method != "POST" && it == hooks.end()) return refuse({404, 1021, "Объект не найден", {}});
  if (method == "DELETE") {
    hooks.erase(it);
    http_response done = reply(200, json::object());
    done.body.clear();
    return done;
  }
  const auto* o = body.if_object();
  if (o == nullptr) return refuse({400, 2016, "Ожидается объект", {}});
  if (method == "PUT") {
    it->enabled = json::boolean(*o, "enabled").value_or(it->enabled);
    return reply(200, hook_json(*this, *it));
  }
  hook h;
  h.id = new_uuid();
  h.url = json::text_or(*o, "url");
  h.type = json::text_or(*o, "entityType");
  h.action = json::text_or(*o, "action");
  h.diff = json::text_or(*o, "diffType");
  for (const auto& [key, text] :
       {std::pair{"url", &h.url}, std::pair{"entityType", &h.type}, std::pair{"action", &h.action}})
    if (text->empty()) return refuse({412, 3000, "Поле не может быть пустым", key});
  if (h.url.size() > 255) return refuse({412, 30010, "Слишком длинный url", "url"});
  if (!h.url.starts_with("http://") && !h.url.starts_with("https://"))
    return refuse({412, 30005, "Некорректный url", "url"});
  if (std::ranges::find(actions, h.action) == actions.end() || !tables.contains(h.type))
    if (h.type != "customerorder" && h.type != "demand" && h.type != "salesreturn")
      return refuse({412, 30001, "Недопустимый тип или действие", "entityType"});
  if (!h.diff.empty() && h.action != "UPDATE") return refuse({412, 30009, "diffType только для UPDATE", "diffType"});
  std::size_t same = 0;
  for (const hook& have : hooks) {
    if (have.type != h.type || have.action != h.action) continue;
    ++same;
    if (have.url == h.url) return refuse({412, 30003, "Такой вебхук уже есть", {}});
  }
  if (same >= 5) return refuse({412, 30007, "Слишком много вебхуков", {}});
  hooks.push_back(h);
  return reply(200, hook_json(*this, h));
}

} // namespace waybill::moysklad::sandbox
