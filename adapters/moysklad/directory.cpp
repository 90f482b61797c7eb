#include "directory.hpp"

#include "ids.hpp"
#include "wire.hpp"

#include <waybill/text.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace waybill::moysklad {
namespace {

using namespace std::chrono_literals;

constexpr auto facts_live = std::chrono::hours(1);

fault misconfigured(std::string what) { return {errc::forbidden, std::move(what), {}, "moysklad.settings"}; }

bool is_named(const json::object& o, const std::string& wanted) {
  if (is_uuid(wanted) && lower_ascii(json::text_or(o, wire::id)) == lower_ascii(wanted)) return true;
  for (const auto key : {wire::title, wire::external_code, wire::inn, wire::code})
    if (const auto text = json::text(o, key); text && plain_name(*text) == plain_name(wanted)) return true;
  return false;
}

// Rows of a list; some answers are a bare array, and states stand inside the metadata.
const json::array* rows_of(const json::value& answer, std::string_view key) {
  if (const auto* bare = answer.if_array()) return bare;
  const auto* o = answer.if_object();
  return o == nullptr ? nullptr : json::list(*o, key);
}

} // namespace

directory::directory(settings how, std::shared_ptr<client> api, marks notes, executor ex, clock_fn clock)
    : how_(std::move(how)), api_(std::move(api)), marks_(std::move(notes)), clock_(clock),
      // Another choice in the configuration is another entry.
      cache_key_("directory:" + stable_uuid(how_.base_url + "\n" + how_.organization + "\n" + how_.store + "\n" +
                                            how_.sales_channel + "\n" + how_.project + "\n" + how_.delivery_service)),
      read_done_(std::move(ex)) {}

std::string directory::account_id() const {
  if (!how_.account_id.empty()) return how_.account_id;
  return now_ == nullptr ? std::string() : now_->account_id;
}

awaitable<std::optional<account_facts>> directory::from_cache() {
  std::optional<account_facts> none;
  const std::string kept = co_await marks_.get(cache_key_);
  if (kept.empty()) co_return none;
  const auto parsed = json::parse(kept, 1024 * 1024);
  if (!parsed) co_return none;
  co_return facts_from(*parsed);
}

awaitable<void> directory::forget() {
  now_ = nullptr;
  co_await marks_.drop(cache_key_);
}

awaitable<result<directory::facts_ptr>> directory::facts() {
  const auto fresh = [this](const account_facts& f) {
    const auto age = clock_() - instant(std::chrono::milliseconds(f.read_at));
    return age >= 0ms && age < facts_live;
  };
  for (;;) {
    if (now_ != nullptr && fresh(*now_)) co_return now_;
    if (!reading_) break;
    co_await read_done_.wait(1s);
  }
  reading_ = true;
  // Also when this coroutine is cancelled in the middle.
  struct landing {
    directory& owner;
    ~landing() {
      owner.reading_ = false;
      owner.read_done_.notify_all();
    }
  } const guard{*this};
  if (auto kept = co_await from_cache(); kept && fresh(*kept)) {
    now_ = std::make_shared<const account_facts>(std::move(*kept));
    co_return now_;
  }
  auto got = co_await read();
  if (!got) co_return fail(got.error());
  got->read_at = clock_().time_since_epoch().count();
  now_ = std::make_shared<const account_facts>(std::move(*got));
  const facts_ptr mine = now_;
  std::string text = json::serialize(to_json(*mine));
  co_await marks_.set(cache_key_, std::move(text), facts_live);
  co_return mine;
}

awaitable<result<json::array>> directory::rows(std::string path, std::string query) {
  call c;
  c.operation = "directory";
  c.path = std::move(path);
  c.query = std::move(query);
  const auto answer = co_await api_->ask(std::move(c));
  if (!answer) co_return fail(answer.error());
  const auto* all = rows_of(*answer, wire::rows);
  if (all == nullptr) co_return fail(errc::protocol, "a list in MoySklad's answer is missing", "moysklad.no_rows");
  json::array out = *all;
  co_return out;
}

