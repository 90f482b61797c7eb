// `batch`: commands one after the other, each counted and checked on its own, all within the request's 60 s.
#include <sandbox/rest.hpp>

#include <algorithm>
#include <cctype>

namespace waybill::sandbox {
namespace {

constexpr std::int64_t most_commands = 50;

std::string lower(std::string s) {
  std::ranges::transform(s, s.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return s;
}

// The parameters of batch itself are read without case.
const json::value* parameter(const json::object& params, std::string_view name) {
  for (const auto& [key, value] : params)
    if (lower(std::string(key)) == name) return &value;
  return nullptr;
}

// cmd as pairs, also when its keys are 0..n-1.
std::vector<std::pair<std::string, json::value>> commands_of(const json::object& params) {
  std::vector<std::pair<std::string, json::value>> out;
  const auto* cmd = parameter(params, "cmd");
  if (cmd == nullptr) return out;
  if (const auto* o = cmd->if_object())
    for (const auto& [key, value] : *o) out.emplace_back(key, value);
  if (const auto* a = cmd->if_array())
    for (const auto& value : *a) out.emplace_back(std::to_string(out.size()), value);
  return out;
}

std::string method_of(const php::command& c) {
  auto name = lower(php::url_decode(c.method));
  if (name.starts_with('/')) name.erase(0, 1);
  if (name.ends_with(".json")) name.resize(name.size() - 5);
  return name;
}

} // namespace

std::vector<std::string> batch_methods(const json::object& params) {
  std::vector<std::string> out;
  for (const auto& [key, value] : commands_of(params))
    if (const auto* text = value.if_string(); text != nullptr && out.size() < 200)
      out.push_back(method_of(php::parse_command({text->data(), text->size()})));
  return out;
}

awaitable<batch_result> run_batch(rest_context ctx, caller who, json::object params) {
  batch_result r;
  portal& p = *ctx.at;
  const bool halt = php::is_true(parameter(params, "halt"));
  // What $result[..] and its like see, and at the end the answer.
  json::object data{{"result", json::object{}},
                    {"error", json::object{}},
                    {"total", json::object{}},
                    {"next", json::object{}},
                    {"time", json::object{}}};
  const auto commands = commands_of(params);
  double remaining = p.how.cut_s * 1000;
  std::int64_t count = 0;
  for (const auto& [key, value] : commands) {
    outcome out;
    json::object time;
    if (++count > most_commands) {
      out = refused("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded");
    } else {
      const auto* text = value.if_string();
      if (text == nullptr) continue; // no text, no command
      const auto command = php::parse_command({text->data(), text->size()});
      const auto name = method_of(command);
      ++p.stats.commands_in_batches;
      const std::vector<std::string> names{name};
      if (name == "batch") {
        out = refused("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405);
      } else if (take_fault(p, names, "error")) {
        out = refused("INTERNAL_SERVER_ERROR", "Internal server error", 500);
      } else {
        json::object arguments;
        for (auto& member : php::parse_str(command.query))
          arguments[member.key()] = php::substituted(std::move(member.value()), data);
        auto done = co_await run_command(ctx, who, name, std::move(arguments), remaining);
        remaining -= done.spent_ms;
        if (done.cut) {
          r.cut = true;
          co_return r;
        }
        out = std::move(done.out);
        time = std::move(done.time);
      }
    }
    if (out.error) {
      ++p.stats.errors[php::scalar(out.error->code).value_or("")];
      data["error"].as_object()[key] = json::object{{"error", out.error->code}, {"error_description", out.error->text}};
      if (halt) break;
      continue;
    }
    data["result"].as_object()[key] = std::move(out.result);
    if (out.total) data["total"].as_object()[key] = *out.total;
    if (out.next) data["next"].as_object()[key] = *out.next;
    if (!time.empty()) data["time"].as_object()[key] = std::move(time);
  }
  for (const auto* name : {"result", "error", "total", "next", "time"}) {
    const std::string shown = std::string(name) == "result" ? "result" : std::string("result_") + name;
    r.result[shown] = php::as_array(std::move(data[name].as_object()));
  }
  co_return r;
}

} // namespace waybill::sandbox
