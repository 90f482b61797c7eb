// What the manager reads: comments, log lines, to-dos, notifications.
#include <sandbox/methods.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace waybill::sandbox {
namespace {

std::string text_at(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v == nullptr ? std::string{} : php::scalar(*v).value_or("");
}

// Comments can be put on deals only; the type is written in lower case.
bool deal_type(std::string_view text) { return text == "deal"; }

json::object shown_comment(std::int64_t deal, const json::object& o) {
  return {{"ID", text_at(o, "id")},        {"ENTITY_ID", std::to_string(deal)},
          {"ENTITY_TYPE", "deal"},         {"CREATED", text_at(o, "created")},
          {"COMMENT", text_at(o, "text")}, {"AUTHOR_ID", text_at(o, "author")},
          {"FILES", json::array{}}};
}

outcome comment_add(const call& c) {
  const auto* fields = c.object("fields"); // "FIELDS" is not understood any more
  if (fields == nullptr) return missing_parameter("fields");
  for (const auto* name : {"ENTITY_ID", "ENTITY_TYPE", "COMMENT"})
    if (!fields->contains(name)) return refused("100", fmt::format("Required fields: {}", name));
  if (!deal_type(text_at(*fields, "ENTITY_TYPE")))
    return refused("INVALID_ARG_VALUE", "Invalid value of the argument ENTITY_TYPE");
  const auto deal = json::integer_or(*fields, "ENTITY_ID");
  if (c.at.find(entity::deal, deal) == nullptr) return refused("OWNER_NOT_FOUND", "Владелец не найден");
  const auto text = text_at(*fields, "COMMENT");
  if (text.empty()) return refused("INVALID_ARG_VALUE", "Пустой текст комментария");
  const auto id = c.at.next_id();
  json::array files;
  if (const auto* list = fields->if_contains("FILES"); list != nullptr && list->is_array())
    for (const auto& f : list->get_array())
      if (const auto* pair = f.if_array(); pair != nullptr && pair->size() == 2) {
        const auto bytes = php::scalar((*pair)[1]).value_or("");
        if (bytes.starts_with("data:")) return refused("INVALID_ARG_VALUE", "Invalid file content");
        files.push_back(json::object{{"name", (*pair)[0]}, {"size", static_cast<std::int64_t>(bytes.size() / 4 * 3)}});
      }
  c.at.comments[deal].push_back(json::object{{"id", id},
                                             {"text", text},
                                             {"author", c.who.user},
                                             {"created", portal_time(c.at.clock())},
                                             {"files", std::move(files)}});
  return ok(id);
}

outcome comment_list(const call& c) {
  const auto* filter = c.object("filter");
  if (filter == nullptr) return missing_parameter("filter");
  for (const auto* name : {"ENTITY_ID", "ENTITY_TYPE"})
    if (!filter->contains(name) && !filter->contains(std::string("=") + name))
      return refused("100", fmt::format("Required filter fields: {}", name));
  json::array rows;
  for (const auto& [deal, list] : c.at.comments)
    for (const auto& o : list) rows.push_back(shown_comment(deal, o.as_object()));
  outcome out;
  auto shown = list_page(std::move(rows), {c.param("filter"), c.param("order"), parse_page(c.param("start"))}, out);
  json::array cut;
  for (const auto& row : shown) cut.push_back(selected(row.as_object(), c.param("select")));
  out.result = std::move(cut);
  return out;
}

outcome comment_get(const call& c) {
  const auto id = c.integer("id").value_or(0);
  for (const auto& [deal, list] : c.at.comments)
    for (const auto& o : list)
      if (json::integer(o.as_object(), "id") == id) return ok(shown_comment(deal, o.as_object()));
  return refused("NOT_FOUND", "Элемент не найден");
}

outcome logmessage_add(const call& c) {
  const auto* fields = c.object("fields");
  if (fields == nullptr) return missing_parameter("fields");
  for (const auto* name : {"entityTypeId", "entityId", "title", "text", "iconCode"})
    if (text_at(*fields, name).empty()) return refused("100", fmt::format("Required fields: {}", name));
  const auto deal = json::integer_or(*fields, "entityId");
  if (json::integer(*fields, "entityTypeId") != 2 || c.at.find(entity::deal, deal) == nullptr)
    return refused("OWNER_NOT_FOUND", "Владелец не найден");
  json::object entry{{"id", c.at.next_id()},
                     {"created", portal_time(c.at.clock())},
                     {"authorId", c.who.user},
                     {"title", text_at(*fields, "title")},
                     {"text", text_at(*fields, "text")},
                     {"iconCode", text_at(*fields, "iconCode")}};
  c.at.log_messages[deal].push_back(entry);
  return ok(json::object{{"logMessage", std::move(entry)}});
}

outcome todo_add(const call& c) {
  for (const auto* name : {"ownerTypeId", "ownerId", "deadline"})
    if (c.param(name) == nullptr) return missing_parameter(name);
  const auto deal = c.integer("ownerId").value_or(0);
  if (c.integer("ownerTypeId") != 2 || c.at.find(entity::deal, deal) == nullptr)
    return refused("OWNER_NOT_FOUND", "Владелец не найден");
  const auto deadline = read_portal_time(c.text("deadline"));
  if (!deadline) return refused("WRONG_DATETIME_FORMAT", "Неверный формат даты");
  const auto id = c.at.next_id();
  c.at.todos[deal].push_back(json::object{{"id", id},
                                          {"title", c.text("title")},
                                          {"description", c.text("description")},
                                          {"deadline", portal_time(*deadline)},
                                          {"responsible", c.integer("responsibleId").value_or(c.who.user)}});
  return ok(json::object{{"id", id}});
}

outcome notify(const call& c, std::string_view sort) {
  const auto user_id = c.integer("USER_ID").value_or(0);
  if (user_id <= 0) return refused("USER_ID_EMPTY", "User ID can't be empty");
  const auto message = c.text("MESSAGE");
  if (message.empty()) return refused("MESSAGE_EMPTY", "Message can't be empty");
  const auto tag = c.text("TAG");
  if (!c.who.application && (!tag.empty() || !c.text("SUB_TAG").empty()) && c.text("CLIENT_ID").empty())
    return refused("ACCESS_DENIED", "Access denied! Client ID not specified", 403);
  if (std::ranges::find(c.at.users, user_id, &user::id) == c.at.users.end()) return ok(false);
  if (!tag.empty())
    drop_if(c.at.notifications, [&](const json::value& v) {
      const auto& o = v.as_object();
      return text_at(o, "tag") == tag && json::integer(o, "user") == user_id;
    });
  const auto id = c.at.next_id();
  c.at.notifications.push_back(
      json::object{{"id", id}, {"user", user_id}, {"message", message}, {"tag", tag}, {"kind", sort}});
  return ok(id);
}

outcome notify_system(const call& c) { return notify(c, "system"); }
outcome notify_personal(const call& c) { return notify(c, "personal"); }

constexpr auto table = std::to_array<method>({
    {"crm.timeline.comment.add", "crm", effort::write, false, comment_add},
    {"crm.timeline.comment.list", "crm", effort::read, false, comment_list},
    {"crm.timeline.comment.get", "crm", effort::read, false, comment_get},
    {"crm.timeline.logmessage.add", "crm", effort::write, false, logmessage_add},
    {"crm.activity.todo.add", "crm", effort::write, false, todo_add},
    {"im.notify.system.add", "im", effort::write, false, notify_system},
    {"im.notify.personal.add", "im", effort::write, false, notify_personal},
});

} // namespace

std::span<const method> timeline_methods() { return table; }

} // namespace waybill::sandbox
