// [[portals]]: where a portal is, how it is reached, and what its stages ask for.
#include <config/reader.hpp>

#include <algorithm>
#include <set>
#include <tuple>

namespace waybill::config {
namespace {

using namespace std::chrono_literals;

bool is_id(std::string_view id, std::size_t longest) {
  return !id.empty() && id.size() <= longest &&
         std::ranges::all_of(id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

void read_properties(reader& in, std::string_view key, std::vector<std::string>& out) {
  constexpr std::string_view start = "property";
  if (!in.texts(key, out)) return;
  const auto good = [start](std::string_view name) {
    const auto digits = name.substr(std::min(name.size(), start.size()));
    return name.starts_with(start) && !digits.empty() && digits.size() <= 12 &&
           digits.find_first_not_of("0123456789") == digits.npos;
  };
  if (out.size() > 10 || !std::ranges::all_of(out, good))
    in.wrong(key, "does not name properties of the catalogue", "write them as REST does, at most 10: \"property105\"");
}

// https://host/rest/{user}/{code}/, possibly below a folder of the host; the code is a secret and never shown.
bool is_webhook(std::string_view url) {
  constexpr std::string_view mark = "/rest/";
  const auto at = url.rfind(mark);
  if (at == std::string_view::npos || at < url.find("://") + 3) return false;
  const auto rest = url.substr(at + mark.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto user = rest.substr(0, slash);
  return !user.empty() && user.find_first_not_of("0123456789") == std::string_view::npos && slash < rest.size() &&
         is_url_safe(rest.substr(slash + 1));
}

void read_webhook(reader& in, secret& out) {
  std::string url;
  if (!in.url("webhook_url", url)) return;
  if (is_webhook(url)) out = secret(url + "/");
  else
    in.wrong("webhook_url", "does not look like an inbound webhook",
             "copy it from the portal (Developer resources, Inbound webhook): https://your.bitrix24.ru/rest/1/code/, "
             "without a method name");
}

void read_access(reader& in, portal& p) {
  read_webhook(in, p.webhook_url);
  in.text("client_id", p.client_id);
  in.text("client_secret", p.client_secret);
  if (in.text("domain", p.domain) && !is_host(p.domain))
    in.wrong("domain", "is not a host name", "write it without https:// and path: \"example.bitrix24.ru\"");
  if (in.url("oauth_url", p.oauth_url)) p.oauth_url += '/';

  const bool webhook = in.present("webhook_url");
  const bool application = in.present("client_id") || in.present("client_secret");
  if (webhook && application) {
    in.wrong("webhook_url", "stands beside a local application",
             "keep either webhook_url, or client_id, client_secret and domain");
  } else if (!webhook && !application) {
    in.missing("webhook_url",
               "give the portal's inbound webhook, or client_id, client_secret and domain of a local application");
  } else if (application) {
    for (const std::string_view key : {"client_id", "client_secret", "domain"})
      if (!in.present(key)) in.missing(key, "a local application needs client_id, client_secret and domain");
  }
}

// "C2:" of "C2:WON"; empty for the main pipeline.
std::string_view category_prefix(std::string_view stage) {
  const auto colon = stage.find(':');
  return colon == std::string_view::npos ? std::string_view{} : stage.substr(0, colon + 1);
}

void read_triggers(reader& in, portal& p) {
  std::set<std::tuple<std::int64_t, std::string>> seen;
  for (reader& t : in.tables("triggers")) {
    trigger out;
    const bool category = t.integer("category", out.category, 0, 1'000'000'000) || !t.spoiled("category");
    const bool stage = t.text("stage", out.stage);
    if (!stage) t.missing("stage", "name the stage by its STATUS_ID, for instance \"EXECUTING\" or \"C2:UC_SHIP01\"");
    std::string action;
    if (t.choice("action", action, {"ship", "cancel", "return", "quote"}))
      out.action = action == "ship"     ? trigger_action::ship
                   : action == "cancel" ? trigger_action::cancel
                   : action == "return" ? trigger_action::make_return
                                        : trigger_action::quote;
    else t.missing("action", "say what the stage asks for: \"ship\", \"cancel\", \"return\" or \"quote\"");
    if (stage && !is_stage(out.stage)) {
      t.wrong("stage", "is not a stage id",
              "write the STATUS_ID of the stage (\"EXECUTING\", \"C2:UC_SHIP01\"), not its name");
    } else if (stage && category) {
      // Stages of the main pipeline bear no prefix, those of pipeline n begin with "Cn:".
      const auto wanted = out.category == 0 ? std::string{} : "C" + std::to_string(out.category) + ":";
      const auto prefix = category_prefix(out.stage);
      if (prefix != wanted) {
        const auto bare = out.stage.substr(prefix.size());
        t.wrong("stage", "does not belong to category " + std::to_string(out.category),
                prefix.empty() ? "write \"" + wanted + bare + "\""
                               : "write \"" + wanted + bare + "\", or the category of " + out.stage);
      } else if (!seen.emplace(out.category, out.stage).second) {
        t.wrong("stage", "has a trigger already", "leave one trigger for a stage");
      }
    }
    t.finish();
    p.triggers.push_back(std::move(out));
  }
}

portal read_portal(reader& in) {
  portal p;
  if (!in.text("id", p.id))
    in.missing("id", "give it a short name of its own, as it stands in the paths of the webhooks: \"main\"");
  else if (!is_id(p.id, 16)) in.wrong("id", "is not a usable id", "use at most 16 of a-z, 0-9 and -");
  in.choice("locale", p.locale, {"ru", "en"});
  read_access(in, p);
  in.texts("application_tokens", p.application_tokens);
  if (in.text("member_id", p.member_id) && !is_url_safe(p.member_id))
    in.wrong("member_id", "is not a member_id", "copy it from an event's auth[member_id]: letters and digits");
  in.text("webhook_secret", p.webhook_secret);
  check_path_secret(in, p.webhook_secret);
  in.integer("requests_per_second", p.requests_per_second, 1, 100'000);
  in.integer("burst", p.burst, 1, 1'000'000);
  in.integer("operating_limit_s", p.operating_limit_s, 1, 3600);
  in.duration("sweep_interval", p.sweep_interval, 1s, 24h);
  in.boolean("notify_responsible", p.notify_responsible);
  in.boolean("todo_on_failure", p.todo_on_failure);
  in.boolean("attach_label", p.attach_label);
  in.text("goods_from", p.goods_from);
  read_properties(in, "article_properties", p.article_properties);
  read_properties(in, "barcode_properties", p.barcode_properties);
  in.texts("delivery_row_names", p.delivery_row_names);
  read_triggers(in, p);
  read_portal_parts(in, p);
  if (p.service && p.webhook_secret.empty())
    in.missing("webhook_secret",
               "the delivery service's webhooks carry no token: the secret of their path tells them apart");
  in.finish();
  return p;
}

} // namespace

bool is_stage(std::string_view stage) {
  auto bare = stage;
  if (const auto prefix = category_prefix(stage); !prefix.empty()) {
    const auto number = prefix.substr(1, prefix.size() - 2);
    if (prefix.front() != 'C' || number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos)
      return false;
    bare.remove_prefix(prefix.size());
  }
  return !bare.empty() && bare.size() <= 50 && std::ranges::all_of(bare, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::vector<portal> read_portals(reader& root) {
  std::vector<portal> all;
  std::set<std::string> ids;
  for (reader& in : root.tables("portals")) {
    all.push_back(read_portal(in));
    const std::string& id = all.back().id;
    if (!id.empty() && !ids.insert(id).second)
      in.wrong("id", "\"" + id + "\" is the id of an earlier portal", "give each portal an id of its own");
  }
  if (all.empty()) root.missing("portals", "add a [[portals]] table with the portal that waybill shall serve");
  return all;
}

} // namespace waybill::config
