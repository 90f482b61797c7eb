// What we write into the CRM.
#include <bitrix24/compare.hpp>
#include <bitrix24/crm_impl.hpp>
#include <bitrix24/errors.hpp>
#include <bitrix24/text.hpp>
#include <waybill/encoding.hpp>
#include <waybill/json.hpp>
#include <waybill/log.hpp>

#include <string>

namespace waybill::bitrix24 {
namespace {

namespace bj = boost::json;

// The portal's own limits of texts are not documented; these are well below what was seen to work.
constexpr std::size_t longest_comment = 9'500, longest_notice = 9'500, longest_title = 250;
constexpr std::size_t largest_file = std::size_t{16} * 1024 * 1024;

using update_result = crm::update_result;

awaitable<result<update_result>> update(std::shared_ptr<client> portal, std::int64_t id, bj::object fields) {
  if (id <= 0) co_return fail(errc::bad_input, "a deal's id is a positive number");
  update_result out;
  if (fields.empty()) co_return out;
  bj::object params;
  params["entityTypeId"] = deal_type;
  params["id"] = id;
  params["fields"] = fields;
  params["useOriginalUfNames"] = "Y";
  auto got = co_await portal->call("crm.item.update", std::move(params), effect::write);
  if (!got) co_return fail(got.error());
  const auto* answer = got->result.if_object();
  const auto* item = answer == nullptr ? nullptr : json::child(*answer, "item");
  if (item == nullptr) co_return out; // written; an old portal does not show the record
  out.updated = json::text_or(*item, "updatedTime");
  out.ignored = not_kept(fields, *item);
  for (const auto& name : out.ignored)
    log::warn("the portal did not keep a field of a deal",
              {{"portal", portal->portal().id}, {"field", name}, {"deal", std::to_string(id)}});
  co_return out;
}

awaitable<result<void>> attach(std::shared_ptr<client> portal, std::int64_t id, std::string field, std::string name,
                               std::string bytes) {
  if (id <= 0 || field.empty()) co_return fail(errc::bad_input, "a file needs a deal and a field");
  if (bytes.empty() || bytes.size() > largest_file) co_return fail(errc::bad_input, "the file is empty or too large");
  bj::object fields;
  fields[field] = bj::array{name, to_base64(bytes)};
  bj::object params;
  params["entityTypeId"] = deal_type;
  params["id"] = id;
  params["fields"] = std::move(fields);
  params["useOriginalUfNames"] = "Y";
  auto got = co_await portal->call_alone("crm.item.update", std::move(params), effect::write);
  if (!got) co_return fail(got.error());
  const auto* file = json::at_path(got->result, "item." + field);
  const bool shown = got->result.is_object() && json::child(got->result.get_object(), "item") != nullptr;
  if (shown && (file == nullptr || file->is_null()))
    co_return fail(errc::rejected, "the portal did not keep the file: the field does not exist or holds no files");
  co_return result<void>{};
}

awaitable<result<std::int64_t>> comment(std::shared_ptr<client> portal, std::int64_t deal, std::string text) {
  if (deal <= 0 || text.empty()) co_return fail(errc::bad_input, "a comment needs a deal and a text");
  bj::object params;
  params["fields"] =
      bj::object{{"ENTITY_ID", deal}, {"ENTITY_TYPE", "deal"}, {"COMMENT", shortened(text, longest_comment)}};
  auto got = co_await portal->call("crm.timeline.comment.add", std::move(params), effect::write);
  if (!got) co_return fail(got.error());
  const auto id = json::as_integer(got->result);
  if (!id) co_return fail(errc::protocol, "the portal did not tell the comment's id");
  co_return *id;
}

awaitable<result<void>> tell(std::shared_ptr<client> portal, std::int64_t user, std::string text, std::string tag) {
  if (user <= 0 || text.empty()) co_return fail(errc::bad_input, "a notification needs a user and a text");
  bj::object params;
  params["USER_ID"] = user;
  params["MESSAGE"] = shortened(text, longest_notice);
  if (!tag.empty()) {
    params["TAG"] = tag;
    if (portal->by_webhook()) params["CLIENT_ID"] = "waybill"; // a webhook has no id of its own, and tags want one
  }
  auto got = co_await portal->call("im.notify.system.add", std::move(params), effect::write);
  if (!got) co_return fail(got.error());
  if (got->result.is_bool() && !got->result.get_bool())
    co_return fail(errc::rejected, "the portal did not deliver the notification");
  co_return result<void>{};
}

awaitable<result<std::int64_t>> todo(std::shared_ptr<client> portal, std::int64_t deal, std::int64_t responsible,
                                     std::string title, std::string text, instant deadline) {
  if (deal <= 0) co_return fail(errc::bad_input, "a to-do needs a deal");
  bj::object params;
  params["ownerTypeId"] = deal_type;
  params["ownerId"] = deal;
  params["deadline"] = to_iso(deadline);
  params["title"] = shortened(title, longest_title);
  params["description"] = shortened(text, longest_comment);
  if (responsible > 0) params["responsibleId"] = responsible;
  auto got = co_await portal->call("crm.activity.todo.add", std::move(params), effect::write);
  if (!got) co_return fail(got.error());
  const auto* o = got->result.if_object();
  const auto id = o == nullptr ? json::as_integer(got->result) : json::integer(*o, "id");
  if (!id) co_return fail(errc::protocol, "the portal did not tell the to-do's id");
  co_return *id;
}

} // namespace

awaitable<result<crm::update_result>> crm::update_deal(std::int64_t id, bj::object fields) {
  return update(impl_->portal, id, std::move(fields));
}
awaitable<result<std::int64_t>> crm::add_comment(std::int64_t deal, std::string text) {
  return comment(impl_->portal, deal, std::move(text));
}
awaitable<result<void>> crm::notify(std::int64_t user, std::string text, std::string tag) {
  return tell(impl_->portal, user, std::move(text), std::move(tag));
}
awaitable<result<std::int64_t>> crm::add_todo(std::int64_t deal, std::int64_t responsible, std::string title,
                                              std::string text, instant deadline) {
  return todo(impl_->portal, deal, responsible, std::move(title), std::move(text), deadline);
}
awaitable<result<void>> crm::attach_file(std::int64_t deal, std::string field, std::string file_name,
                                         std::string bytes) {
  return attach(impl_->portal, deal, std::move(field), std::move(file_name), std::move(bytes));
}

} // namespace waybill::bitrix24