// The object that the setting names; without a name the only one there is. An empty object: the account has none.
awaitable<result<json::object>> directory::choose(std::string type, std::string wanted, std::string setting) {
  const auto all = co_await rows("/entity/" + type, "limit=1000");
  if (!all) co_return fail(all.error());
  std::vector<const json::object*> found;
  for (const auto& each : *all) {
    const auto* o = each.if_object();
    if (o == nullptr || !is_uuid(json::text_or(*o, wire::id))) continue;
    if (json::boolean(*o, wire::archived).value_or(false)) continue;
    if (wanted.empty() || is_named(*o, wanted)) found.push_back(o);
  }
  if (found.empty() && !wanted.empty())
    co_return fail(misconfigured(fmt::format("{}: MoySklad has no {} \"{}\"", setting, type, wanted)));
  if (found.empty()) co_return json::object();
  if (found.size() > 1)
    co_return fail(misconfigured(
        wanted.empty() ? fmt::format("{}: MoySklad has several; name one", setting)
                       : fmt::format("{}: several in MoySklad are called \"{}\"; use the id", setting, wanted)));
  json::object out = *found.front();
  co_return out;
}

awaitable<result<void>> directory::read_document(std::shared_ptr<account_facts> into, document d) {
  const std::string base = "/entity/" + std::string(type_of(d)) + "/metadata";
  call c;
  c.operation = "directory";
  c.path = base;
  const auto about = co_await api_->ask(std::move(c));
  if (!about) co_return fail(about.error());
  auto& states = into->states[d];
  const auto* meta = about->if_object();
  if (const auto* list = meta == nullptr ? nullptr : json::list(*meta, wire::states)) // a type may have none
    for (const auto& each : *list)
      if (const auto* o = each.if_object())
        if (const std::string id = json::text_or(*o, wire::id); is_uuid(id))
          states.push_back({lower_ascii(id), json::text_or(*o, wire::title), json::text_or(*o, wire::state_type)});
  const auto fields = co_await rows(base + "/attributes", "limit=1000");
  if (!fields) co_return fail(fields.error());
  auto& attributes = into->attributes[d];
  for (const auto& each : *fields)
    if (const auto* o = each.if_object())
      if (const std::string id = json::text_or(*o, wire::id); is_uuid(id))
        attributes.push_back({lower_ascii(id), json::text_or(*o, wire::title), json::text_or(*o, wire::type),
                              json::boolean(*o, wire::required).value_or(false)});
  co_return result<void>{};
}

awaitable<result<account_facts>> directory::read() {
  const auto f = std::make_shared<account_facts>();
  const auto organization = co_await choose(std::string(wire::organization), how_.organization, "sender.organization");
  if (!organization) co_return fail(organization.error());
  if (organization->empty()) co_return fail(misconfigured("sender.organization: MoySklad has no legal entity yet"));
  f->organization_id = lower_ascii(json::text_or(*organization, wire::id));
  f->organization_name = json::text_or(*organization, wire::title);
  f->account_id = lower_ascii(json::text_or(*organization, wire::account_id));
  const auto store = co_await choose(std::string(wire::store), how_.store, "sender.store");
  if (!store) co_return fail(store.error());
  f->store_id = lower_ascii(json::text_or(*store, wire::id));
  f->store_name = json::text_or(*store, wire::title);
  if (!how_.sales_channel.empty()) {
    const auto got = co_await choose(std::string(wire::sales_channel_type), how_.sales_channel, "sales_channel");
    if (!got) co_return fail(got.error());
    f->sales_channel_id = lower_ascii(json::text_or(*got, wire::id));
  }
  if (!how_.project.empty()) {
    const auto got = co_await choose(std::string(wire::project), how_.project, "project");
    if (!got) co_return fail(got.error());
    f->project_id = lower_ascii(json::text_or(*got, wire::id));
  }
  if (how_.fee == fee_place::position) {
    const auto got = co_await choose(std::string(wire::service), how_.delivery_service, "delivery_service");
    if (!got) co_return fail(got.error());
    f->delivery_type = wire::service;
    f->delivery_id = lower_ascii(json::text_or(*got, wire::id));
    f->delivery_vat_enabled = json::boolean(*got, wire::vat_enabled).value_or(false);
    f->delivery_vat = json::integer_or(*got, wire::vat);
  }
  for (const document d : {document::order, document::demand, document::sales_return}) {
    const auto done = co_await read_document(f, d);
    if (!done) co_return fail(done.error());
  }
  account_facts out = std::move(*f);
  co_return out;
}

} // namespace waybill::moysklad
