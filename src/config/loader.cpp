// From the text of the file to checked structs.
#include <config/expand.hpp>
#include <config/reader.hpp>
#include <config/tree.hpp>

#include <algorithm>
#include <map>

namespace waybill::config {
namespace {

constexpr std::size_t max_file_bytes = 1024 * 1024;

// What others are told to call needs an address to be called at.
void check_public_url(reader& root, const file& f) {
  reader server = root.table("server");
  if (server.present("public_url")) return;
  for (const portal& p : f.portals)
    if (p.service) {
      server.missing("public_url", "the delivery service of portal \"" + p.id +
                                       "\" is called there: write the address under "
                                       "which the portal reaches this daemon");
      return;
    }
  for (const carrier_account& a : f.carriers)
    if (!a.webhook_secret.empty()) {
      server.missing("public_url", "carrier \"" + a.id +
                                       "\" calls back (it has a webhook_secret): write the address under which "
                                       "it reaches this daemon");
      return;
    }
}

// In the order of the lines; of one line in the order in which they were found.
std::vector<problem> by_line(std::vector<problem> found) {
  std::multimap<int, problem> sorted;
  for (problem& p : found) sorted.emplace(p.line, std::move(p));
  found.clear();
  for (auto& [line, p] : sorted) found.push_back(std::move(p));
  return found;
}

} // namespace

const portal* file::find_portal(std::string_view id) const {
  const auto it = std::ranges::find(portals, id, &portal::id);
  return it == portals.end() ? nullptr : &*it;
}

const carrier_account* file::find_carrier(std::string_view id) const {
  const auto it = std::ranges::find(carriers, id, &carrier_account::id);
  return it == carriers.end() ? nullptr : &*it;
}

std::string to_text(const problem& p) {
  std::string text = p.file;
  if (p.line > 0) text += ":" + std::to_string(p.line);
  if (!p.key.empty()) text += ": " + p.key;
  text += ": " + p.what;
  if (!p.remedy.empty()) text += "; " + p.remedy;
  return text;
}

std::expected<file, std::vector<problem>> parse(std::string_view text, const std::string& file_name,
                                                const environment& env, std::span<const carrier_type* const> types) {
  if (text.size() > max_file_bytes) {
    problem p{.file = file_name,
              .line = 0,
              .key = {},
              .what = "is larger than 1 MiB",
              .remedy = "this is not a configuration"};
    return std::unexpected(std::vector<problem>{std::move(p)});
  }
  auto tree = parse_tree(text, file_name);
  if (!tree) return std::unexpected(std::vector<problem>{std::move(tree.error())});

  scope where{.file = file_name, .folder = std::filesystem::path(file_name).parent_path(), .env = env, .problems = {}};
  reader root(where, &*tree, {}, 0);
  file f;
  f.http = read_server(root);
  f.store = read_redis(root);
  f.logging = read_log(root);
  f.jobs = read_queue(root);
  f.portals = read_portals(root);
  f.carriers = read_carriers(root, types);
  f.routes = read_routes(root, f.portals, f.carriers);
  check_public_url(root, f);
  root.finish();
  if (where.problems.empty()) return f;
  return std::unexpected(by_line(std::move(where.problems)));
}

std::expected<file, std::vector<problem>> parse(std::string_view text, const std::string& file_name,
                                                const environment& env) {
  return parse(text, file_name, env, carrier_types());
}

std::expected<file, std::vector<problem>> load(const std::filesystem::path& path, const environment& env) {
  auto text = read_file(path, max_file_bytes);
  if (!text) {
    problem p{.file = path.string(),
              .line = 0,
              .key = {},
              .what = "cannot be used: " + text.error(),
              .remedy = "name the file with --config or WAYBILL_CONFIG, and let the user of the service read it"};
    return std::unexpected(std::vector<problem>{std::move(p)});
  }
  return parse(*text, path.string(), env);
}

} // namespace waybill::config
