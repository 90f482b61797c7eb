// The deal's user fields.
#include <setup/plans.hpp>
#include <setup/texts.hpp>
#include <waybill/json.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::setup {
namespace {

namespace bj = boost::json;

bj::array new_items(const field_wish& f, std::int64_t first_sort) {
  bj::array out;
  auto sort = first_sort;
  for (const auto& [xml_id, text] : f.items) {
    bj::object item{{"VALUE", text}, {"XML_ID", xml_id}, {"SORT", sort += 10}, {"DEF", "N"}};
    out.push_back(std::move(item));
  }
  return out;
}

awaitable<result<void>> create_field(site_ptr s, field_wish f) {
  bj::object label{{"ru", word(s->want.portal, "field_" + f.key, "ru")},
                   {"en", word(s->want.portal, "field_" + f.key, "en")}};
  bj::object fields{{"FIELD_NAME", f.name}, {"USER_TYPE_ID", f.type},  {"XML_ID", f.name},
                    {"MULTIPLE", "N"},      {"MANDATORY", "N"},        {"SHOW_FILTER", "Y"},
                    {"EDIT_IN_LIST", "Y"},  {"EDIT_FORM_LABEL", label}};
  fields["LIST_COLUMN_LABEL"] = label;
  fields["LIST_FILTER_LABEL"] = std::move(label);
  if (f.type == "enumeration" && !f.items.empty()) fields["LIST"] = new_items(f, 0);
  bj::object params;
  params["fields"] = std::move(fields);
  co_return co_await write(s->portal, "crm.deal.userfield.add", std::move(params));
}

// The whole list goes back with its ids: nothing that a person added is lost, whatever the portal does with the rest.
awaitable<result<void>> extend_field(site_ptr s, std::int64_t id, bj::array items, field_wish missing) {
  for (auto& item : new_items(missing, 1'000)) items.push_back(item);
  bj::object fields;
  fields["LIST"] = std::move(items);
  bj::object params;
  params["id"] = id;
  params["fields"] = std::move(fields);
  co_return co_await write(s->portal, "crm.deal.userfield.update", std::move(params));
}

// The items of the wish that the list lacks: neither by XML_ID nor by text.
field_wish lacking(const field_wish& f, const user_field& there) {
  field_wish missing = f;
  std::erase_if(missing.items, [&](const auto& wanted) {
    return std::ranges::any_of(there.items, [&](const bj::value& v) {
      const auto& o = v.as_object();
      const auto text = json::text_or(o, "VALUE");
      return json::text_or(o, "XML_ID") == wanted.first || text == wanted.first || text == wanted.second;
    });
  });
  return missing;
}

void compare(const user_field& there, const field_wish& f, steps& out) {
  const auto what = fmt::format("deal field {} (fields.{})", f.name, f.key);
  if (!f.accepted.empty() && !f.accepted.contains(there.type)) {
    out.push_back(make_step(verb::cannot, what,
                            fmt::format("it is of type {}, which must be {}: name another field", there.type,
                                        fmt::join(f.accepted, " or "))));
    return;
  }
  auto missing = there.type == "enumeration" ? lacking(f, there) : field_wish{};
  if (missing.items.empty()) {
    out.push_back(make_step(verb::keep, what, "it is there"));
    return;
  }
  std::vector<std::string> texts;
  for (const auto& [xml_id, text] : missing.items) texts.push_back(text);
  auto step = make_step(verb::change, what, "its list lacks " + joined(texts));
  step.act = [id = there.id, items = there.items, missing = std::move(missing)](site_ptr s) {
    return extend_field(std::move(s), id, items, missing);
  };
  out.push_back(std::move(step));
}

} // namespace

void plan_fields(const site& s, steps& out) {
  if (const auto why = s.closed({"crm"}, false); !why.empty() || !s.fields || !*s.fields) {
    out.push_back(make_step(verb::cannot, "deal fields", why.empty() ? shown(s.fields->error()) : why));
    return;
  }
  for (const auto& f : s.want.fields) {
    const auto it = std::ranges::find(**s.fields, f.name, &user_field::name);
    if (it != (*s.fields)->end()) {
      compare(*it, f, out);
      continue;
    }
    const auto what = fmt::format("deal field {} (fields.{})", f.name, f.key);
    auto step = make_step(verb::create, what, fmt::format("deals have no such field; type {}", f.type));
    step.act = [f](site_ptr at) { return create_field(std::move(at), f); };
    out.push_back(std::move(step));
  }
}

} // namespace waybill::setup
